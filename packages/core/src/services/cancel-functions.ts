import { type FunctionDefinition, FunctionSchema } from '../context/function-schema.ts'
import { ToolsSchema } from '../context/tools.ts'

/** A call that the model may cancel. */
export interface RunningCall {
  readonly functionName: string
  readonly toolCallId: string
}

/** The functions by which a model cancels the calls that run: one per function, `cancel_<name>`. */
export function cancelFunctions(
  running: readonly RunningCall[],
  cancel: (toolCallId: string) => void,
): readonly FunctionSchema[] {
  const byName = Map.groupBy(running, ({ functionName }) => functionName)
  return [...byName].map(([name, calls]) => cancelFunction(name, calls, cancel))
}

function cancelFunction(
  name: string,
  calls: readonly RunningCall[],
  cancel: (toolCallId: string) => void,
): FunctionSchema {
  const ids = calls.map(({ toolCallId }) => toolCallId)
  return new FunctionSchema({
    name: `cancel_${name}`.slice(0, 64),
    description: `Cancels ${name}, which is running, when the user does not want it any more.`,
    properties: ids.length > 1 ? { tool_call_id: { type: 'string', description: 'Which of the running calls.' } } : {},
    handler: ({ tool_call_id: wanted = ids.length === 1 ? ids[0] : undefined }) => {
      const id = ids.find((running) => running === wanted)
      if (id === undefined) return { error: 'Say by tool_call_id which of these to cancel.', running: ids }
      cancel(id)
      return { cancelled: id }
    },
  })
}

/** How background functions are announced: models repeat a call whose result does not come at once. */
const BACKGROUND_NOTE =
  'Runs in the background: its result comes later in a message of its own. Say that you are on it and go on; do not call it again for the same.'

/**
 * What a model is offered: the functions of the context, background ones with a note on how they work, and those that
 * cancel. Of two with one name that of the context wins.
 */
export function withCancelFunctions(
  tools: ToolsSchema | undefined,
  functions: readonly FunctionSchema[],
  onClash: (name: string) => void,
): ToolsSchema | undefined {
  const standard = tools?.standardTools ?? []
  const added = functions.filter(({ name }) => {
    const clashes = standard.some((tool) => tool.name === name)
    if (clashes) onClash(name)
    return !clashes
  })
  if (added.length === 0 && !standard.some(({ background }) => background)) return tools
  return new ToolsSchema({
    standardTools: [...standard.map(withNote), ...added],
    customTools: tools?.customTools,
  })
}

function withNote(tool: FunctionSchema): FunctionSchema {
  if (!tool.background) return tool
  const definition: FunctionDefinition = tool
  return new FunctionSchema({ ...definition, description: `${tool.description}\n${BACKGROUND_NOTE}`.trimStart() })
}
