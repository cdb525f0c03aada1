/** What is left of each item, by the name it has in an order. */
export const STOCK: Readonly<Record<string, number>> = {
  'Brass padlock, keyed alike': 14,
  'Letterpress print, "Prove it"': 3,
  'Sealing wax, vermilion': 120,
}
