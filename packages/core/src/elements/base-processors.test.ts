import { describe, expect, test } from 'vitest'
import { LLMContextAggregatorPair } from '../context/aggregator-pair.ts'
import { LLMContext } from '../context/llm-context.ts'
import { messageText } from '../context/messages.ts'
import { InputAudioRawFrame, OutputAudioRawFrame, TTSAudioRawFrame } from '../frames/audio.ts'
import type { Frame, FrameDirection } from '../frames/frame.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import { LLMContextFrame, LLMMessagesFrame, LLMRunFrame } from '../frames/llm.ts'
import { LLMTextFrame, TextFrame } from '../frames/text.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { runTest } from '../testing/run-test.ts'
import type { AudioFrame } from '../frames/message-frames.ts'
import { AudioProcessor } from './audio-processor.ts'
import { LLMProcessor } from './llm-processor.ts'

const told = (frames: readonly Frame[]): string[] =>
  frames.map((frame) =>
    'text' in frame && typeof frame.text === 'string' ? frame.text : frame.type.replace(/LLMFullResponse|Frame/g, ''),
  )
const messages = [{ role: 'user', content: 'Hi' }] as const

describe('AudioProcessor', () => {
  test('gets every kind of audio and changes it by what it returns; everything else passes', async () => {
    class Louder extends AudioProcessor {
      override processAudio(frame: AudioFrame): AudioFrame {
        return frame.with({ audio: frame.audio.map((sample) => sample * 2) })
      }
    }
    const audio = new Int16Array([1])
    const { down } = await runTest(new Louder(), {
      frames: [
        new InputAudioRawFrame(audio, 8000),
        new OutputAudioRawFrame(audio, 8000),
        new TTSAudioRawFrame(audio, 8000, 1, 'x'),
        new TextFrame('passes'),
      ],
    })
    expect(down).toMatchObject([
      { type: 'InputAudioRawFrame', audio: new Int16Array([2]) },
      { type: 'OutputAudioRawFrame', audio: new Int16Array([2]) },
      { type: 'TTSAudioRawFrame', audio: new Int16Array([2]), contextId: 'x' },
      { text: 'passes' },
    ])
  })

  test('may push by itself as the guide shows, and without an override lets audio pass', async () => {
    class Twice extends AudioProcessor {
      override processAudio(frame: AudioFrame, direction: FrameDirection): void {
        this.pushFrame(frame, direction)
        this.pushFrame(frame, direction)
      }
    }
    const frames = [new OutputAudioRawFrame(new Int16Array(1), 8000)]
    expect((await runTest(new Twice(), { frames })).down).toHaveLength(2)
    expect((await runTest(new AudioProcessor(), { frames })).down).toEqual(frames)
  })
})

describe('LLMProcessor', () => {
  class Repeat extends LLMProcessor {
    override async *processLLMMessages(frame: LLMMessagesFrame): AsyncIterable<Frame> {
      const last = frame.messages.at(-1)
      yield new LLMTextFrame('You said: ')
      yield new LLMTextFrame(last !== undefined && 'role' in last ? messageText(last) : '')
    }
  }

  test('answers messages and contexts from both sides downstream, within a response', async () => {
    const answer = ['Start', 'You said: ', 'Hi', 'End']
    const frames = [new LLMMessagesFrame(messages)]
    expect(told((await runTest(new Repeat(), { frames })).down)).toEqual(answer)
    const context = [new LLMContextFrame(new LLMContext({ messages }))]
    expect(told((await runTest(new Repeat(), { frames: context })).down)).toEqual(answer)
    expect(told((await runTest(new Repeat(), { frames: context, direction: 'upstream' })).down)).toEqual(answer)
  })

  test('its answer is remembered by aggregators around it', async () => {
    const pair = new LLMContextAggregatorPair(new LLMContext({ messages }))
    await runTest([pair.user, new Repeat(), pair.assistant], { frames: [new LLMRunFrame()] })
    expect(pair.assistant().context.messages.at(-1)).toEqual({ role: 'assistant', content: 'You said: Hi' })
  })

  test('may push by itself, and an error ends the response and is reported', async () => {
    class Broken extends LLMProcessor {
      override async processLLMMessages(_frame: LLMMessagesFrame, direction: FrameDirection): Promise<void> {
        this.pushFrame(new TextFrame('I beg '), direction)
        throw new Error('out of order')
      }
    }
    const { down, up } = await runTest(new Broken(), { frames: [new LLMMessagesFrame(messages)] })
    expect([told(down), up.map(({ type }) => type)]).toEqual([['Start', 'I beg ', 'End'], ['ErrorFrame']])
  })

  test('an interruption cuts the answer at once, though it waits for nothing', async () => {
    class Stuck extends LLMProcessor {
      override async *processLLMMessages(
        _: LLMMessagesFrame,
        _d: FrameDirection,
        _c: FrameContext,
      ): AsyncIterable<Frame> {
        yield new LLMTextFrame('One')
        await new Promise<void>(() => {})
      }
    }
    const { down, task } = await runTest(new Stuck(), {
      frames: [new LLMMessagesFrame(messages), new InterruptionFrame(), new TextFrame('next')],
    })
    expect([told(down), task.counters.detached]).toEqual([['Start', 'One', 'next'], 0])
  })
})
