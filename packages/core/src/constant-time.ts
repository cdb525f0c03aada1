/**
 * Compares two strings without telling by its time where they differ.
 *
 * Does not hide their lengths: what is compared here has a length that everybody knows.
 */
export function equalInConstantTime(left: string, right: string): boolean {
  if (left.length !== right.length) return false

  let difference = 0
  for (let index = 0; index < left.length; index += 1) {
    difference |= left.charCodeAt(index) ^ right.charCodeAt(index)
  }
  return difference === 0
}
