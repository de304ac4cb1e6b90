import { isRecord } from '../definition/is-record.ts'
import { NODE_KEYS } from '../pipecat/node-keys.ts'
import { type FilePath, type JsonRecord, type PlacedFault, recordOf } from './file-path.ts'
import { Origins } from './origins.ts'
import {
  actionsOf,
  contextOf,
  handlerName,
  messagesOf,
  present,
  restOf,
  roleOf,
  type TranslatedFile,
} from './translated-file.ts'

const FUNCTION_KEYS = [
  'name',
  'description',
  'parameters',
  'properties',
  'required',
  'handler',
  'transition_to',
  'transition_callback',
  'timeout_secs',
  'cancel_on_interruption',
]

/** A static flow of Pipecat Flows 0.0.22 as a file of ours. It has no name of its own. */
export function fromStatic(source: JsonRecord, id: string): TranslatedFile {
  const origins = new Origins()
  const faults: PlacedFault[] = []
  origins.place(['initialNode'], ['initial_node'])
  origins.place(['globalFunctions'], ['global_functions'])
  const { initial_node: initialNode, nodes, global_functions: globals } = source
  const file = {
    ...restOf(source, ['initial_node', 'nodes', 'global_functions']),
    version: 1,
    id,
    initialNode,
    nodes: Object.fromEntries(
      Object.entries(recordOf(nodes)).map(([name, node]) => [
        name,
        isRecord(node) ? nodeOf(node, ['nodes', name], { origins, faults }) : node,
      ]),
    ),
    ...(Array.isArray(globals) && { globalFunctions: functionsOf(globals, ['globalFunctions'], { origins, faults }) }),
  }
  return { file, origins, faults, warnings: [] }
}

interface Translation {
  readonly origins: Origins
  readonly faults: PlacedFault[]
}

function nodeOf(node: JsonRecord, path: FilePath, translation: Translation): Record<string, unknown> {
  translation.origins.rename(path, path, {
    before: 'pre_actions',
    after: 'post_actions',
    context: 'context_strategy',
    task: 'task_messages',
    role: 'role_messages' in node ? 'role_messages' : 'role_message',
    respondImmediately: 'respond_immediately',
  })
  const { role, before } = roleOf(node)
  const { functions } = node
  return {
    ...restOf(node, NODE_KEYS),
    ...present({
      role,
      task: [...before, ...messagesOf(node['task_messages'])],
      functions: Array.isArray(functions) ? functionsOf(functions, [...path, 'functions'], translation) : undefined,
      before: actionsOf(node['pre_actions']),
      after: actionsOf(node['post_actions']),
      context: contextOf(node['context_strategy']),
      respondImmediately: node['respond_immediately'],
    }),
  }
}

function functionsOf(list: readonly unknown[], path: FilePath, { origins, faults }: Translation): unknown[] {
  return list.map((entry, index) => {
    if (!isRecord(entry)) return entry
    const at = [...path, index]
    const wrapped = isRecord(entry['function'])
    const fn = wrapped ? recordOf(entry['function']) : entry
    const source = [...origins.sourceOf(at), ...(wrapped ? ['function'] : [])]
    origins.rename(at, source, {
      transitionTo: 'transition_to',
      timeoutSecs: 'timeout_secs',
      cancelOnInterruption: 'cancel_on_interruption',
    })
    const flat = isRecord(fn['properties'])
    if (flat) {
      origins.place([...at, 'parameters'], source)
    }
    if (fn['transition_callback'] !== undefined) {
      const message =
        'a file has no callbacks; return to(...) from the handler of the function, and name the nodes in transition_to'
      faults.push({ path: [...source, 'transition_callback'], message })
    }
    return {
      ...restOf(fn, FUNCTION_KEYS),
      ...present({
        name: fn['name'],
        description: fn['description'],
        parameters: flat
          ? { type: 'object', properties: fn['properties'], ...present({ required: fn['required'] }) }
          : fn['parameters'],
        handler: fn['handler'] === '' ? undefined : handlerName(fn['handler']),
        transitionTo: fn['transition_to'],
        timeoutSecs: fn['timeout_secs'],
        cancelOnInterruption: fn['cancel_on_interruption'],
      }),
    }
  })
}
