import { isRecord } from '../definition/is-record.ts'
import { NODE_KEYS } from '../pipecat/node-keys.ts'
import { didYouMean } from './did-you-mean.ts'
import { type FilePath, type JsonRecord, listOf, type PlacedFault, recordOf } from './file-path.ts'
import { Origins } from './origins.ts'
import { pythonLiteral } from './python-literal.ts'
import {
  actionsOf,
  contextOf,
  type FileWarning,
  messagesOf,
  present,
  restOf,
  roleOf,
  type TranslatedFile,
} from './translated-file.ts'

const FUNCTION_KEYS = ['name', 'description', 'properties', 'required', 'next_node_id', 'decision']
const DATA_KEYS = ['label', ...NODE_KEYS]

/**
 * A file of the visual editor as one of ours. The editor names no handlers: a function has the one of its own name
 * among `handlers`, and needs it where Python decides, which is kept as text and not run.
 */
export function fromEditor(source: JsonRecord, handlers: ReadonlySet<string>): TranslatedFile {
  const translation = new EditorTranslation(handlers)
  return translation.translate(source)
}

class EditorTranslation {
  readonly #handlers: ReadonlySet<string>
  readonly #origins = new Origins()
  readonly #faults: PlacedFault[] = []
  readonly #warnings: FileWarning[] = []

  constructor(handlers: ReadonlySet<string>) {
    this.#handlers = handlers
  }

  translate(source: JsonRecord): TranslatedFile {
    const { meta, nodes, edges, global_functions: globals, context } = source
    const list = listOf(nodes)
    this.#origins.place(['globalFunctions'], ['global_functions'])
    this.#checkEdges(listOf(edges), new Set(list.map((node) => String(recordOf(node)['id']))))
    const name = recordOf(meta)['name']
    const file = {
      version: 1,
      id: typeof name === 'string' ? slugOf(name) : '',
      meta,
      initialNode: this.#initialNode(list),
      nodes: this.#nodes(list),
      ...present({
        globalFunctions: Array.isArray(globals) ? this.#functions(globals, ['globalFunctions']) : undefined,
      }),
      editor: {
        ...restOf(source, ['meta', 'nodes', 'global_functions', 'edges', 'context']),
        ...present({ edges, context }),
      },
    }
    return { file, origins: this.#origins, faults: this.#faults, warnings: this.#warnings }
  }

  #initialNode(nodes: readonly unknown[]): string {
    const initial = nodes.flatMap((node, index) => (recordOf(node)['type'] === 'initial' ? [index] : []))
    const [first, second] = initial
    this.#origins.place(['initialNode'], ['nodes', first ?? 0, 'type'])
    if (first === undefined) {
      this.#faults.push({ path: ['nodes'], message: 'no node is of type "initial"; give that type to the first one' })
    } else if (second !== undefined) {
      const message = `is of type "initial" too; the conversation begins at "${String(recordOf(nodes[first])['id'])}"`
      this.#warnings.push({ code: 'several-initial-nodes', path: ['nodes', second, 'type'], message })
    }
    const { id } = recordOf(nodes[first ?? 0])
    return typeof id === 'string' ? id : ''
  }

  #nodes(list: readonly unknown[]): Record<string, unknown> {
    const nodes: Record<string, unknown> = {}
    for (const [index, node] of list.entries()) {
      if (!isRecord(node) || typeof node['id'] !== 'string') continue
      const { id } = node
      if (Object.hasOwn(nodes, id)) {
        this.#faults.push({ path: ['nodes', index, 'id'], message: `"${id}" is the id of an earlier node; rename one` })
        continue
      }
      nodes[id] = this.#node(node, id, index)
    }
    return nodes
  }

  #node(node: JsonRecord, id: string, index: number): Record<string, unknown> {
    const path = ['nodes', id]
    const source = ['nodes', index]
    const data = recordOf(node['data'])
    this.#origins.place(path, [...source, 'data'])
    this.#origins.rename(path, [...source, 'data'], {
      before: 'pre_actions',
      after: 'post_actions',
      context: 'context_strategy',
      task: 'task_messages',
      role: 'role_messages',
      respondImmediately: 'respond_immediately',
    })
    for (const key of ['type', 'position']) this.#origins.place([...path, key], [...source, key])
    const { role, before } = roleOf(data)
    return {
      ...restOf(data, DATA_KEYS),
      ...restOf(node, ['id', 'data']),
      ...present({
        label: data['label'],
        role,
        task: [...before, ...messagesOf(data['task_messages'])],
        functions: Array.isArray(data['functions'])
          ? this.#functions(data['functions'], [...path, 'functions'])
          : undefined,
        before: actionsOf(data['pre_actions']),
        after: actionsOf(data['post_actions']),
        context: contextOf(data['context_strategy']),
        respondImmediately: data['respond_immediately'],
      }),
    }
  }

  #functions(list: readonly unknown[], path: FilePath): unknown[] {
    return list.map((fn, index) => {
      if (!isRecord(fn)) return fn
      const at = [...path, index]
      const source = this.#origins.sourceOf(at)
      this.#origins.rename(at, source, { transitionTo: 'next_node_id', parameters: 'properties', handler: 'name' })
      this.#origins.place([...at, 'parameters', 'properties'], [...source, 'properties'])
      this.#origins.place([...at, 'parameters', 'required'], [...source, 'required'])
      const { name, properties, required, next_node_id: next, decision } = fn
      const decides = isRecord(decision)
      return {
        ...restOf(fn, FUNCTION_KEYS),
        ...present({
          name,
          description: fn['description'],
          parameters: isRecord(properties) ? { type: 'object', properties, ...present({ required }) } : undefined,
          handler: decides || (typeof name === 'string' && this.#handlers.has(name)) ? name : undefined,
          transitionTo: decides || next === '' ? undefined : next,
          decision: decides ? this.#decision(decision, [...at, 'decision'], [...source, 'decision']) : undefined,
        }),
      }
    })
  }

  #decision(decision: JsonRecord, path: FilePath, source: FilePath): Record<string, unknown> {
    this.#origins.rename(path, source, { otherwise: 'default_next_node_id', branches: 'conditions' })
    this.#warnings.push({
      code: 'kept-code',
      path: [...source, 'action'],
      message: 'is Python, which is kept but not run: the handler of that name gives what is compared',
    })
    const branches = listOf(decision['conditions']).map((condition, index) => {
      const { operator, value, next_node_id: next, ...rest } = recordOf(condition)
      this.#origins.rename([...path, 'branches', index], [...source, 'conditions', index], {
        to: 'next_node_id',
        when: 'value',
      })
      return { ...rest, when: conditionOf(operator, value), to: next }
    })
    // Without conditions the default always holds.
    return {
      code: decision['action'],
      branches: branches.length > 0 ? branches : [{ when: true, to: decision['default_next_node_id'] }],
      ...restOf(decision, ['action', 'conditions', 'default_next_node_id']),
      otherwise: decision['default_next_node_id'],
    }
  }

  #checkEdges(edges: readonly unknown[], ids: ReadonlySet<string>): void {
    for (const [index, edge] of edges.entries()) {
      for (const end of ['source', 'target']) {
        const id = recordOf(edge)[end]
        // The editor draws a decision as a node of its own.
        if (typeof id !== 'string' || ids.has(id) || id.startsWith('decision-')) continue
        const message = `"${id}" is no node of this flow.${didYouMean(id, ids)}`
        this.#faults.push({ path: ['edges', index, end], message })
      }
    }
  }
}

function conditionOf(operator: unknown, value: unknown): unknown {
  const result = { path: 'result' }
  if (operator === 'not') return { op: 'not', left: result }
  const right = typeof value === 'string' ? pythonLiteral(value) : value
  return { op: operator === 'not in' ? 'notIn' : operator, left: result, right }
}

/** An id of the letters of a name. */
function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '')
}
