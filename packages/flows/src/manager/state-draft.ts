import { describeIssue, type StandardSchema } from '@pc/core'
import { FlowError } from '../definition/errors.ts'
import type { FlowState } from '../definition/flow-context.ts'
import { isRecord } from '../definition/is-record.ts'
import { pathOfNonJson } from '../definition/json.ts'

/**
 * A copy of a state for one call. Its changes join the state when the call has settled, beside those that other calls
 * have made meanwhile.
 */
export class StateDraft {
  readonly #state: FlowState
  #draft: FlowState | undefined = undefined
  #before: ReadonlyMap<string, unknown> = new Map()

  constructor(state: FlowState) {
    this.#state = state
  }

  /** Made when it is first looked at. */
  get value(): FlowState {
    if (this.#draft === undefined) {
      this.#draft = copy(this.#state)
      this.#before = new Map(Object.entries(this.#draft).map(([key, value]) => [key, printed(value)]))
    }
    return this.#draft
  }

  /**
   * Puts the changes into the state. True when there were any.
   *
   * @throws FlowError `invalid-flow-state` when they are no JSON, or the schema refuses what would come of them,
   * `flow-state-conflict` when another call has changed the same value meanwhile; nothing is changed then.
   */
  async commit(schema: StandardSchema | undefined): Promise<boolean> {
    const draft = this.#draft
    if (draft === undefined) return false
    const keys = new Set([...Object.keys(draft), ...this.#before.keys()])
    const changed = [...keys].filter((key) => printed(draft[key]) !== this.#before.get(key))
    if (changed.length === 0) return false
    for (const key of changed) verifyJson(key, draft[key])
    for (;;) {
      const before = { ...this.#state }
      const next = Object.fromEntries(
        changed.map((key) => [key, join(key, this.#before.get(key), draft[key], before[key])]),
      )
      const state = { ...before }
      apply(state, next)
      await verifyState(schema, state)
      // Another call may have joined the state while the schema took its time.
      if (changed.some((key) => this.#state[key] !== before[key])) continue
      apply(this.#state, next)
      return true
    }
  }
}

/** @throws FlowError `invalid-flow-state` */
export async function verifyState(schema: StandardSchema | undefined, state: unknown): Promise<void> {
  const result = await schema?.['~standard'].validate(state)
  if (result?.issues === undefined) return
  throw invalid(result.issues.map(describeIssue).join('; '))
}

/** @throws FlowError `invalid-flow-state` for what a snapshot would lose, save what belongs to the process anyway. */
function verifyJson(key: string, value: unknown): void {
  const path = value === undefined ? undefined : pathOfNonJson(value, key)
  if (path === undefined || (Object(value) === value && cloned(value) === value)) return
  throw invalid(`"${path}" is no JSON; keep plain data in it`)
}

function invalid(why: string): FlowError {
  return new FlowError(`The state would not hold: ${why}.`, { code: 'invalid-flow-state', kind: 'invalid-request' })
}

/** Tells values apart; what cannot be printed is told by itself. */
function printed(value: unknown): unknown {
  try {
    return JSON.stringify(value)
  } catch {
    return value
  }
}

function apply(state: FlowState, changes: FlowState): void {
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) delete state[key]
    else state[key] = value
  }
}

/**
 * What comes of a value that two calls have changed: the fields of both, and in a list what both have added.
 *
 * @param was - the value as it was before, as {@link printed} gives it.
 * @throws FlowError `flow-state-conflict`
 */
function join(path: string, was: unknown, mine: unknown, theirs: unknown): unknown {
  const [now, wanted] = [printed(theirs), printed(mine)]
  if (now === was || now === wanted) return mine
  if (wanted === was) return theirs
  const before: unknown = typeof was === 'string' ? JSON.parse(was) : undefined
  if (Array.isArray(mine) && Array.isArray(theirs)) {
    const common = Array.isArray(before) ? before : []
    const added = (list: readonly unknown[]): unknown[] | undefined =>
      printed(list.slice(0, common.length)) === printed(common) ? list.slice(common.length) : undefined
    const [ours, others] = [added(mine), added(theirs)]
    if (ours !== undefined && others !== undefined) return [...common, ...others, ...ours]
  } else if (isRecord(mine) && isRecord(theirs)) {
    const old = isRecord(before) ? before : {}
    const fields = new Set([...Object.keys(theirs), ...Object.keys(mine)])
    const joined = [...fields].map(
      (field) => [field, join(`${path}.${field}`, printed(old[field]), mine[field], theirs[field])] as const,
    )
    return Object.fromEntries(joined.filter(([, value]) => value !== undefined))
  }
  const message = `Another call has changed "${path}" of the state meanwhile: nothing of this call is kept there. Call it again.`
  throw new FlowError(message, { code: 'flow-state-conflict', kind: 'invalid-request' })
}

/** What cannot be cloned, such as a connection, is shared. */
function copy(state: FlowState): FlowState {
  return Object.fromEntries(Object.entries(state).map(([key, value]) => [key, cloned(value)]))
}

function cloned(value: unknown): unknown {
  try {
    return structuredClone(value)
  } catch {
    return value
  }
}
