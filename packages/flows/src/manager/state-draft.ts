import { describeIssue, type StandardSchema } from '@pc/core'
import { FlowError } from '../definition/errors.ts'
import type { FlowState } from '../definition/flow-context.ts'
import { pathOfNonJson } from '../definition/json.ts'

/** A copy of a state for one call. Its changes join the state when the call has settled, by their top-level keys. */
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
   * @throws FlowError `invalid-flow-state` when they are no JSON, or the schema refuses what would come of them; nothing
   * is changed then.
   */
  async commit(schema: StandardSchema | undefined): Promise<boolean> {
    const draft = this.#draft
    if (draft === undefined) return false
    const keys = new Set([...Object.keys(draft), ...this.#before.keys()])
    const changed = [...keys].filter((key) => printed(draft[key]) !== this.#before.get(key))
    if (changed.length === 0) return false
    for (const key of changed) verifyJson(key, draft[key])
    const next = { ...this.#state }
    apply(next, draft, changed)
    await verifyState(schema, next)
    apply(this.#state, draft, changed)
    return true
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

function apply(state: FlowState, draft: FlowState, keys: readonly string[]): void {
  for (const key of keys) {
    if (key in draft) state[key] = draft[key]
    else delete state[key]
  }
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
