import type { FlowAction } from '../definition/action.ts'
import type { ActionConfig } from './types.ts'
import { isRecord } from '../definition/is-record.ts'
import { below, type Reading } from './border.ts'
import { pipecatManagerAt } from './pipecat-flow-manager.ts'
import { readHandler } from './read-handler.ts'

/** A list of actions; nothing counts as an empty one. */
export function readActions(value: unknown, path: string, reading: Reading): FlowAction[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) {
    reading.fault(path, 'actions are a list')
    return []
  }
  return value.flatMap((item: unknown, index) => readAction(item, below(path, index), reading) ?? [])
}

function readAction(value: unknown, path: string, reading: Reading): FlowAction | undefined {
  if (!isAction(value)) {
    reading.fault(path, 'an action is an object with a type, such as { type: "tts_say", text: "Hello" }')
    return undefined
  }
  const { type, handler, text, append_text_to_context: appendTextToContext, ...others } = value
  if (text !== undefined && typeof text !== 'string') reading.fault(below(path, 'text'), 'is a text')
  if (appendTextToContext !== undefined && typeof appendTextToContext !== 'boolean') {
    reading.fault(below(path, 'append_text_to_context'), 'is true or false')
  }
  const run = readHandler(handler, below(path, 'handler'), reading)
  return {
    ...others,
    type,
    ...(text !== undefined && { text }),
    ...(appendTextToContext !== undefined && { appendTextToContext }),
    ...(run !== undefined && { handler: asNativeAction(run, value, reading) }),
  }
}

/** The handler gets the action as it was written, and a manager with the names of Pipecat. */
function asNativeAction(
  run: NonNullable<ReturnType<typeof readHandler>>,
  action: ActionConfig,
  { border }: Reading,
): NonNullable<FlowAction['handler']> {
  if (run.length < 2) border.warn('Action handlers without a second parameter, flow_manager, are of an older form.')
  return (_action, manager) => run(action, pipecatManagerAt(manager, border))
}

function isAction(value: unknown): value is ActionConfig {
  return isRecord(value) && typeof value['type'] === 'string' && value['type'] !== ''
}
