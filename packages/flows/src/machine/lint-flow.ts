import type { JsonSchema } from '@pc/core'
import { flowGraph, type FlowGraph, sampleNode } from './flow-graph.ts'
import { hasMinifiedName } from '../definition/direct.ts'
import type { FlowDefinition, FlowWarning } from '../definition/flow-definition.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import { toolOf } from '../definition/function-schema.ts'
import { isRecord } from '../definition/is-record.ts'

/**
 * What looks wrong in a flow that holds: nodes nobody reaches, ways that do not end, functions that hide others, schemas
 * of which a model is not told all. Moves that only a handler knows, such as `jump`, are not seen. For tests:
 * `expect(lintFlow(flow)).toEqual([])`.
 */
export function lintFlow(flow: FlowDefinition): readonly FlowWarning[] {
  const graph = flowGraph(flow)
  const warnings: FlowWarning[] = [...graph.warnings]
  const globals = new Set(flow.globalFunctions.map(({ name }) => name))
  const reached = reachedFrom(graph)
  for (const fn of flow.globalFunctions) warnings.push(...ofFunction(fn, `globalFunctions.${fn.name}`))
  for (const { id, final, opaque } of graph.nodes) {
    const path = `nodes.${id}`
    if (!reached.has(id)) {
      const message = `Nothing leads to the node '${id}': name it in a transitionTo, or drop it.`
      warnings.push({ code: 'unreachable-node', path, message })
    }
    if (opaque) continue
    const functions = sampleNode(flow, id)?.functions ?? []
    const leads = graph.edges.some(({ from }) => from === id)
    const mayLead = [...functions, ...flow.globalFunctions].some(({ handler }) => handler !== undefined)
    if (!leads && !final && !mayLead) {
      const message = `Nothing leads out of the node '${id}', and it does not end the conversation: add endConversation() to its actions.`
      warnings.push({ code: 'dead-end', path, message })
    }
    for (const fn of functions) {
      const at = `${path}.functions.${fn.name}`
      if (globals.has(fn.name)) {
        const message = `The function '${fn.name}' hides the global one of that name here.`
        warnings.push({ code: 'shadowed-global', path: at, message })
      }
      warnings.push(...ofFunction(fn, at))
    }
  }
  return warnings
}

function reachedFrom({ initial, edges }: FlowGraph): ReadonlySet<string> {
  const reached = new Set([initial])
  for (const node of reached) for (const { from, to } of edges) if (from === node) reached.add(to)
  return reached
}

function ofFunction(fn: FlowFunction, path: string): FlowWarning[] {
  const warnings: FlowWarning[] = []
  if (hasMinifiedName(fn)) {
    const message = `The name '${fn.name}' looks like that of a minifier: give the function a name of its own.`
    warnings.push({ code: 'minified-name', path, message })
  }
  if (!/^[A-Za-z_]/.test(fn.name)) {
    const message = `Gemini refuses the name '${fn.name}', and with it every request: begin it with a letter or "_".`
    warnings.push({ code: 'refused-name', path, message })
  }
  for (const [field, property] of Object.entries(toolOf(fn).properties)) {
    for (const { at, keyword } of droppedIn(property, field)) {
      const message = `Gemini is not told of "${keyword}" in "${at}": say it in the description as well.`
      warnings.push({ code: 'dropped-schema-feature', path: `${path}.parameters.${at}`, message })
    }
  }
  return warnings
}

/** What a model that knows only a part of OpenAPI does not get, and what a call with wrong arguments would fail on. */
const DROPPED: readonly string[] = [
  'allOf',
  'contains',
  'exclusiveMaximum',
  'exclusiveMinimum',
  'if',
  'multipleOf',
  'not',
  'patternProperties',
  'prefixItems',
  'propertyNames',
  'uniqueItems',
]

function droppedIn(schema: JsonSchema, at: string): { readonly at: string; readonly keyword: string }[] {
  const { additionalProperties, enum: values, properties, items, anyOf } = schema
  const found = DROPPED.filter((keyword) => keyword in schema)
  if (isRecord(additionalProperties)) found.push('additionalProperties')
  if (Array.isArray(values) && values.some((value) => typeof value !== 'string')) found.push('enum')
  const inner = [
    ...(isRecord(properties) ? Object.entries(properties).map(([key, part]) => [part, `${at}.${key}`] as const) : []),
    [items, at] as const,
    ...(Array.isArray(anyOf) ? anyOf.map((part: unknown) => [part, at] as const) : []),
  ]
  return [
    ...found.map((keyword) => ({ at, keyword })),
    ...inner.flatMap(([part, place]) => (isRecord(part) ? droppedIn(part, place) : [])),
  ]
}
