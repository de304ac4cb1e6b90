import type { FlowAction } from './action.ts'
import { closestName } from './closest-name.ts'
import type { FlowFault } from './errors.ts'
import type { FlowFunction } from './flow-function.ts'
import type { ContextStrategy, FlowNode } from './flow-node.ts'
import { toolOf } from './function-schema.ts'
import { pathOfNonJson } from './json.ts'
import { isMessage } from './node-config.ts'
import { isRecord } from './is-record.ts'

/** The nodes that a flow has, as far as moves to them can be checked. */
export interface KnownNodes {
  readonly names: readonly string[]
  /** Whether a node is made from what it is entered with. */
  takesInput(name: string): boolean
}

/**
 * What is wrong with a node, each fault with its path below `path` and how to mend it. Without `known` moves are not
 * checked.
 */
export function faultsOfNode(node: FlowNode, path: string, known?: KnownNodes): FlowFault[] {
  const faults = new Faults(path, known)
  if (!isRecord(node)) {
    faults.add('', 'is no node: give an object with a task, or a function that makes one')
    return faults.found
  }
  const { task, functions = [], before, after, context, always, onSpoken, onSilence, onError, maxVisits } = node
  if (task === undefined) faults.add('task', 'is missing: say what is to be achieved here; an empty list will do')
  else if (typeof task !== 'string' && !(Array.isArray(task) && task.every(isMessage))) {
    faults.add('task', 'is neither a text nor a list of { role, content }')
  }
  if (Array.isArray(functions)) checkFunctions(functions, 'functions', faults)
  else faults.add('functions', 'is no list of functions')
  checkActions(before, 'before', faults)
  checkActions(after, 'after', faults)
  checkContext(context, 'context', faults)
  if (typeof always !== 'function') checkMove(always, 'always', faults)
  else if ('transitionTo' in always && Array.isArray(always.transitionTo)) {
    for (const node of always.transitionTo) checkMove({ kind: 'to', node, input: undefined }, 'always', faults)
  }
  checkMove(onSpoken, 'onSpoken', faults)
  checkMove(onError, 'onError', faults)
  if (onSilence !== undefined) {
    if (!isPositive(onSilence.afterSecs)) faults.add('onSilence.afterSecs', 'is no positive number of seconds')
    if (onSilence.times !== undefined && !isCount(onSilence.times)) faults.add('onSilence.times', 'is no whole number')
    checkMove(onSilence.to, 'onSilence.to', faults)
  }
  if (maxVisits !== undefined && !isCount(maxVisits)) faults.add('maxVisits', 'is no whole number above 0')
  return faults.found
}

/** What is wrong with functions that stand beside one another. */
export function faultsOfFunctions(functions: readonly FlowFunction[], path: string, known?: KnownNodes): FlowFault[] {
  const faults = new Faults('', known)
  checkFunctions(functions, path, faults)
  return faults.found
}

/** What is wrong with a way to treat the history. */
export function faultsOfContext(context: ContextStrategy | undefined, path: string): FlowFault[] {
  const faults = new Faults('')
  checkContext(context, path, faults)
  return faults.found
}

/** `unknown node 'edn'; did you mean 'end'?` */
export function unknownNode(name: string, names: readonly string[]): string {
  const near = closestName(name, names)
  return `unknown node '${name}'${near === undefined ? `; the nodes are ${names.join(', ') || 'none'}` : `; did you mean '${near}'?`}`
}

class Faults {
  readonly found: FlowFault[] = []
  readonly known: KnownNodes | undefined
  readonly #path: string

  constructor(path: string, known?: KnownNodes) {
    this.#path = path
    this.known = known
  }

  add(at: string, message: string): void {
    this.found.push({ path: [this.#path, at].filter((part) => part !== '').join('.'), message })
  }
}

function checkFunctions(functions: readonly FlowFunction[], at: string, faults: Faults): void {
  const names = new Set<string>()
  for (const [index, fn] of functions.entries()) {
    if (!isRecord(fn)) {
      faults.add(`${at}.${index}`, 'is no function: use flowFunction, direct or a FlowsFunctionSchema')
      continue
    }
    const place = `${at}.${typeof fn.name === 'string' && fn.name !== '' ? fn.name : index}`
    if (names.has(fn.name)) faults.add(place, `two functions are named '${fn.name}': rename one`)
    names.add(fn.name)
    checkFunction(fn, place, faults)
  }
}

function checkFunction(fn: FlowFunction, at: string, faults: Faults): void {
  const { name, description, transitionTo = [], handler, background, timeoutSecs, parameters } = fn
  const named = typeof name === 'string' && /^[\w-]{1,64}$/.test(name)
  if (!named) faults.add(at, `its name must be 1 to 64 letters, digits, "_" or "-", not ${JSON.stringify(name)}`)
  if (typeof description !== 'string') faults.add(`${at}.description`, 'is missing: say what the function is for')
  if (handler !== undefined && typeof handler !== 'function') faults.add(`${at}.handler`, 'is not a function')
  if (fn.when !== undefined && typeof fn.when !== 'function') faults.add(`${at}.when`, 'is not a function')
  if (timeoutSecs !== undefined && !isPositive(timeoutSecs)) {
    faults.add(`${at}.timeoutSecs`, 'is no positive number of seconds')
  }
  for (const target of transitionTo) {
    if (typeof target !== 'string') faults.add(`${at}.transitionTo`, 'is no list of node names')
    else if (faults.known && !faults.known.names.includes(target)) {
      faults.add(`${at}.transitionTo`, `moves to ${unknownNode(target, faults.known.names)}`)
    }
  }
  if (transitionTo.length > 1 && handler === undefined) {
    faults.add(`${at}.handler`, `is missing: with ${transitionTo.length} targets it has to say which, by to(...)`)
  }
  if (background === true && transitionTo.length > 0) {
    faults.add(`${at}.background`, 'a function that runs beside the conversation cannot move it: drop transitionTo')
  }
  if (named && parameters !== undefined && typeof description === 'string') checkSchema(fn, `${at}.parameters`, faults)
}

function checkSchema(fn: FlowFunction, at: string, faults: Faults): void {
  try {
    toolOf(fn)
  } catch (error) {
    faults.add(at, error instanceof Error ? error.message : String(error))
  }
}

function checkActions(actions: readonly FlowAction[] | undefined, at: string, faults: Faults): void {
  if (actions === undefined) return
  if (!Array.isArray(actions)) {
    faults.add(at, 'is no list of actions')
    return
  }
  for (const [index, action] of actions.entries()) {
    if (!isRecord(action) || typeof action['type'] !== 'string' || action['type'] === '') {
      faults.add(`${at}.${index}`, 'an action needs a type, such as "tts_say"')
    } else if (action['handler'] !== undefined && typeof action['handler'] !== 'function') {
      faults.add(`${at}.${index}.handler`, 'is not a function')
    }
  }
}

function checkContext(context: unknown, at: string, faults: Faults): void {
  if (context === undefined || context === 'append' || context === 'reset') return
  if (!isRecord(context)) {
    faults.add(at, `must be 'append', 'reset' or { summary: prompt }, not ${JSON.stringify(context)}`)
    return
  }
  const { summary, timeoutSecs } = context
  if (typeof summary !== 'string' || summary === '') {
    faults.add(`${at}.summary`, 'is missing: tell the model what the summary should hold')
  }
  if (timeoutSecs !== undefined && !isPositive(timeoutSecs)) {
    faults.add(`${at}.timeoutSecs`, 'is no positive number of seconds')
  }
}

function checkMove(move: unknown, at: string, faults: Faults): void {
  if (move === undefined) return
  if (!isRecord(move) || move['kind'] !== 'to' || typeof move['node'] !== 'string') {
    faults.add(at, "is no move: write to('the_node')")
    return
  }
  const { node, input } = move
  const bad = input === undefined ? undefined : pathOfNonJson(input)
  if (bad !== undefined) faults.add(`${at}.input${bad === '' ? '' : `.${bad}`}`, 'is no JSON')
  if (faults.known === undefined) return
  if (!faults.known.names.includes(node)) faults.add(at, `moves to ${unknownNode(node, faults.known.names)}`)
  else if (input !== undefined && !faults.known.takesInput(node)) {
    faults.add(at, `moves to '${node}' with a payload, and that node takes none`)
  }
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && value > 0
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && isPositive(value)
}
