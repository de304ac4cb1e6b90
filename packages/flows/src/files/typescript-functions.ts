import { isRecord } from '../definition/is-record.ts'
import type { JsonSchema } from '@pc/core'
import { declaredTargets, targetsOf } from './build-function.ts'
import { propertiesOf, requiredOf } from './check-names.ts'
import type { Expression } from './expression.ts'
import type { FileDecision, FileFlow, FileFunction, FileTarget } from './flow-file.ts'
import type { Names } from './typescript-names.ts'
import { typeOfSchema } from './typescript-types.ts'
import { type CodeScope, jsonCode, literalCode, scopeCode, textCode } from './typescript-values.ts'
import { quoted } from './typescript-types.ts'

/** The flow that a function belongs to, and what the whole file has been given so far. */
export interface FlowCode {
  readonly flow: FileFlow
  /** What the types of the inputs of its nodes are named. */
  readonly inputType: (node: string) => string
  /** What the constants of its sub-flows are named. */
  readonly subFlow: (id: string) => string
  readonly names: Names
}

/** `flowFunction({...})`, in a node whose input is typed by `input`. */
export function functionCode(fn: FileFunction, code: FlowCode, input: JsonSchema | undefined): string {
  const { names } = code
  const fields = [`name: ${quoted(fn.name)}`, `description: ${quoted(fn.description)}`]
  if (typeof fn.parameters === 'string') fields.push(`parameters: ${names.schema(fn.parameters)}`)
  else if (fn.parameters !== undefined) {
    fields.push(`parameters: jsonSchema<${argumentsType(fn, names)}>(${literalCode(fn.parameters)})`)
  }
  const targets = [...new Set(targetsOf(fn).map((target) => quoted(typeof target === 'string' ? target : target.node)))]
  if (targets.length > 0) fields.push(`transitionTo: ${targets.length === 1 ? targets[0] : `[${targets.join(', ')}]`}`)
  for (const key of ['timeoutSecs', 'cancelOnInterruption', 'background', 'idempotent', 'expects', 'cache'] as const) {
    if (fn[key] !== undefined) fields.push(`${key}: ${literalCode(fn[key])}`)
  }
  if (fn.when !== undefined)
    fields.push(`when: (state) => ${conditionCode(fn.when, { typed: {}, roots: { state: 'state' } })}`)
  const handler = handlerCode(fn, code, input)
  if (handler !== undefined) fields.push(handler)
  return `flowFunction({\n${fields.map((field) => `${indented(field)},`).join('\n')}\n})`
}

/** What the arguments of a function are typed as. */
function argumentsType(fn: FileFunction, names: Names): string {
  if (fn.parameters === undefined) return 'Record<never, never>'
  if (typeof fn.parameters === 'string') return 'Readonly<Record<string, unknown>>'
  return names.type(`${fn.name} arguments`, typeOfSchema(fn.parameters))
}

function handlerCode(fn: FileFunction, code: FlowCode, input: JsonSchema | undefined): string | undefined {
  const targets = declaredTargets(fn.transitionTo)
  const [only] = targets
  const own =
    fn.handler === undefined ? undefined : code.names.handler(fn, argumentsType(fn, code.names), returnType(fn, code))
  const plain = fn.decision === undefined && fn.result === undefined && fn.call === undefined && fn.done === undefined
  if (plain && (own !== undefined || targets.every((target) => typeof target === 'string'))) {
    return own === undefined ? undefined : `handler: ${own}`
  }
  const scope: CodeScope = {
    typed: { args: isRecord(fn.parameters) ? fn.parameters : undefined, input },
    roots: { args: 'args', state: 'ctx.state', result: 'result', ...(input !== undefined && { input: 'input' }) },
  }
  const lines = [`const result: Json = ${resultCode(fn, own, code, scope)}`]
  if (fn.done !== undefined) lines.push(`return done(${jsonCode(fn.done.output, scope)}, { result })`)
  else if (fn.decision !== undefined) lines.push(...decisionCode(fn.decision, code, scope))
  else if (only !== undefined && targets.length === 1) lines.push(`return ${edgeCode(only, code, scope)}`)
  else lines.push('return stay(result)')
  const body = lines.join('\n')
  const head = /\bctx\b/.test(body) ? '(args, ctx)' : /\bargs\b/.test(body) ? '(args)' : '()'
  return `handler: ${/\bawait\b/.test(body) ? 'async ' : ''}${head} => {\n${indented(body)}\n}`
}

function resultCode(fn: FileFunction, own: string | undefined, code: FlowCode, scope: CodeScope): string {
  if (own !== undefined) return `await ${own}(args, ctx)`
  if (fn.result !== undefined && fn.call === undefined) return jsonCode(fn.result, scope)
  if (fn.call === undefined) return `{ status: 'acknowledged' }`
  const given = fn.call.input === undefined ? '' : `, ${jsonCode(fn.call.input, scope)}`
  return `await ctx.call(${code.subFlow(fn.call.flow)}${given})`
}

/** What the user's own handler has to return. */
function returnType(fn: FileFunction, { flow, inputType }: FlowCode): string {
  const targets = declaredTargets(fn.transitionTo).map((target) => (typeof target === 'string' ? target : target.node))
  const needsInput = (node: string): boolean => requiredOf(inputSchema(flow, node)).length > 0
  if (fn.decision !== undefined || targets.length === 0 || (targets.length === 1 && !targets.some(needsInput)))
    return 'Json'
  return [
    'Stay',
    ...targets.map((node) => `To<${quoted(node)}, ${needsInput(node) ? inputType(node) : 'undefined'}>`),
  ].join(' | ')
}

function inputSchema(flow: FileFlow, node: string): JsonSchema | undefined {
  const { input } = flow.nodes[node] ?? {}
  return isRecord(input) ? input : undefined
}

function decisionCode({ branches, otherwise }: FileDecision, code: FlowCode, scope: CodeScope): string[] {
  return [
    ...branches.map(({ when, to }) => `if (${conditionCode(when, scope)}) return ${edgeCode(to, code, scope)}`),
    otherwise === undefined ? 'return stay(result)' : `return ${edgeCode(otherwise, code, scope)}`,
  ]
}

/** A condition as code that gives true or false. */
export function conditionCode(when: Expression, scope: CodeScope): string {
  return typeof when === 'boolean'
    ? String(when)
    : `Boolean(evaluate(${literalCode(when)}, ${scopeCode(pathsOf(when), scope)}))`
}

function pathsOf(expression: Expression): string[] {
  if (typeof expression !== 'object' || expression === null) return []
  if ('path' in expression) return [expression.path]
  const parts: readonly Expression[] =
    'op' in expression ? ('right' in expression ? [expression.left, expression.right] : [expression.left]) : expression
  return parts.flatMap(pathsOf)
}

/** `to(...)` with what goes along. */
export function edgeCode(target: FileTarget, code: FlowCode, scope: CodeScope): string {
  const hasResult = Object.hasOwn(scope.roots, 'result')
  if (typeof target === 'string') return `to(${quoted(target)}${hasResult ? ', { result }' : ''})`
  const { node, input, result, say } = target
  const options = []
  if (input !== undefined) {
    const known = propertiesOf(inputSchema(code.flow, node))
    options.push(
      `input: ${jsonCode(input, scope, known === undefined || known.length === 0 ? undefined : code.inputType(node))}`,
    )
  }
  if (result !== undefined) options.push(`result: ${jsonCode(result, scope)}`)
  else if (hasResult) options.push('result')
  const edge = `to(${quoted(node)}${options.length > 0 ? `, { ${options.join(', ')} }` : ''})`
  return say === undefined ? edge : `speakThen(${textCode(say, scope)}, ${edge})`
}

/** A piece of code two columns further in. */
export function indented(code: string): string {
  return code.replaceAll(/^(?=.)/gm, '  ')
}
