import { expect, test } from 'vitest'
import { LLMContext } from '../context/llm-context.ts'
import { TTSAudioRawFrame } from '../frames/audio.ts'
import type { Frame } from '../frames/frame.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import { LLMContextFrame, LLMMessagesAppendFrame } from '../frames/llm.ts'
import { TTSSpeakFrame, TTSStartedFrame } from '../frames/speech.ts'
import { LLMTextFrame, TranscriptionFrame } from '../frames/text.ts'
import {
  BotStartedSpeakingFrame,
  UserTurnInferenceFrame,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '../frames/turn.ts'
import { defineProcessor } from '../processor/define-processor.ts'
import type { Pause } from '../testing/run-test.ts'
import { runTest } from '../testing/run-test.ts'
import { LatencyObserver, type ReplyLatency } from './latency-observer.ts'

const pause = (pauseMs: number): Pause => ({ pauseMs })
const audio = (): Frame => new TTSAudioRawFrame(new Int16Array(480), 24_000, 1, 'c')

/** From the request to the model to the first sound. */
const answer = (): (Frame | Pause)[] => [
  new LLMContextFrame(new LLMContext()),
  pause(300),
  new LLMTextFrame('Sure.'),
  pause(40),
  new TTSStartedFrame('c'),
  pause(100),
  audio(),
  audio(),
  pause(10),
  new BotStartedSpeakingFrame(),
]

async function measure(frames: readonly (Frame | Pause)[]): Promise<ReplyLatency[]> {
  const observer = new LatencyObserver()
  const seen: ReplyLatency[] = []
  observer.eventHandler('on_latency', (latency) => seen.push(latency))
  const [first, second] = ['first', 'second'].map((name) => defineProcessor({ name, on: {} }))
  await runTest([first!, second!], { frames, observers: [observer] })
  return seen
}

test('a spoken reply is measured from the last sound of the user, stage by stage', async () => {
  const seen = await measure([
    new VADUserStartedSpeakingFrame(0.2, 0),
    pause(1000),
    new VADUserStoppedSpeakingFrame(0.2, 1000),
    pause(150),
    new TranscriptionFrame('hello'),
    pause(250),
    new UserTurnInferenceFrame(),
    ...answer(),
  ])
  expect(seen).toEqual([
    {
      turn: 1,
      typed: false,
      stages: { turnEndMs: 600, sttMs: 350, llmMs: 300, sentenceMs: 40, ttsMs: 100 },
      totalMs: 1050,
    },
  ])
})

test('a typed message is measured from the moment it came in', async () => {
  const typed = new LLMMessagesAppendFrame([{ role: 'user', content: 'hello' }], { runLlm: true })
  const seen = await measure([typed, pause(5), ...answer()])
  expect(seen).toEqual([{ turn: 1, typed: true, stages: { llmMs: 300, sentenceMs: 40, ttsMs: 100 }, totalMs: 455 }])
})

test('a user who goes on speaking is measured from the end of what came last', async () => {
  const seen = await measure([
    new VADUserStoppedSpeakingFrame(0.2, 0),
    pause(500),
    new VADUserStartedSpeakingFrame(0.2, 500),
    pause(1000),
    new VADUserStoppedSpeakingFrame(0.2, 1500),
    pause(100),
    new UserTurnInferenceFrame(),
    ...answer(),
  ])
  expect(seen).toMatchObject([{ stages: { turnEndMs: 300 }, totalMs: 750 }])
})

test('a reply that is interrupted before it is heard is not measured, and the next one is', async () => {
  const seen = await measure([
    new UserTurnInferenceFrame(),
    new LLMContextFrame(new LLMContext()),
    new InterruptionFrame(),
    new BotStartedSpeakingFrame(),
    new UserTurnInferenceFrame(),
    ...answer(),
  ])
  expect(seen).toMatchObject([{ turn: 2 }])
})

test('speech that answers nobody is not measured', async () => {
  const seen = await measure([new TTSSpeakFrame('Welcome!'), ...answer()])
  expect(seen).toEqual([])
})

test('a transcript without voice activity starts the measurement', async () => {
  const seen = await measure([new TranscriptionFrame('hello'), pause(20), new UserTurnInferenceFrame(), ...answer()])
  expect(seen).toMatchObject([{ totalMs: 470 }])
  expect(seen[0]?.stages).not.toHaveProperty('turnEndMs')
})
