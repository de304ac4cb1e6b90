import { isRecord } from '../definition/is-record.ts'
import type { JsonSchema } from '@pc/core'
import { decidedTargets, nodeOf } from './build-function.ts'
import { hasTemplates } from './check-names.ts'
import type { FileAction, FileFlow, FileFunction, FileNode, FileTarget } from './flow-file.ts'
import type { LoadedFlow } from './load-flow.ts'
import { conditionCode, edgeCode, type FlowCode, functionCode, indented } from './typescript-functions.ts'
import { Names } from './typescript-names.ts'
import { keyCode, quoted, typeOfSchema } from './typescript-types.ts'
import { type CodeScope, literalCode, textCode } from './typescript-values.ts'

/** Options of {@link toTypeScript}. */
export interface ToTypeScriptOptions {
  /** What an earlier call gave, as it is now: what stands between its `<keep>` marks is taken over. */
  readonly previous?: string | undefined
}

/**
 * A flow as one file of TypeScript: nodes and functions with their types, and a stub for each handler, action and named
 * schema. The stubs stand between `// <keep handler name>` and `// </keep handler name>`; what stands there, and
 * between the marks of `imports`, is the user's and kept; all else is made again each time. Unknown keys of the file,
 * such as positions, are left out.
 */
export function toTypeScript(loaded: LoadedFlow, { previous = '' }: ToTypeScriptOptions = {}): string {
  const names = new Names()
  const declarations: string[] = []
  const constant = flowCode(loaded.file.id, loaded.file, names, declarations)
  const flows = [...declarations, `export { ${constant} }`].join('\n\n')
  const kept = keptIn(previous)
  const parts = names.kept.map(({ kind, name, stub }) => [`${kind} ${name}`, stub] as const)
  const own = [...new Map([...parts, ...[...kept].filter(([name]) => name !== 'imports')])].map(([name, stub]) =>
    keep(name, kept.get(name) ?? stub),
  )
  const types = [...names.types].map(([name, type]) => `export type ${name} = ${type}`)
  const code = [...types, ...own, flows].join('\n\n')
  const id = JSON.stringify(loaded.file.id).replaceAll(/[\u2028\u2029]/g, ' ')
  const head = `// Made from the flow ${id}. Only what stands between <keep> and </keep> survives when it is made again.`
  return `${[head, importsOf(code), keep('imports', kept.get('imports') ?? ''), code].join('\n\n')}\n`
}

const FROM_FLOWS = ['decision', 'defineFlow', 'defineNode', 'done', 'flowFunction', 'speakThen', 'stay', 'to']
const TYPES = ['FlowAction', 'FlowContext', 'FlowManagerView', 'FlowState', 'Json', 'Stay', 'To']
const FROM_FILES = ['evaluate', 'jsonSchema', 'render', 'valueAt']

function importsOf(code: string): string {
  const used = (names: readonly string[]): string[] =>
    names.filter((name) => new RegExp(`\\b${name}\\b[(<]`).test(code))
  const types = TYPES.filter((name) => new RegExp(`\\b${name}\\b`).test(code)).map((name) => `type ${name}`)
  const files = used(FROM_FILES)
  return [
    `import { ${[...used(FROM_FLOWS), ...types].join(', ')} } from '@pc/flows'`,
    ...(files.length > 0 ? [`import { ${files.join(', ')} } from '@pc/flows/files'`] : []),
  ].join('\n')
}

function keep(name: string, code: string): string {
  return `// <keep ${name}>\n${code === '' ? '' : `${code}\n`}// </keep ${name}>`
}

function keptIn(previous: string): ReadonlyMap<string, string> {
  const matches = previous.matchAll(/^\/\/ <keep (.+)>\r?\n([\s\S]*?)^\/\/ <\/keep \1>/gm)
  return new Map([...matches].map(([, name = '', code = '']) => [name, code.replace(/\r?\n$/, '')]))
}

/** Writes the declarations of a flow, and gives the name of its constant. */
function flowCode(id: string, flow: FileFlow, names: Names, declarations: string[]): string {
  const subFlows = new Map(
    Object.entries(flow.subFlows ?? {}).map(([subId, sub]) => [subId, flowCode(subId, sub, names, declarations)]),
  )
  const code: FlowCode = {
    flow,
    names,
    inputType: (node) => {
      const { input } = flow.nodes[node] ?? {}
      return isRecord(input) ? names.type(`${node} input`, typeOfSchema(input)) : 'Record<string, unknown>'
    },
    subFlow: (subId) => subFlows.get(subId) ?? subId,
  }
  const shared = new Map<string, string>()
  const functionName = (fn: FileFunction, place: string): string => {
    const key = JSON.stringify(fn)
    const known = shared.get(key)
    if (known !== undefined) return known
    const constant = [...shared.keys()].some((other) => other.startsWith(`{"name":${JSON.stringify(fn.name)},`))
      ? names.constant(fn.name, 'in', place)
      : names.constant(fn.name)
    shared.set(key, constant)
    declarations.push(`const ${constant} = ${functionCode(fn, code, undefined)}`)
    return constant
  }
  const globals = (flow.globalFunctions ?? []).map((fn) => functionName(fn, 'everyNode'))
  const nodes = Object.entries(flow.nodes).map(
    ([name, node]) => `${keyCode(name)}: ${nodeCode(name, node, code, functionName)},`,
  )
  const { state, initialState, context } = flow
  const fields = [
    `id: ${quoted(id)}`,
    ...(flow.meta?.version === undefined ? [] : [`version: ${quoted(flow.meta.version)}`]),
    `initialNode: ${quoted(flow.initialNode)}`,
    ...(context === undefined ? [] : [`context: ${literalCode(context)}`]),
    ...(state === undefined ? [] : [`state: ${stateCode(state, names)}`]),
    ...(initialState === undefined ? [] : [`initialState: ${literalCode(initialState)}`]),
    ...(globals.length > 0 ? [`globalFunctions: [${globals.join(', ')}]`] : []),
    `nodes: {\n${indented(nodes.join('\n'))}\n}`,
    ...(subFlows.size > 0 ? [`subFlows: [${[...subFlows.values()].join(', ')}]`] : []),
  ]
  const constant = names.constant(id, 'flow')
  declarations.push(`const ${constant} = defineFlow({\n${fields.map((field) => `${indented(field)},`).join('\n')}\n})`)
  return constant
}

function stateCode(state: JsonSchema | string, names: Names): string {
  if (typeof state === 'string') return names.schema(state)
  return `jsonSchema<${typeOfSchema(state)}>(${literalCode(state)})`
}

function nodeCode(
  name: string,
  node: FileNode,
  code: FlowCode,
  functionName: (fn: FileFunction, place: string) => string,
): string {
  const input = isRecord(node.input) ? node.input : undefined
  const scope: CodeScope = {
    typed: { input },
    roots: { state: 'state', ...(node.input !== undefined && { input: 'input' }) },
    bare: node.input !== undefined,
  }
  const functions = (node.functions ?? []).map((fn) =>
    refersToInput(fn) ? functionCode(fn, code, input ?? {}) : functionName(fn, name),
  )
  const { role, task, say, before, after, context, always, onSpoken, onSilence, onError } = node
  const fields: string[] = []
  const edge = (target: FileTarget): string => edgeCode(target, code, scope)
  if (role !== undefined) fields.push(`role: ${textCode(role, scope)}`)
  fields.push(`task: ${taskCode(task, scope)}`)
  if (functions.length > 0) fields.push(`functions: [${functions.join(', ')}]`)
  if (before !== undefined) fields.push(`before: ${actionsCode(before, code, scope)}`)
  if (after !== undefined) fields.push(`after: ${actionsCode(after, code, scope)}`)
  if (context !== undefined) fields.push(`context: ${literalCode(context)}`)
  for (const key of ['respondImmediately', 'maxVisits', 'model', 'temperature', 'expects', 'cache'] as const) {
    if (node[key] !== undefined) fields.push(`${key}: ${literalCode(node[key])}`)
  }
  if (say !== undefined) fields.push(`say: ${textCode(say, scope)}`)
  if (always !== undefined) fields.push(`always: ${alwaysCode(always, code, scope)}`)
  if (onSpoken !== undefined) fields.push(`onSpoken: ${edge(onSpoken)}`)
  if (onSilence !== undefined) {
    const { afterSecs, say: text, times, to } = onSilence
    const parts = [
      `afterSecs: ${afterSecs}`,
      ...(text === undefined ? [] : [`say: ${textCode(text, scope)}`]),
      ...(times === undefined ? [] : [`times: ${times}`]),
      ...(to === undefined ? [] : [`to: ${edge(to)}`]),
    ]
    fields.push(`onSilence: { ${parts.join(', ')} }`)
  }
  if (onError !== undefined) fields.push(`onError: ${edge(onError)}`)
  const made = `defineNode({\n${fields.map((field) => `${indented(field)},`).join('\n')}\n})`
  const decides = typeof always === 'object' && 'branches' in always
  const { functions: _, input: __, ...texts } = node
  const usesState = hasTemplates(decides ? { ...texts, always: undefined } : texts) && /\bstate\b/.test(made)
  if (node.input === undefined) return usesState ? `(input: undefined, state: FlowState) => ${made}` : made
  return `(input: ${code.inputType(name)}${usesState ? ', state: FlowState' : ''}) => ${made}`
}

/** Whether a function has to be made with the node, whose input it refers to. */
function refersToInput(fn: FileFunction): boolean {
  return /\{\{\s*input\b|"path":"input\b/.test(JSON.stringify(fn))
}

function taskCode(task: FileNode['task'], scope: CodeScope): string {
  if (typeof task === 'string') return textCode(task, scope)
  const messages = task.map(({ role, content }) => `{ role: ${quoted(role)}, content: ${textCode(content, scope)} }`)
  return `[${messages.join(', ')}]`
}

function alwaysCode(always: NonNullable<FileNode['always']>, code: FlowCode, scope: CodeScope): string {
  if (typeof always === 'string' || !('branches' in always)) return edgeCode(always, code, scope)
  const choices = always.branches.map(
    ({ when, to }) => `${conditionCode(when, scope)} ? ${edgeCode(to, code, scope)} : `,
  )
  const targets = [...new Set(decidedTargets(always).map(nodeOf))].map((name) => quoted(name)).join(', ')
  return `decision([${targets}], (state: FlowState) => ${choices.join('')}${edgeCode(always.otherwise, code, scope)})`
}

function actionsCode(actions: readonly FileAction[], { names }: FlowCode, scope: CodeScope): string {
  const list = actions.map(({ handler, text, ...rest }) => {
    const fields = Object.entries(rest).map(([key, value]) => `${keyCode(key)}: ${literalCode(value)}`)
    if (text !== undefined) fields.push(`text: ${textCode(text, scope)}`)
    if (handler !== undefined) fields.push(`handler: ${names.action(handler)}`)
    return `{ ${fields.join(', ')} }`
  })
  return `[${list.join(', ')}]`
}
