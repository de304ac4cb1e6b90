import { expect, test } from 'vitest'
import { announce, RecordingOutput, speech, unitEnd, word } from '../../test/recording-output.ts'
import { LLMContextAggregatorPair } from '../context/aggregator-pair.ts'
import { LLMContext } from '../context/llm-context.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import { LLMFullResponseEndFrame, LLMFullResponseStartFrame } from '../frames/llm.ts'
import { TTSStartedFrame, TTSStoppedFrame } from '../frames/speech.ts'
import { PlayoutReportFrame } from '../frames/transport.ts'
import type { Frame } from '../frames/frame.ts'
import { Pipeline } from '../pipeline/pipeline.ts'
import { PipelineTask } from '../pipeline/pipeline-task.ts'
import { TestClock } from '../testing/test-clock.ts'
import { createTestRuntime } from '../testing/test-runtime.ts'

async function start(leadSecs: number) {
  const clock = new TestClock()
  const context = new LLMContext([])
  const pair = new LLMContextAggregatorPair(context)
  const output = new RecordingOutput({ leadSecs })
  const task = new PipelineTask(
    new Pipeline([output, pair.assistant()]),
    { audioOutSampleRate: 24_000 },
    {
      defaultParts: false,
      idleTimeoutSecs: null,
      runtime: createTestRuntime(clock),
    },
  )
  void task.run()
  await clock.settle()
  const send = async (...frames: Frame[]): Promise<void> => {
    for (const frame of frames) await task.queueFrame(frame)
  }
  const said = (): unknown[] => context.messages.map((message) => ('content' in message ? message.content : undefined))
  return { clock, send, said }
}

const reply = (): Frame[] => [
  new LLMFullResponseStartFrame(),
  new TTSStartedFrame('a'),
  announce('It is ten past five.', 1, 'a', 'It is 17:10.'),
  speech(1500),
  unitEnd('It is ten past five.', 1, 'a', 'It is 17:10.'),
  announce('Shall I wake you?', 2),
  speech(1600),
  word('Shall', 1500, 2),
  word('I', 1900, 2),
  word('wake', 2100, 2),
  word('you', 2700, 2),
  unitEnd('Shall I wake you?', 2),
  new TTSStoppedFrame('a'),
  new LLMFullResponseEndFrame(),
]

test("a reply that was heard to its end is in the history in the model's own words", async () => {
  const { clock, send, said } = await start(0.2)
  await send(...reply())
  await clock.advance(5000)
  expect(said()).toEqual(['It is 17:10. Shall I wake you?'])
})

test('a reply that was cut is in the history up to the word that was heard', async () => {
  const { clock, send, said } = await start(0)
  await send(...reply())
  await clock.advance(2200)
  await send(new InterruptionFrame())
  await clock.advance(1000)
  expect(said()).toEqual(['It is 17:10. Shall I'])
})

test('the report of a player corrects the history afterwards', async () => {
  const { clock, send, said } = await start(0.8)
  await send(new PlayoutReportFrame(undefined, 0, false), ...reply())
  await clock.advance(2200)
  await send(new InterruptionFrame())
  expect(said()).toEqual(['It is 17:10. Shall I wake'])
  await clock.advance(100)
  await send(new PlayoutReportFrame('a', 2000, true))
  await clock.advance(1000)
  expect(said()).toEqual(['It is 17:10. Shall'])
})
