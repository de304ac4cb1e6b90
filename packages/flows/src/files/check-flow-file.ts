import { isRecord } from '../definition/is-record.ts'
import { checkJson } from './check-json.ts'
import {
  expressionFaults,
  hasTemplates,
  type PathNames,
  propertiesOf,
  requiredOf,
  templateFaults,
} from './check-names.ts'
import { didYouMean } from './did-you-mean.ts'
import { type FilePath, type JsonRecord, listOf, ownEntry, type PlacedFault, recordOf } from './file-path.ts'
import { schemaFaults } from './json-schema.ts'
import type { FileWarning } from './translated-file.ts'

/** What the program gives a file, as names. */
export interface GivenNames {
  readonly handlers: ReadonlySet<string>
  readonly actions: ReadonlySet<string>
  /** JSON Schemas by name; `undefined` where the schema cannot give one. */
  readonly schemas: ReadonlyMap<string, JsonRecord | undefined>
}

/** What is wrong with a file, beyond its form. */
export interface FlowFileReport {
  readonly faults: PlacedFault[]
  readonly warnings: FileWarning[]
}

/** Checks what the schema cannot: that names refer to something, and that each function does something. */
export function checkFlowFile(file: unknown, given: GivenNames): FlowFileReport {
  const report: FlowFileReport = { faults: [], warnings: [] }
  new FlowCheck(recordOf(file), [], given, report).run()
  return report
}

const MAX_HINTS = 200
const FUNCTION_DOES = ['handler', 'transitionTo', 'decision', 'result', 'call', 'done']

class FlowCheck {
  readonly #flow: JsonRecord
  readonly #path: FilePath
  readonly #given: GivenNames
  readonly #report: FlowFileReport
  readonly #nodes: JsonRecord
  readonly #nodeNames: readonly string[]
  readonly #stateNames: readonly string[] | undefined

  constructor(flow: JsonRecord, path: FilePath, given: GivenNames, report: FlowFileReport) {
    this.#flow = flow
    this.#path = path
    this.#given = given
    this.#report = report
    this.#nodes = recordOf(flow['nodes'])
    this.#nodeNames = Object.keys(this.#nodes)
    this.#stateNames = flow['state'] === undefined ? undefined : propertiesOf(this.#schemaOf(flow['state']))
  }

  run(): void {
    const { initialNode, state, globalFunctions, subFlows } = this.#flow
    if (typeof initialNode === 'string') this.#nodeExists(initialNode, [...this.#path, 'initialNode'])
    this.#checkSchema(state, [...this.#path, 'state'])
    const everywhere = { roots: { state: this.#stateNames } }
    this.#functions(globalFunctions, [...this.#path, 'globalFunctions'], everywhere)
    for (const [name, node] of Object.entries(this.#nodes)) {
      if (isRecord(node)) this.#node(node, [...this.#path, 'nodes', name])
    }
    for (const [id, flow] of Object.entries(recordOf(subFlows))) {
      new FlowCheck(recordOf(flow), [...this.#path, 'subFlows', id], this.#given, this.#report).run()
    }
  }

  #fault(path: FilePath, message: string): void {
    this.#report.faults.push({ path, message })
  }

  /** Nobody reads hundreds of hints, and they take time. */
  #hint(name: string, candidates: Iterable<string>): string {
    return this.#report.faults.length < MAX_HINTS ? didYouMean(name, candidates) : ''
  }

  #add(faults: Iterable<PlacedFault>): void {
    this.#report.faults.push(...faults)
  }

  /** The JSON Schema that is written, or that the program gives by the name that is written. */
  #schemaOf(value: unknown): JsonRecord | undefined {
    return typeof value === 'string' ? this.#given.schemas.get(value) : isRecord(value) ? value : undefined
  }

  #checkSchema(value: unknown, path: FilePath): void {
    if (isRecord(value)) this.#add(schemaFaults(value, path))
    else if (typeof value === 'string' && !this.#given.schemas.has(value)) {
      const hint = this.#hint(value, this.#given.schemas.keys())
      this.#fault(path, `no schema "${value}" was given; pass it in "schemas".${hint}`)
    }
  }

  #nodeExists(name: string, path: FilePath): boolean {
    if (Object.hasOwn(this.#nodes, name)) return true
    this.#fault(path, `"${name}" is no node of this flow.${this.#hint(name, this.#nodeNames)}`)
    return false
  }

  #node(node: JsonRecord, path: FilePath): void {
    const { input, task, before, after, onSilence, always, onSpoken, onError, functions } = node
    this.#checkSchema(input, [...path, 'input'])
    const inputNames = propertiesOf(this.#schemaOf(input))
    const roots = { state: this.#stateNames, ...(input !== undefined && { input: inputNames }) }
    const names: PathNames = { roots, bare: input === undefined ? undefined : { names: inputNames } }
    for (const key of ['role', 'say']) this.#add(templateFaults(node[key], [...path, key], names))
    if (typeof task === 'string') this.#add(templateFaults(task, [...path, 'task'], names))
    for (const [index, message] of listOf(task).entries()) {
      this.#add(templateFaults(recordOf(message)['content'], [...path, 'task', index, 'content'], names))
    }
    this.#actions(before, [...path, 'before'], names)
    this.#actions(after, [...path, 'after'], names)
    this.#functions(functions, [...path, 'functions'], { roots })
    const silence = recordOf(onSilence)
    this.#add(templateFaults(silence['say'], [...path, 'onSilence', 'say'], names))
    this.#target(silence['to'], [...path, 'onSilence', 'to'], { names })
    this.#target(onSpoken, [...path, 'onSpoken'], { names })
    this.#target(onError, [...path, 'onError'], { names })
    if (isRecord(always) && 'branches' in always) this.#decision(always, [...path, 'always'], names)
    else this.#target(always, [...path, 'always'], { names })
  }

  #actions(value: unknown, path: FilePath, names: PathNames): void {
    for (const [index, entry] of listOf(value).entries()) {
      if (!isRecord(entry)) continue
      const at = [...path, index]
      const { type, handler, text } = entry
      this.#add(templateFaults(text, [...at, 'text'], names))
      if (typeof handler === 'string') {
        if (!this.#given.actions.has(handler)) this.#fault([...at, 'handler'], this.#noAction(handler))
      } else if (type === 'function')
        this.#fault(at, 'an action of type "function" needs a handler; name it in "handler"')
      else if (type === 'tts_say') {
        if (typeof text !== 'string') this.#fault(at, 'an action of type "tts_say" needs a text')
      } else if (typeof type === 'string' && type !== 'end_conversation' && !this.#given.actions.has(type)) {
        const message = `no action "${type}" was given: register it at the manager.${this.#hint(type, ['tts_say', 'end_conversation', 'function', ...this.#given.actions])}`
        this.#report.warnings.push({ code: 'unregistered-action', path: [...at, 'type'], message })
      }
    }
  }

  #noAction(name: string): string {
    const hint = this.#given.handlers.has(name)
      ? ` It is among "handlers", which are for functions.`
      : this.#hint(name, this.#given.actions)
    return `no action "${name}" was given; pass it in "actions".${hint}`
  }

  #functions(value: unknown, path: FilePath, names: PathNames): void {
    const seen = new Set<string>()
    for (const [index, entry] of listOf(value).entries()) {
      if (!isRecord(entry)) continue
      const { name } = entry
      if (typeof name === 'string' && seen.has(name)) {
        this.#fault([...path, index, 'name'], `"${name}" is there twice; one function of a name can be called`)
      }
      seen.add(String(name))
      this.#function(entry, [...path, index], names)
    }
  }

  #function(fn: JsonRecord, path: FilePath, { roots }: PathNames): void {
    const { name, parameters, handler, transitionTo, decision, result, call, done, when } = fn
    this.#checkSchema(parameters, [...path, 'parameters'])
    const hasResult = handler !== undefined || call !== undefined || result !== undefined
    const args = parameters === undefined ? [] : propertiesOf(this.#schemaOf(parameters))
    const before = { ...roots, args }
    const names: PathNames = { roots: hasResult ? { ...before, result: undefined } : before }
    this.#add(expressionFaults(when, [...path, 'when'], { roots }))
    this.#add(templateFaults(result, [...path, 'result'], { roots: before }))
    this.#add(templateFaults(call, [...path, 'call'], { roots: before }))
    this.#add(templateFaults(done, [...path, 'done'], names))
    if (typeof handler === 'string' && !this.#given.handlers.has(handler)) {
      const hint = this.#hint(handler, this.#given.handlers)
      this.#fault([...path, 'handler'], `no handler "${handler}" was given; pass it in "handlers".${hint}`)
    }
    const targets = Array.isArray(transitionTo) ? transitionTo : undefined
    for (const [index, target] of (targets ?? []).entries()) {
      this.#target(target, [...path, 'transitionTo', index], { names, byHandler: handler !== undefined })
    }
    if (targets === undefined) {
      this.#target(transitionTo, [...path, 'transitionTo'], { names, byHandler: handler !== undefined })
    }
    if (isRecord(decision)) this.#decision(decision, [...path, 'decision'], names)
    const flow = recordOf(call)['flow']
    if (typeof flow === 'string' && ownEntry(recordOf(this.#flow['subFlows']), flow) === undefined) {
      const hint = this.#hint(flow, Object.keys(recordOf(this.#flow['subFlows'])))
      this.#fault([...path, 'call', 'flow'], `"${flow}" is none of the subFlows.${hint}`)
    }
    this.#sense(fn, path, typeof name === 'string' ? `"${name}"` : 'the function')
  }

  /** Whether what a function is told to do goes together. */
  #sense(fn: JsonRecord, path: FilePath, name: string): void {
    const { handler, transitionTo, decision, call, done, background } = fn
    if (!FUNCTION_DOES.some((key) => fn[key] !== undefined)) {
      this.#fault(path, `${name} does nothing; give it a handler, transitionTo, a decision or a result`)
    }
    const several = Array.isArray(transitionTo) && transitionTo.length > 1
    if (several && handler === undefined && decision === undefined) {
      this.#fault([...path, 'transitionTo'], 'names several nodes; a handler or a decision has to choose one')
    }
    if (handler !== undefined && call !== undefined) {
      this.#fault([...path, 'call'], 'stands beside a handler; let the handler call the sub-flow, or remove one')
    }
    if (done !== undefined && (transitionTo !== undefined || decision !== undefined)) {
      this.#fault(
        [...path, 'done'],
        'ends the flow, so the function cannot move; remove done, or transitionTo and decision',
      )
    }
    if (background === true && (transitionTo !== undefined || decision !== undefined || done !== undefined)) {
      this.#fault([...path, 'background'], 'a function in the background cannot move the conversation; remove one')
    }
  }

  #decision(decision: JsonRecord, path: FilePath, names: PathNames): void {
    for (const [index, branch] of listOf(decision['branches']).entries()) {
      const at = [...path, 'branches', index]
      this.#add(expressionFaults(recordOf(branch)['when'], [...at, 'when'], names))
      this.#target(recordOf(branch)['to'], [...at, 'to'], { names })
    }
    this.#target(decision['otherwise'], [...path, 'otherwise'], { names })
  }

  #target(value: unknown, path: FilePath, { names, byHandler = false }: TargetCheck): void {
    const name = isRecord(value) ? value['node'] : value
    if (typeof name !== 'string') return
    if (!this.#nodeExists(name, isRecord(value) ? [...path, 'node'] : path)) return
    const target = recordOf(value)
    for (const key of ['input', 'result', 'say']) this.#add(templateFaults(target[key], [...path, key], names))
    const wanted = recordOf(this.#nodes[name])['input']
    const schema = this.#schemaOf(wanted)
    if (target['input'] === undefined) {
      const needed = requiredOf(schema)
      if (needed.length === 0 || (byHandler && !isRecord(value))) return
      const example = needed.map((key) => `${key}: ...`).join(', ')
      this.#fault(path, `"${name}" is entered with an input; write { node: ${name}, input: { ${example} } }`)
    } else if (wanted === undefined)
      this.#fault([...path, 'input'], `"${name}" takes no input; give the node an "input" schema`)
    else if (schema !== undefined) this.#add(inputFaults(schema, target['input'], [...path, 'input']))
  }
}

interface TargetCheck {
  readonly names: PathNames
  /** A handler may give the input. */
  readonly byHandler?: boolean
}

/** What is wrong with an input, as far as it is known before the conversation. */
function inputFaults(schema: JsonRecord, input: unknown, path: FilePath): PlacedFault[] {
  const known = propertiesOf(schema)
  const strange = Object.keys(recordOf(input)).filter((key) => known !== undefined && !known.includes(key))
  return [
    ...checkJson(schema, input)
      .faults.filter((fault) => !isTemplateAt(input, fault.path))
      .map((fault) => ({ ...fault, path: [...path, ...fault.path] })),
    ...strange.map((key) => ({
      path: [...path, key],
      message: `"${key}" is not in the node's input.${didYouMean(key, known ?? [])}`,
    })),
  ]
}

/** Whether what stands there is known only when the conversation moves. */
function isTemplateAt(input: unknown, path: FilePath): boolean {
  let at = input
  for (const key of path) at = Array.isArray(at) ? at[Number(key)] : ownEntry(recordOf(at), String(key))
  return typeof at === 'string' && hasTemplates(at)
}
