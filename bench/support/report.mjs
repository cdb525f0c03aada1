/** A table in plain text: the first column to the left, the others to the right. */
export function printTable(header, rows) {
  const lines = [header, ...rows].map((row) => row.map(String))
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  for (const line of lines) {
    const cells = line.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
    )
    console.log(`  ${cells.join('  ')}`.trimEnd())
  }
}

/** A figure, and whether it is on the right side of its goal. */
export function goal(name, value, side, limit) {
  const isMet = side === 'at least' ? value >= limit : value <= limit
  return { name, value, side, limit, isMet }
}

export function printGoals(goals) {
  console.log('\ngoals\n')
  printTable(
    ['', 'measured', 'goal', ''],
    goals.map(({ name, value, side, limit, isMet }) => [
      name,
      value.toFixed(2),
      `${side} ${limit}`,
      isMet ? 'met' : 'NOT MET',
    ]),
  )
  console.log(`\n${goals.filter(({ isMet }) => isMet).length} of ${goals.length} goals are met`)
}
