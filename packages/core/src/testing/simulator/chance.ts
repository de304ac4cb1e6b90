/** A stream of chance that is the same for the same seed. */
export interface Chance {
  /** A number from 0 up to 1. */
  next(): number
  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number
  pick<T>(items: readonly [T, ...T[]]): T
  /** True with this probability, 0 to 1. */
  happens(probability: number): boolean
  /** So many items. */
  list<T>(count: number, make: () => T): T[]
}

/** Makes a stream of chance (mulberry32) from any whole number. */
export function createChance(seed: number): Chance {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    int,
    pick: (items) => items[int(0, items.length - 1)] ?? items[0],
    happens: (probability) => next() < probability,
    list: (count, make) => Array.from({ length: count }, make),
  }
}
