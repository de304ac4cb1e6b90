/**
 * What the user is expected to say next. People pause inside numbers, e-mail addresses and names, and a yes or no is
 * over at once; `free` is anything.
 */
export type UserTurnExpectation = 'digits' | 'email' | 'name' | 'yesNo' | 'free'

/** How long a pause may be inside what is expected, seconds. */
export type UserTurnPatienceSecs = Readonly<Partial<Record<Exclude<UserTurnExpectation, 'free'>, number>>>

/** Digits 1.5, e-mail addresses 2, names 1.2; after a yes or no 0.3. */
export const DEFAULT_PATIENCE_SECS: Required<UserTurnPatienceSecs> = { digits: 1.5, email: 2, name: 1.2, yesNo: 0.3 }

/** The part of a strategy's view that tells how patient it is to be. */
export interface Patience {
  readonly expectation: UserTurnExpectation
  /** How long a pause may be inside what is expected; `undefined`: as the strategy likes. */
  readonly patienceMs: number | undefined
}

/** How much silence ends the turn, where `ownMs` is what a strategy wants when anything may come. */
export function patientMs(ownMs: number, { expectation, patienceMs }: Patience): number {
  if (patienceMs === undefined) return ownMs
  return expectation === 'yesNo' ? Math.min(ownMs, patienceMs) : Math.max(ownMs, patienceMs)
}
