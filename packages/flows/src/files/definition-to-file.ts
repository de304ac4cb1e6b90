import type { JsonSchema, Message, StandardSchema } from '@pc/core'
import type { FlowAction } from '../definition/action.ts'
import { FlowDefinitionError } from '../definition/errors.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowFunction, JsonSchemaParameters } from '../definition/flow-function.ts'
import type { FlowNode, NodeFactory } from '../definition/flow-node.ts'
import { pathOfNonJson } from '../definition/json.ts'
import { ACKNOWLEDGED, type To } from '../definition/outcome.ts'
import { type FilePath, pathText, type PlacedFault } from './file-path.ts'
import { present } from './translated-file.ts'

/** A flow of code as a file of ours; handlers are named like their functions, actions like theirs. */
export function definitionToFile(flow: FlowDefinition): Readonly<Record<string, unknown>> {
  const writer = new FlowWriter()
  const file = { version: 1, id: flow.id, ...writer.flow(flow, []) }
  if (writer.faults.length > 0) {
    const faults = writer.faults.map(({ path, message }) => ({ path: pathText(path), message }))
    throw new FlowDefinitionError('The flow cannot be written to a file', faults)
  }
  return file
}

class FlowWriter {
  readonly faults: PlacedFault[] = []

  flow(flow: FlowDefinition, path: FilePath): Record<string, unknown> {
    const { version, initialNode, nodes, globalFunctions, context, initialState, state, subFlows } = flow
    return present({
      meta: version === '1' ? undefined : { version },
      initialNode,
      context: context === 'append' ? undefined : context,
      initialState:
        Object.keys(initialState).length > 0 ? this.#json(initialState, [...path, 'initialState']) : undefined,
      state: state === undefined ? undefined : this.#schema(state, [...path, 'state']),
      globalFunctions: this.#functions(globalFunctions, [...path, 'globalFunctions']),
      nodes: Object.fromEntries(
        Object.entries(nodes).map(([name, node]) => [name, this.#node(node, [...path, 'nodes', name])]),
      ),
      subFlows:
        Object.keys(subFlows).length > 0
          ? Object.fromEntries(
              Object.entries(subFlows).map(([id, sub]) => [id, this.flow(sub, [...path, 'subFlows', id])]),
            )
          : undefined,
    })
  }

  #fault(path: FilePath, message: string): undefined {
    this.faults.push({ path, message })
    return undefined
  }

  #node(node: FlowNode | NodeFactory, path: FilePath): unknown {
    if (typeof node === 'function') {
      return this.#fault(path, 'is made by code; write it in the file with an "input" schema and {{name}} in its texts')
    }
    const { name: _, task, functions, before, after, always, onSpoken, onSilence, onError, role, say, ...rest } = node
    if (typeof always === 'function') this.#fault([...path, 'always'], 'is code; write it in the file as branches')
    return present({
      role: literal(role),
      task: this.#task(task, [...path, 'task']),
      say: literal(say),
      functions: this.#functions(functions ?? [], [...path, 'functions']),
      before: this.#actions(before, [...path, 'before']),
      after: this.#actions(after, [...path, 'after']),
      always: typeof always === 'function' ? undefined : this.#target(always, [...path, 'always']),
      onSpoken: this.#target(onSpoken, [...path, 'onSpoken']),
      onSilence:
        onSilence === undefined
          ? undefined
          : present({
              ...onSilence,
              say: literal(onSilence.say),
              to: this.#target(onSilence.to, [...path, 'onSilence', 'to']),
            }),
      onError: this.#target(onError, [...path, 'onError']),
      ...rest,
    })
  }

  #task(task: string | readonly Message[], path: FilePath): unknown {
    if (typeof task === 'string') return literal(task)
    return task.map((message, index) => {
      if ('role' in message && message.role !== 'tool' && typeof message.content === 'string') {
        return { ...message, content: literal(message.content) }
      }
      return this.#fault([...path, index], 'is not a message of one text; a file holds no other')
    })
  }

  #functions(functions: readonly FlowFunction[], path: FilePath): unknown {
    return functions.length > 0 ? functions.map((fn, index) => this.#function(fn, [...path, index])) : undefined
  }

  #function(fn: FlowFunction, path: FilePath): unknown {
    const { name, description, parameters, transitionTo, handler, timeoutSecs, cancelOnInterruption } = fn
    const { background, idempotent, expects, when, cache } = fn
    if (when !== undefined) this.#fault([...path, 'when'], 'is code; write it in the file as an expression')
    if (cache?.key !== undefined) this.#fault([...path, 'cache', 'key'], 'is code, which a file cannot hold')
    const [only, ...others] = transitionTo ?? []
    return present({
      name,
      description,
      parameters: parameters === undefined ? undefined : this.#schema(parameters, [...path, 'parameters']),
      handler: handler === undefined ? undefined : name,
      transitionTo: others.length > 0 ? transitionTo : only,
      result: handler === undefined && only === undefined ? ACKNOWLEDGED : undefined,
      timeoutSecs,
      cancelOnInterruption,
      background,
      idempotent,
      expects,
      cache: cache === undefined ? undefined : present({ ...cache, key: undefined }),
    })
  }

  #schema(schema: StandardSchema | JsonSchemaParameters, path: FilePath): unknown {
    const json = jsonSchemaOf(schema)
    return json === undefined
      ? this.#fault(path, 'is a schema that cannot give its JSON Schema')
      : this.#json(json, path)
  }

  #actions(actions: readonly FlowAction[] | undefined, path: FilePath): unknown {
    return actions?.map(({ handler, text, ...rest }, index) => {
      const at = [...path, index]
      if (handler !== undefined && handler.name === '') this.#fault([...at, 'handler'], 'is a function without a name')
      return this.#json(present({ ...rest, text: literal(text), handler: handler?.name }), at)
    })
  }

  #target(target: To | undefined, path: FilePath): unknown {
    if (target === undefined) return undefined
    const { node, input, result, say } = target
    if (input === undefined && result === undefined && say === undefined) return node
    return this.#json(escaped(present({ node, input, result, say })), path)
  }

  #json(value: unknown, path: FilePath): unknown {
    const bad = pathOfNonJson(value)
    if (bad === undefined) return value
    return this.#fault(bad === '' ? path : [...path, ...bad.split('.')], 'is no JSON')
  }
}

function jsonSchemaOf(schema: StandardSchema | JsonSchemaParameters): JsonSchema | undefined {
  if (!('~standard' in schema)) return schema.jsonSchema
  try {
    return schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
  } catch {
    return undefined
  }
}

function literal(text: string | undefined): string | undefined {
  return text?.replaceAll('{{', String.raw`\{{`)
}

/** JSON whose texts mean what they say. */
function escaped(value: unknown): unknown {
  if (typeof value === 'string') return literal(value)
  if (Array.isArray(value)) return value.map(escaped)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escaped(item)]))
}
