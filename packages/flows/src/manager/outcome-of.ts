import { InvalidFunctionError } from '../definition/errors.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import { type Json, pathOfNonJson } from '../definition/json.ts'
import { ACKNOWLEDGED, type FlowOutcome, isOutcome } from '../definition/outcome.ts'

/**
 * What a handler returned, as an outcome: a plain value moves along the only edge where there is one, and stays
 * otherwise.
 *
 * @throws InvalidFunctionError for what is no JSON, or a move that the function does not declare.
 */
export function outcomeOf(fn: FlowFunction, returned: unknown): FlowOutcome {
  const { name, transitionTo = [] } = fn
  if (isOutcome(returned)) {
    if (fn.background === true && returned.kind !== 'stay' && returned.kind !== 'silent') {
      throw new InvalidFunctionError(
        `"${name}" runs in the background and cannot move the conversation: use stay(...).`,
      )
    }
    if (returned.kind === 'to' && fn.transitionTo !== undefined && !transitionTo.includes(returned.node)) {
      const declared = transitionTo.join(', ') || 'none'
      throw new InvalidFunctionError(
        `"${name}" moves to '${returned.node}', which its transitionTo does not name (it names: ${declared}).`,
      )
    }
    if ('result' in returned) verify(name, returned.result)
    if (returned.kind === 'to') verify(name, returned.input)
    if (returned.kind === 'done') verify(name, returned.output)
    return returned
  }
  const result = returned === undefined ? undefined : (returned as Json)
  verify(name, result)
  const [only, ...others] = transitionTo
  if (only === undefined) return { kind: 'stay', result: result ?? (returned === null ? null : ACKNOWLEDGED) }
  if (others.length === 0) return { kind: 'to', node: only, input: undefined, result }
  throw new InvalidFunctionError(
    `"${name}" may move to ${transitionTo.join(' or ')}: its handler has to say where by to(...), or stay(...).`,
  )
}

function verify(name: string, value: unknown): void {
  if (value === undefined) return
  const path = pathOfNonJson(value)
  if (path === undefined) return
  const place = path === '' ? 'its result' : `its result at "${path}"`
  throw new InvalidFunctionError(`"${name}" returned what is no JSON: ${place} is not. Return plain data.`)
}
