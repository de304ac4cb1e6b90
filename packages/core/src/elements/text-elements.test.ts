import { describe, expect, test } from 'vitest'
import type { Frame } from '../frames/frame.ts'
import { InputDTMFFrame, type KeypadEntry } from '../frames/transport.ts'
import { InterruptionFrame, StopFrame } from '../frames/lifecycle.ts'
import { LLMFullResponseEndFrame, LLMFullResponseStartFrame } from '../frames/llm.ts'
import {
  type AggregatedTextFrame,
  InterimTranscriptionFrame,
  LLMTextFrame,
  TextFrame,
  type TranscriptionFrame,
} from '../frames/text.ts'
import { BotStartedSpeakingFrame, BotStoppedSpeakingFrame } from '../frames/turn.ts'
import { defineProcessor } from '../processor/define-processor.ts'
import { SentenceAggregator } from '../text/sentence-aggregator.ts'
import { runTest } from '../testing/run-test.ts'
import { UserTurnProcessor } from '../turns/turn-processor.ts'
import { AlwaysUserMuteStrategy } from '../turns/user-mute-strategy.ts'
import { AsyncGeneratorProcessor } from './async-generator-processor.ts'
import { DTMFAggregator } from './dtmf-aggregator.ts'
import { LLMTextProcessor } from './llm-text-processor.ts'
import { StatelessTextTransformer } from './stateless-text-transformer.ts'

const told = (frames: readonly Frame[]): string[] =>
  frames.map((frame) => ('text' in frame && typeof frame.text === 'string' ? frame.text : frame.type))

describe('SentenceAggregator in a list', () => {
  test('makes sentences of pieces, drops interim transcripts, and sends the rest at the end', async () => {
    const frames = [
      new TextFrame('Hello th'),
      new InterimTranscriptionFrame('mumble'),
      new TextFrame('ere. How are'),
      new TextFrame(' you'),
    ]
    const { down } = await runTest(new SentenceAggregator(), { frames })
    expect(told(down)).toEqual(['Hello there.', 'How are you'])
  })

  test('the rest of a response goes ahead of its end; an interruption forgets it', async () => {
    const { down } = await runTest(new SentenceAggregator(), {
      frames: [
        new LLMTextFrame('Lost'),
        new InterruptionFrame(),
        new LLMTextFrame('Kept'),
        new LLMFullResponseEndFrame(),
      ],
    })
    expect(told(down)).toEqual(['Kept', 'LLMFullResponseEndFrame'])
  })
})

test('StatelessTextTransformer changes text and nothing else, and keeps the order', async () => {
  const shout = new StatelessTextTransformer(async (text) => text.toUpperCase())
  const { down } = await runTest(shout, {
    frames: [new LLMTextFrame('a', { skipTts: true }), new LLMFullResponseEndFrame(), new TextFrame('b')],
  })
  expect(told(down)).toEqual(['A', 'LLMFullResponseEndFrame', 'B'])
  expect(down[0]).toMatchObject({ type: 'LLMTextFrame', skipTts: true })
})

test('LLMTextProcessor cuts a response into units, keeps skipTts and forgets what an interruption cuts', async () => {
  const { down } = await runTest(new LLMTextProcessor(), {
    frames: [
      new LLMTextFrame('Lost'),
      new InterruptionFrame(),
      new LLMFullResponseStartFrame(),
      new LLMTextFrame('One. Tw', { skipTts: true }),
      new LLMTextFrame('o.', { skipTts: true }),
      new LLMFullResponseEndFrame(),
      new LLMTextFrame('Rest'),
    ],
  })
  expect(told(down)).toEqual(['LLMFullResponseStartFrame', 'One.', 'Two.', 'LLMFullResponseEndFrame', 'Rest'])
  expect(down[2] as AggregatedTextFrame).toMatchObject({ type: 'AggregatedTextFrame', skipTts: true })
})

describe('DTMFAggregator', () => {
  const keys = (...all: KeypadEntry[]): Frame[] => all.map((key) => new InputDTMFFrame(key))

  test('makes one finalized transcript of keys, at the ending key or after a pause, behind the keys themselves', async () => {
    const { down, task } = await runTest(new DTMFAggregator(), {
      frames: [...keys('1', '2', '#'), ...keys('3'), { pauseMs: 1900 }, ...keys('4'), { pauseMs: 2100 }, ...keys('5')],
    })
    expect(told(down)).toEqual([
      ...Array<string>(3).fill('InputDTMFFrame'),
      'DTMF: 12#',
      ...Array<string>(2).fill('InputDTMFFrame'),
      'DTMF: 34',
      'InputDTMFFrame',
      'DTMF: 5',
    ])
    expect(down[3] as TranscriptionFrame).toMatchObject({ finalized: true, timestamp: '2026-01-01T00:00:00.000Z' })
    expect(task.counters.interruptions).toBe(3)
  })

  test('takes another ending key, prefix and pause', async () => {
    const aggregator = new DTMFAggregator({ terminationDigit: '*', prefix: '', timeoutSecs: 1 })
    const { down } = await runTest(aggregator, { frames: [...keys('#', '*'), ...keys('7'), { pauseMs: 1000 }] })
    expect(told(down).filter((text) => text !== 'InputDTMFFrame')).toEqual(['#*', '7'])
  })
})

describe('the keys of a telephone', () => {
  const key = (button: KeypadEntry): Frame => new InputDTMFFrame(button)

  test('interrupt nobody where the pipeline does not allow it, nor while the user is muted', async () => {
    const notAllowed = await runTest(new DTMFAggregator(), {
      frames: [key('1'), key('#')],
      params: { allowInterruptions: false },
    })
    expect(notAllowed.task.counters.interruptions).toBe(0)
    const turns = new UserTurnProcessor({ userMuteStrategies: [new AlwaysUserMuteStrategy()] })
    const agent = defineProcessor({
      name: 'agent',
      on: {
        TextFrame(frame, ctx) {
          ctx.push(frame.text === 'speaks' ? new BotStartedSpeakingFrame() : new BotStoppedSpeakingFrame(), 'upstream')
        },
      },
    })
    const { task, clock, down } = await runTest([new DTMFAggregator(), turns, agent], {
      frames: [new TextFrame('speaks'), key('1'), key('#')],
      end: false,
    })
    expect(task.counters.interruptions).toBe(0)
    await task.queueFrames([new TextFrame('is silent'), key('2'), key('#')])
    expect(task.counters.interruptions).toBeGreaterThan(0)
    expect(told(down).filter((text) => text.startsWith('DTMF'))).toEqual(['DTMF: 2#'])
    void task.cancel()
    await clock.advanceUntil(() => task.hasFinished())
  })

  test('that were typed when the task is stopped are not lost', async () => {
    const { down, task, clock } = await runTest(new DTMFAggregator(), {
      frames: [key('7'), new StopFrame()],
      end: false,
    })
    await clock.advanceUntil(() => task.hasFinished())
    expect(told(down)).toContain('DTMF: 7')
    expect(clock.pending).toBe(0)
  })
})

describe('AsyncGeneratorProcessor', () => {
  const all = async (messages: AsyncIterable<string | Uint8Array>): Promise<(string | Uint8Array)[]> => {
    const read: (string | Uint8Array)[] = []
    for await (const message of messages) read.push(message)
    return read
  }
  const serializer = {
    serialize: (frame: Frame): string | undefined =>
      frame.type === 'TextFrame' ? (frame as TextFrame).text : undefined,
  }

  test('gives the frames that pass to its reader until the end', async () => {
    const tap = new AsyncGeneratorProcessor({ serializer })
    const read = all(tap.generator())
    const { down } = await runTest(tap, {
      frames: [new TextFrame('a'), { pauseMs: 10 }, new TextFrame('b'), new LLMTextFrame('not this')],
    })
    expect([await read, told(down)]).toEqual([
      ['a', 'b'],
      ['a', 'b', 'not this'],
    ])
  })

  test('ends its reader at a cancel, and keeps no more than it can hold when nobody reads', async () => {
    const tap = new AsyncGeneratorProcessor({ serializer })
    const frames = Array.from({ length: 1003 }, (_, index) => new TextFrame(String(index)))
    const { task } = await runTest(tap, { frames, end: false })
    await task.cancel()
    const read = await all(tap.generator())
    expect([read.length, read[0], read.at(-1)]).toEqual([1000, '3', '1002'])
  })
})
