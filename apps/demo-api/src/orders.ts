/** An order of the demo's shop. */
export interface Order {
  readonly id: string
  readonly placedOn: string
  readonly item: string
  readonly quantity: number
  readonly total: string
  readonly state: 'packing' | 'on its way' | 'delivered'
}

/** What `GET /orders` shows: the same to everybody, since the demo is about the key, not the shop. */
export const ORDERS: readonly Order[] = [
  {
    id: '1042',
    placedOn: '2026-11-02',
    item: 'Brass padlock, keyed alike',
    quantity: 2,
    total: '38.00 EUR',
    state: 'delivered',
  },
  {
    id: '1043',
    placedOn: '2026-11-14',
    item: 'Letterpress print, "Prove it"',
    quantity: 1,
    total: '24.50 EUR',
    state: 'on its way',
  },
  {
    id: '1044',
    placedOn: '2026-11-20',
    item: 'Sealing wax, vermilion',
    quantity: 6,
    total: '17.40 EUR',
    state: 'packing',
  },
]
