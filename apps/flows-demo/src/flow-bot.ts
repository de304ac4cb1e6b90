import { LLMContext, LLMContextAggregatorPair, PcError, Pipeline, PipelineTask } from '@pc/core'
import { FlowManager, type FlowManagerOptions, type FlowStore } from '@pc/flows'
import { type Bot, defineBot } from '@pc/runner'
import { SileroVADAnalyzer } from '@pc/vad-silero'
import { conversationOf } from './conversation-of.ts'
import type { ChooseServices } from './demo-services.ts'
import type { FlowDemo } from './flow-demo.ts'
import { pageInspector } from './page-inspector.ts'

/** What {@link flowBot} takes. */
export interface FlowBotOptions {
  readonly services: ChooseServices
  /** Keeps conversations whose `/start` had a `conversationId`. Default: none is kept. */
  readonly store?: FlowStore | undefined
}

/** Leads callers along the flow of a demo, by voice or by text, and shows their page where they are. */
export function flowBot(demo: FlowDemo, { services, store }: FlowBotOptions): Bot {
  return defineBot(async (session) => {
    const { transport, rtvi } = session
    const { stt, llm, tts, about } = await services((news) => rtvi.sendServerMessage(news))
    const aggregators = new LLMContextAggregatorPair(new LLMContext())
    const pipeline = new Pipeline([
      transport.input(),
      rtvi,
      new SileroVADAnalyzer({ stopSecs: 0.2 }),
      stt,
      aggregators.user,
      llm,
      tts,
      transport.output(),
      aggregators.assistant,
    ])
    const task = new PipelineTask(pipeline, { enableMetrics: true, enableUsageMetrics: true })
    const inspect = pageInspector(demo, (message) => rtvi.sendServerMessage(message))
    const conversation = conversationOf(demo, session.body)
    const options: FlowManagerOptions = {
      task,
      inspect,
      ...(store && conversation !== undefined && { store, conversationId: conversation }),
    }
    const manager = demo.team?.manage(options) ?? new FlowManager({ ...options, flow: demo.flow })
    rtvi.on('clientReady', async () => {
      rtvi.sendServerMessage(about)
      // For a page that was loaded anew; the first time there is nothing.
      inspect.resend()
      try {
        await manager.initialize()
      } catch (error) {
        rtvi.sendError(PcError.from(error), { fatal: true })
        await task.stopWhenDone()
      }
    })
    await session.run(task)
    await manager.saved()
  })
}
