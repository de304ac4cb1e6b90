import { LLMContext, LLMContextAggregatorPair, LLMRunFrame, Pipeline, PipelineTask } from '@pc/core'
import { defineBot } from '@pc/runner'
import { SileroVADAnalyzer } from '@pc/vad-silero'
import { greets } from './session-message.ts'
import { chooseServices } from './services.ts'
import { bookTable, checkTable, openingHours } from './tools.ts'

const role = `You are Luna, the host of Osteria Luna, a small Italian restaurant. You speak with callers, so answer in
one or two short sentences, without lists or symbols. Greet the caller, then help with opening hours and bookings.
Check that a table is free before you book it.`

/** The host of a restaurant, by voice or by text. It needs no key; keys bring the vendors in. */
export const bot = defineBot(async (session) => {
  const { transport, rtvi } = session
  const { stt, llm, tts, about } = await chooseServices(process.env, (news) => rtvi.sendServerMessage(news))
  const context = new LLMContext({
    messages: [{ role: 'system', content: role }],
    tools: [openingHours, checkTable, bookTable],
  })
  const aggregators = new LLMContextAggregatorPair(context)
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
  rtvi.on('clientReady', async () => {
    rtvi.sendServerMessage(about)
    if (greets(session.body)) await task.queueFrame(new LLMRunFrame())
  })
  await session.run(task)
})
