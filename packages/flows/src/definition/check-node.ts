import { closestName } from './closest-name.ts'
import { type FlowFault, textOf } from './errors.ts'
import { FUNCTION_NAME } from './direct.ts'
import { declaredTargets } from './declared-targets.ts'
import { below, Faults, type KnownNodes } from './faults.ts'
import type { FlowFunction } from './flow-function.ts'
import type { FlowNode } from './flow-node.ts'
import { toolOf } from './function-schema.ts'
import { pathOfNonJson } from './json.ts'
import { isMessages } from './node-config.ts'
import { isRecord, isText } from './is-record.ts'

/**
 * What is wrong with a node, each fault with its path below `path` and how to mend it. Without `known` moves are not
 * checked.
 */
export function faultsOfNode(node: FlowNode, path: string, known?: KnownNodes): FlowFault[] {
  const faults = new Faults(known)
  checkNode(node, path, faults)
  return faults.found
}

/** What is wrong with functions that stand beside one another. */
export function faultsOfFunctions(functions: readonly FlowFunction[], path: string, known?: KnownNodes): FlowFault[] {
  const faults = new Faults(known)
  checkFunctions(functions, path, faults)
  return faults.found
}

/** Finds what is wrong with a node. */
export function checkNode(node: FlowNode, path: string, faults: Faults): void {
  if (!isRecord(node)) {
    faults.add(path, 'is no node: give an object with a task, or a function that makes one')
    return
  }
  const at = (key: string): string => below(path, key)
  const { task, functions = [], context, always, onSilence, maxVisits } = node
  if (task === undefined) faults.add(at('task'), 'is missing: say what is to be achieved here; an empty list will do')
  else if (typeof task !== 'string' && !isMessages(task)) {
    faults.add(at('task'), 'is neither a text nor a list of { role, content }')
  }
  if (Array.isArray(functions)) checkFunctions(functions, at('functions'), faults)
  else faults.add(at('functions'), 'is no list of functions')
  for (const key of ['before', 'after'] as const) checkActions(node[key], at(key), faults)
  checkContext(context, at('context'), faults)
  if (typeof always !== 'function') checkMove(always, at('always'), faults)
  else for (const target of declaredTargets(always) ?? []) checkMove({ kind: 'to', node: target }, at('always'), faults)
  for (const key of ['onSpoken', 'onError'] as const) checkMove(node[key], at(key), faults)
  if (onSilence !== undefined) {
    const { afterSecs, times, to } = onSilence
    if (!isPositive(afterSecs)) faults.add(at('onSilence.afterSecs'), NO_SECONDS)
    faults.optional(times, isCount, at('onSilence.times'), NO_COUNT)
    checkMove(to, at('onSilence.to'), faults)
  }
  faults.optional(maxVisits, isCount, at('maxVisits'), NO_COUNT)
}

/** `unknown node 'edn'; did you mean 'end'?` */
export function unknownNode(name: string, names: readonly string[]): string {
  const near = closestName(name, names)
  return `unknown node '${name}'${near === undefined ? `; the nodes are ${names.join(', ') || 'none'}` : `; did you mean '${near}'?`}`
}

const NO_FUNCTION = 'is not a function'
const NO_SECONDS = 'is no positive number of seconds'
const NO_COUNT = 'is no whole number above 0'

/** Finds what is wrong with functions that stand beside one another. */
export function checkFunctions(functions: readonly FlowFunction[], path: string, faults: Faults): void {
  const names = new Set<string>()
  for (const [index, fn] of functions.entries()) {
    if (!isRecord(fn)) {
      faults.add(`${path}.${index}`, 'is no function: use flowFunction, direct or a FlowsFunctionSchema')
      continue
    }
    const { name } = fn
    const at = `${path}.${typeof name === 'string' && name !== '' ? name : index}`
    if (names.has(name)) faults.add(at, `two functions are named '${name}': rename one`)
    names.add(name)
    checkFunction(fn, at, faults)
  }
}

function checkFunction(fn: FlowFunction, at: string, faults: Faults): void {
  const { name, description, transitionTo = [], handler, when, background, timeoutSecs, parameters } = fn
  const isNamed = typeof name === 'string' && FUNCTION_NAME.test(name)
  const isDescribed = typeof description === 'string'
  if (!isNamed) faults.add(at, `its name must be 1 to 64 letters, digits, "_" or "-", not ${JSON.stringify(name)}`)
  if (!isDescribed) faults.add(`${at}.description`, 'is missing: say what the function is for')
  faults.optional(handler, isFunction, `${at}.handler`, NO_FUNCTION)
  faults.optional(when, isFunction, `${at}.when`, NO_FUNCTION)
  faults.optional(timeoutSecs, isPositive, `${at}.timeoutSecs`, NO_SECONDS)
  for (const target of transitionTo) {
    if (typeof target === 'string') checkTarget(target, `${at}.transitionTo`, faults)
    else faults.add(`${at}.transitionTo`, 'is no list of node names')
  }
  if (transitionTo.length > 1 && handler === undefined) {
    faults.add(`${at}.handler`, `is missing: with ${transitionTo.length} targets it has to say which, by to(...)`)
  }
  if (background === true && transitionTo.length > 0) {
    faults.add(`${at}.background`, 'a function that runs beside the conversation cannot move it: drop transitionTo')
  }
  if (!isNamed || !isDescribed || parameters === undefined) return
  try {
    toolOf(fn)
  } catch (error) {
    faults.add(`${at}.parameters`, textOf(error))
  }
}

function checkActions(actions: unknown, at: string, faults: Faults): void {
  faults.optional(actions, Array.isArray, at, 'is no list of actions')
  for (const [index, action] of Array.isArray(actions) ? actions.entries() : []) {
    const { type, handler }: Record<string, unknown> = isRecord(action) ? action : {}
    if (!isText(type)) faults.add(`${at}.${index}`, 'an action needs a type, such as "tts_say"')
    else faults.optional(handler, isFunction, `${at}.${index}.handler`, NO_FUNCTION)
  }
}

/** Finds what is wrong with a way to treat the history. */
export function checkContext(context: unknown, at: string, faults: Faults): void {
  if (context === undefined || context === 'append' || context === 'reset') return
  if (!isRecord(context)) {
    faults.add(at, `must be 'append', 'reset' or { summary: prompt }, not ${JSON.stringify(context)}`)
    return
  }
  const { summary, timeoutSecs } = context
  if (!isText(summary)) faults.add(`${at}.summary`, 'is missing: tell the model what the summary should hold')
  faults.optional(timeoutSecs, isPositive, `${at}.timeoutSecs`, NO_SECONDS)
}

function checkMove(move: unknown, at: string, faults: Faults): void {
  if (move === undefined) return
  const { kind, node, input }: Record<string, unknown> = isRecord(move) ? move : {}
  if (kind !== 'to' || typeof node !== 'string') {
    faults.add(at, "is no move: write to('the_node')")
    return
  }
  const bad = input === undefined ? undefined : pathOfNonJson(input, `${at}.input`)
  if (bad !== undefined) faults.add(bad, 'is no JSON')
  const isKnown = checkTarget(node, at, faults)
  if (isKnown && input !== undefined && faults.known?.takesInput(node) === false) {
    faults.add(at, `moves to '${node}' with a payload, and that node takes none`)
  }
}

function checkTarget(node: string, at: string, faults: Faults): boolean {
  const { names } = faults.known ?? { names: [node] }
  if (names.includes(node)) return true
  faults.add(at, `moves to ${unknownNode(node, names)}`)
  return false
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && value > 0
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && isPositive(value)
}
