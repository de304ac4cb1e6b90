import { isRecord } from '../definition/is-record.ts'
import type { Message, StandardSchema } from '@pc/core'
import type { ActionHandler, FlowAction } from '../definition/action.ts'
import { buildFlow as define } from '../definition/build-flow.ts'
import { FlowDefinitionError } from '../definition/errors.ts'
import { decision } from '../definition/decision.ts'
import type { FlowState } from '../definition/flow-context.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowNode, NodeFactory, SilenceRule } from '../definition/flow-node.ts'
import type { To } from '../definition/outcome.ts'
import {
  buildFunction,
  decide,
  decidedTargets,
  edgeTo,
  type FlowHandler,
  type Given,
  nodeOf,
} from './build-function.ts'
import { hasTemplates } from './check-names.ts'
import type { Scope } from './expression.ts'
import type { FileAction, FileFlow, FileNode } from './flow-file.ts'
import { jsonSchema } from './json-schema.ts'
import { render } from './template.ts'

/** What a program gives a file. */
export interface GivenParts {
  readonly handlers: ReadonlyMap<string, FlowHandler>
  readonly actions: ReadonlyMap<string, ActionHandler>
  readonly schemas: ReadonlyMap<string, StandardSchema>
}

/**
 * A flow of a file that was checked, as the engine runs it.
 *
 * @throws FlowDefinitionError for what only the parts of the program show, such as a state that its schema refuses; its
 * paths are those of definitions, below `place`.
 */
export function buildFlow(
  id: string,
  file: FileFlow,
  parts: GivenParts,
  place: readonly string[] = [],
): FlowDefinition {
  const subFlows = Object.fromEntries(
    Object.entries(file.subFlows ?? {}).map(([name, flow]) => [
      name,
      buildFlow(name, flow, parts, [...place, 'subFlows', name]),
    ]),
  )
  const given: Building = { ...parts, subFlows }
  const { initialNode, initialState, context, state } = file
  try {
    return define({
      id,
      version: file.meta?.version,
      initialNode,
      nodes: Object.fromEntries(Object.entries(file.nodes).map(([name, node]) => [name, nodeFrom(node, given)])),
      globalFunctions: (file.globalFunctions ?? []).map((fn) => buildFunction(fn, given)),
      context,
      state: typeof state === 'string' ? parts.schemas.get(state) : state && jsonSchema(state),
      initialState,
      subFlows,
    })
  } catch (error) {
    if (!(error instanceof FlowDefinitionError)) throw error
    const faults = error.faults.map((fault) => ({ ...fault, path: [...place, fault.path].join('.') }))
    throw new FlowDefinitionError(`The flow "${id}" does not hold`, faults)
  }
}

interface Building extends Given, Pick<GivenParts, 'actions'> {}

function nodeFrom(node: FileNode, given: Building): FlowNode | NodeFactory {
  const functions = (node.functions ?? []).map((fn) => buildFunction(fn, given))
  const fixed: Fixed = { node, given, functions: () => functions }
  if (node.input === undefined && !dependsOnState(node)) return nodeWith(fixed, {})
  return (input: unknown, state: unknown): FlowNode => {
    const entered = { ...(isRecord(input) ? input : {}), input, state }
    if (node.input === undefined) return nodeWith(fixed, entered)
    const withInput = (): FlowNode['functions'] =>
      (node.functions ?? []).map((fn) => buildFunction(fn, given, { input }))
    return nodeWith({ ...fixed, functions: withInput }, entered)
  }
}

function dependsOnState({ role, task, say, before, after, onSilence, always, onSpoken, onError }: FileNode): boolean {
  const decides = isRecord(always) && 'branches' in always
  return hasTemplates([role, task, say, before, after, onSilence, onSpoken, onError, decides ? undefined : always])
}

interface Fixed {
  readonly node: FileNode
  readonly given: Building
  readonly functions: () => FlowNode['functions']
}

function nodeWith({ node, given, functions }: Fixed, scope: Scope): FlowNode {
  const { role, say, onSpoken, onError, onSilence, before, after, context } = node
  const { respondImmediately, maxVisits, model, temperature, expects, cache } = node
  const always = alwaysOf(node, scope)
  const action = (entry: FileAction): FlowAction => actionFrom(entry, given, scope)
  return {
    task: taskOf(node, scope),
    ...(role !== undefined && { role: render(role, scope) }),
    ...(node.functions !== undefined && { functions: functions() }),
    ...(before !== undefined && { before: before.map(action) }),
    ...(after !== undefined && { after: after.map(action) }),
    ...(context !== undefined && { context }),
    ...(respondImmediately !== undefined && { respondImmediately }),
    ...(say !== undefined && { say: render(say, scope) }),
    ...(always !== undefined && { always }),
    ...(onSpoken !== undefined && { onSpoken: edgeTo(onSpoken, scope) }),
    ...(onSilence !== undefined && { onSilence: silenceOf(onSilence, scope) }),
    ...(onError !== undefined && { onError: edgeTo(onError, scope) }),
    ...(maxVisits !== undefined && { maxVisits }),
    ...(model !== undefined && { model }),
    ...(temperature !== undefined && { temperature }),
    ...(expects !== undefined && { expects }),
    ...(cache !== undefined && { cache }),
  }
}

function taskOf({ task }: FileNode, scope: Scope): string | readonly Message[] {
  if (typeof task === 'string') return render(task, scope)
  return task.map((message) => ({ ...message, content: render(message.content, scope) }))
}

function alwaysOf({ always }: FileNode, scope: Scope): FlowNode['always'] {
  if (always === undefined) return undefined
  if (typeof always === 'string' || !('branches' in always)) return edgeTo(always, scope)
  const { otherwise } = always
  return decision([...new Set(decidedTargets(always).map(nodeOf))], (state: FlowState): To => {
    const now = { ...scope, state }
    return edgeTo(decide(always, now) ?? otherwise, now)
  })
}

function silenceOf({ afterSecs, say, to, times }: NonNullable<FileNode['onSilence']>, scope: Scope): SilenceRule {
  return {
    afterSecs,
    ...(say !== undefined && { say: render(say, scope) }),
    ...(times !== undefined && { times }),
    ...(to !== undefined && { to: edgeTo(to, scope) }),
  }
}

function actionFrom({ handler: name, ...action }: FileAction, { actions }: Building, scope: Scope): FlowAction {
  const handler = actions.get(name ?? action.type)
  return {
    ...action,
    ...(action.text !== undefined && { text: render(action.text, scope) }),
    ...(handler !== undefined && { handler }),
  }
}
