/** More than so many slips are another name. */
const MAX_SLIPS = 3

/** The name that was probably meant: one that a few slips of the keyboard turn into `name`. */
export function closestName(name: string, names: Iterable<string>): string | undefined {
  const candidates = [...names]
  const limit = Math.min(Math.max(1, Math.floor(name.length / 3)), MAX_SLIPS)
  for (let slips = 0; slips <= limit; slips++) {
    const near = candidates.find((candidate) => isNear(name.toLowerCase(), candidate.toLowerCase(), slips))
    if (near !== undefined) return near
  }
  return undefined
}

/** Whether so many letters to insert, drop, replace or swap with their neighbour turn `a` into `b`. */
function isNear(a: string, b: string, slips: number): boolean {
  if (Math.abs(a.length - b.length) > slips) return false
  if (a === b) return true
  if (a[0] === b[0]) return isNear(a.slice(1), b.slice(1), slips)
  if (slips === 0) return false
  return (
    isNear(a.slice(1), b, slips - 1) ||
    isNear(a, b.slice(1), slips - 1) ||
    isNear(a.slice(1), b.slice(1), slips - 1) ||
    (a[0] === b[1] && a[1] === b[0] && isNear(a.slice(2), b.slice(2), slips - 1))
  )
}
