import type { FlowContext } from '../definition/flow-context.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowFunction, JsonSchemaParameters } from '../definition/flow-function.ts'
import type { Json } from '../definition/json.ts'
import { ACKNOWLEDGED, done, type FlowOutcome, isOutcome, type To } from '../definition/outcome.ts'
import type { JsonSchema, StandardSchema } from '@pc/core'
import { evaluate, type Scope } from './expression.ts'
import type { FileDecision, FileFunction, FileTarget } from './flow-file.ts'
import { jsonSchema } from './json-schema.ts'
import { jsonOf, render, renderJson } from './template.ts'

/** Runs a function of a file: gets checked arguments and the context, returns an outcome or a plain result. */
export type FlowHandler = NonNullable<FlowFunction['handler']>

/** What the parts of a file refer to by name. */
export interface Given {
  readonly handlers: ReadonlyMap<string, FlowHandler>
  readonly schemas: ReadonlyMap<string, StandardSchema>
  readonly subFlows: Readonly<Record<string, FlowDefinition>>
}

/** A function of a file as the engine runs it, in a node that was entered with `entered`. */
export function buildFunction(fn: FileFunction, given: Given, entered: Scope = {}): FlowFunction {
  const { name, description, when } = fn
  const parameters = parametersOf(fn.parameters, given)
  const targets = [...new Set(targetsOf(fn).map(nodeOf))]
  const handler = handlerOf(fn, given, entered)
  return {
    name,
    description,
    ...(parameters !== undefined && { parameters }),
    ...(targets.length > 0 && { transitionTo: targets }),
    ...(handler !== undefined && { handler }),
    ...(when !== undefined && { when: (state) => Boolean(evaluate(when, { ...entered, state })) }),
    ...traitsOf(fn),
  }
}

function traitsOf(fn: FileFunction): Partial<FlowFunction> {
  const { timeoutSecs, cancelOnInterruption, background, idempotent, expects, cache } = fn
  return {
    ...(timeoutSecs !== undefined && { timeoutSecs }),
    ...(cancelOnInterruption !== undefined && { cancelOnInterruption }),
    ...(background !== undefined && { background }),
    ...(idempotent !== undefined && { idempotent }),
    ...(expects !== undefined && { expects }),
    ...(cache !== undefined && { cache }),
  }
}

function parametersOf(
  parameters: JsonSchema | string | undefined,
  { schemas }: Given,
): StandardSchema | JsonSchemaParameters | undefined {
  if (typeof parameters === 'string') return schemas.get(parameters)
  if (parameters === undefined) return undefined
  return { jsonSchema: parameters, validate: jsonSchema(parameters)['~standard'].validate }
}

/** All targets of a function, declared or decided. */
export function targetsOf({ transitionTo, decision }: FileFunction): readonly FileTarget[] {
  return [...declaredTargets(transitionTo), ...(decision === undefined ? [] : decidedTargets(decision))]
}

/** All targets of a decision. */
export function decidedTargets({ branches, otherwise }: FileDecision): readonly FileTarget[] {
  return [...branches.map(({ to }) => to), ...(otherwise === undefined ? [] : [otherwise])]
}

/** The name of the node that a target means. */
export function nodeOf(target: FileTarget): string {
  return typeof target === 'string' ? target : target.node
}

/** The targets that a function declares. */
export function declaredTargets(transitionTo: FileFunction['transitionTo']): readonly FileTarget[] {
  if (transitionTo === undefined) return []
  return isTargetList(transitionTo) ? transitionTo : [transitionTo]
}

function isTargetList(value: FileTarget | readonly FileTarget[]): value is readonly FileTarget[] {
  return Array.isArray(value)
}

/** A target as an edge, its texts rendered. */
export function edgeTo(target: FileTarget, scope: Scope, result?: Json): To {
  if (typeof target === 'string') return { kind: 'to', node: target, input: undefined, result }
  const { node, input, say } = target
  return {
    kind: 'to',
    node,
    input: input === undefined ? undefined : renderJson(input, scope),
    result: target.result === undefined ? result : renderJson(target.result, scope),
    ...(say !== undefined && { say: render(say, scope) }),
  }
}

/** The target of the first branch that holds. */
export function decide({ branches, otherwise }: FileDecision, scope: Scope): FileTarget | undefined {
  return (branches.find(({ when }) => Boolean(evaluate(when, scope))) ?? { to: otherwise }).to
}

/** `undefined` where the engine does by itself what the file says. */
function handlerOf(fn: FileFunction, given: Given, entered: Scope): FlowHandler | undefined {
  const own = fn.handler === undefined ? undefined : given.handlers.get(fn.handler)
  const targets = declaredTargets(fn.transitionTo)
  const [only] = targets
  const plain = fn.decision === undefined && fn.result === undefined && fn.call === undefined && fn.done === undefined
  if (plain && targets.every((target) => typeof target === 'string')) return own
  return async (args: never, ctx: FlowContext<never>): Promise<unknown> => {
    const before = { ...entered, args, state: ctx.state }
    const returned = await resultOf(fn, { own, given, args, ctx, scope: before })
    if (isOutcome(returned)) return returned
    const result = returned === undefined ? undefined : jsonOf(returned)
    const scope = { ...before, state: ctx.state, result }
    if (fn.done !== undefined) return done(renderJson(fn.done.output, scope), { result })
    const target = fn.decision === undefined ? undefined : decide(fn.decision, scope)
    if (target !== undefined) return edgeTo(target, scope, result)
    if (fn.decision === undefined && only !== undefined && targets.length === 1) return edgeTo(only, scope, result)
    return targets.length > 1 && fn.decision === undefined ? returned : stayed(result)
  }
}

function stayed(result: Json | undefined): FlowOutcome {
  return { kind: 'stay', result: result === undefined ? ACKNOWLEDGED : result }
}

interface Call {
  readonly own: FlowHandler | undefined
  readonly given: Given
  readonly args: never
  readonly ctx: FlowContext<never>
  readonly scope: Scope
}

async function resultOf(fn: FileFunction, { own, given, args, ctx, scope }: Call): Promise<unknown> {
  if (own !== undefined) {
    const returned = await own(args, ctx)
    return returned === undefined && fn.result !== undefined ? renderJson(fn.result, scope) : returned
  }
  const output = await subFlowOutput(fn, { own, given, args, ctx, scope })
  return fn.result === undefined ? output : renderJson(fn.result, { ...scope, result: output })
}

async function subFlowOutput({ call }: FileFunction, { given, ctx, scope }: Call): Promise<Json | undefined> {
  const flow = call === undefined ? undefined : given.subFlows[call.flow]
  if (flow === undefined) return undefined
  return ctx.call(flow, call?.input === undefined ? undefined : renderJson(call.input, scope))
}
