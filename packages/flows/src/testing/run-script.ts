import type { FlowDefinition } from '../definition/flow-definition.ts'
import { FlowError } from '../definition/errors.ts'
import { runFlow, type RunFlowOptions } from './run-flow.ts'
import { lastNews, type WalkResult } from './walker.ts'

/** One thing that happens in a scripted conversation, and where it leads. */
export type ScriptStep = (
  | {
      /** The model calls this function. */
      readonly call: string
      readonly args?: Readonly<Record<string, unknown>> | undefined
    }
  /** The model says this. */
  | { readonly reply: string }
  /** The user says this. */
  | { readonly user: string }
  /** Nobody says anything for so long. */
  | { readonly silenceSecs: number }
) & {
  /** The node that the conversation is in afterwards. */
  readonly arrives?: string | undefined
  /** The conversation is over afterwards. */
  readonly ends?: true | undefined
}

/** @internal Plays a conversation. */
export async function runScript(
  flow: FlowDefinition,
  script: readonly ScriptStep[],
  options: RunFlowOptions,
): Promise<WalkResult> {
  const run = await runFlow(flow, options)
  const steps = script.map((step) => {
    const { arrives, ends, ...what } = step
    return `${JSON.stringify(what)}${arrives === undefined ? '' : ` -> ${arrives}`}${ends ? ' -> end' : ''}`
  })
  for (const [index, step] of script.entries()) {
    const fail = (failure: string): WalkResult => ({ steps, attempts: 1, failure: `at ${steps[index]}: ${failure}` })
    try {
      if ('call' in step) await run.call(step.call, step.args)
      else if ('reply' in step) await run.reply(step.reply)
      else if ('user' in step) await run.user(step.user)
      else await run.advance(step.silenceSecs)
    } catch (error) {
      if (error instanceof FlowError) return fail(error.message)
      throw error
    }
    const { arrives, ends } = step
    if (arrives !== undefined && run.currentNode !== arrives) {
      return fail(`the conversation is in '${run.currentNode}'${lastNews(run)}`)
    }
    if (ends === true && !run.hasEnded) return fail(`the conversation goes on in '${run.currentNode}'`)
  }
  return { steps, attempts: 1 }
}
