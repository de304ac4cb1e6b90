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
  const { name, transitionTo = [], background } = fn
  const refuse = (why: string): never => {
    throw new InvalidFunctionError(`"${name}" ${why}.`)
  }
  const verify = (value: unknown): void => {
    const path = value === undefined ? undefined : pathOfNonJson(value)
    if (path === undefined) return
    const place = path === '' ? 'its result' : `its result at "${path}"`
    refuse(`returned what is no JSON: ${place} is not. Return plain data`)
  }
  if (!isOutcome(returned)) {
    verify(returned)
    const result = returned as Json | undefined
    const [only, ...others] = transitionTo
    if (only === undefined) return { kind: 'stay', result: result === undefined ? ACKNOWLEDGED : result }
    if (others.length === 0) return { kind: 'to', node: only, input: undefined, result }
    return refuse(`may move to ${transitionTo.join(' or ')}: its handler has to say where by to(...), or stay(...)`)
  }
  const { kind } = returned
  if (background === true && kind !== 'stay' && kind !== 'silent') {
    refuse('runs in the background and cannot move the conversation: use stay(...)')
  }
  if (kind === 'to' && fn.transitionTo !== undefined && !transitionTo.includes(returned.node)) {
    const declared = transitionTo.join(', ') || 'none'
    refuse(`moves to '${returned.node}', which its transitionTo does not name (it names: ${declared})`)
  }
  const { result, input, output }: { result?: unknown; input?: unknown; output?: unknown } = returned
  for (const value of [result, input, output]) verify(value)
  return returned
}
