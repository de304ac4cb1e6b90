import { type FunctionSchema, type LLMContext, ToolsSchema } from '@pc/core'

/** Functions that may change. */
export interface ToolSource {
  readonly tools: readonly FunctionSchema[]
  on(event: 'toolsChanged', listener: () => void): () => void
}

/** Keeps the functions of a source in a context, beside others, until the application replaces them. */
export function keepTools(context: LLMContext, source: ToolSource): () => void {
  let mine: readonly FunctionSchema[] = []
  const put = (tools: readonly FunctionSchema[]): void => {
    const { standardTools = [], customTools = {} } = context.tools ?? {}
    const others = standardTools.filter((tool) => !mine.includes(tool))
    const replaced = mine.length > 0 && others.length === standardTools.length
    if (replaced) return
    context.tools = new ToolsSchema({ standardTools: [...others, ...tools], customTools })
    mine = tools
  }
  put(source.tools)
  const stop = source.on('toolsChanged', () => put(source.tools))
  return () => {
    stop()
    put([])
  }
}
