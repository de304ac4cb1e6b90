import { closestName } from '../definition/closest-name.ts'

/** Comparing takes time for each letter of each pair, and a file may have thousands of wrong names. */
const MAX_LETTERS = 80
const MAX_CANDIDATES = 200

/** ` Did you mean "confirm"?`, or nothing where no candidate is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const nearest = nearestName(name, candidates)
  return nearest === undefined ? '' : ` Did you mean "${nearest}"?`
}

/** The candidate that was probably meant; of very many, only those with the same first letter are looked at. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > MAX_LETTERS) return undefined
  const short = Array.from(candidates).filter(({ length }) => length <= MAX_LETTERS)
  const likely = short.length > MAX_CANDIDATES ? short.filter((candidate) => candidate[0] === name[0]) : short
  return closestName(name, likely.slice(0, MAX_CANDIDATES))
}
