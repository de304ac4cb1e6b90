import { describe, expect, it } from 'vitest'
import { InputAudioRawFrame } from '../frames/audio.ts'
import { ErrorFrame, STTMetadataFrame } from '../frames/control.ts'
import type { AnyFrame, Frame } from '../frames/frame.ts'
import { CancelFrame, StopFrame } from '../frames/lifecycle.ts'
import { LLMMessagesAppendFrame } from '../frames/llm.ts'
import { InterimTranscriptionFrame, TextFrame, TranscriptionFrame } from '../frames/text.ts'
import {
  FunctionCallCancelFrame,
  FunctionCallInProgressFrame,
  FunctionCallResultFrame,
  FunctionCallsStartedFrame,
} from '../frames/tool.ts'
import {
  BotStartedSpeakingFrame,
  BotStoppedSpeakingFrame,
  UserIdleTimeoutUpdateFrame,
  UserSpeakingFrame,
  UserStartedSpeakingFrame,
  UserStoppedSpeakingFrame,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '../frames/turn.ts'
import { defineProcessor } from '../processor/define-processor.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import { sleep } from '../runtime/clock.ts'
import { type Pause, runTest, type RunTestOptions } from '../testing/run-test.ts'
import { MinWordsUserTurnStartStrategy } from './min-words-user-turn-start-strategy.ts'
import { UserTurnProcessor } from './turn-processor.ts'
import type { UserTurnProcessorOptions } from './turn-processor-options.ts'
import type { TurnStopStrategy, TurnStrategyAttachment, TurnStrategyHost } from './turn-strategy.ts'
import { VADUserTurnStartStrategy } from './vad-user-turn-start-strategy.ts'
import { WakePhraseUserTurnStartStrategy } from './wake-phrase-user-turn-start-strategy.ts'

const pause = (pauseMs: number): Pause => ({ pauseMs })
const voice = (): Frame => new VADUserStartedSpeakingFrame(0.2)
const silence = (): Frame => new VADUserStoppedSpeakingFrame(0.2)
const final = (text: string): Frame => new TranscriptionFrame(text, 'user', '', { finalized: true })
const piece = (text: string): Frame => new TranscriptionFrame(text)

const types = (frames: readonly Frame[]): string[] => frames.map((frame) => frame.type)

/** The names and times of a processor's turn events, milliseconds of test time. */
function eventsOf(turns: UserTurnProcessor): string[] {
  const seen: string[] = []
  const note = (name: string) => () => seen.push(`${name}@${turns.runtime.clock.nowMs()}`)
  turns.on('userTurnStarted', note('started'))
  turns.on('userTurnInferenceTriggered', note('inference'))
  turns.on('userTurnStopped', note('stopped'))
  turns.on('userTurnStopTimeout', note('timeout'))
  return seen
}

async function turnsOf(
  frames: RunTestOptions['frames'],
  options: UserTurnProcessorOptions = {},
): Promise<{ turns: string[]; down: readonly Frame[]; up: readonly Frame[] }> {
  const processor = new UserTurnProcessor(options)
  const turns = eventsOf(processor)
  const { down, up } = await runTest(processor, { frames })
  return { turns, down, up }
}

describe('UserTurnProcessor', () => {
  it('announces a turn both ways and passes the words on for an answer behind the transcript', async () => {
    const { down, up, turns } = await turnsOf([voice(), pause(900), silence(), pause(100), final('Hello.'), pause(600)])
    expect(types(down)).toEqual([
      'VADUserStartedSpeakingFrame',
      'UserStartedSpeakingFrame',
      'VADUserStoppedSpeakingFrame',
      'TranscriptionFrame',
      'UserTurnInferenceFrame',
      'UserStoppedSpeakingFrame',
    ])
    expect(types(up)).toEqual(['UserStartedSpeakingFrame', 'UserStoppedSpeakingFrame'])
    expect(down[4]).toMatchObject({ turn: 1 })
    expect(turns).toEqual(['started@0', 'inference@1500', 'stopped@1500'])
  })

  it('tells which strategy decided', async () => {
    const processor = new UserTurnProcessor()
    const seen: unknown[] = []
    processor.on('userTurnStarted', (turn) => seen.push(turn))
    processor.eventHandler('on_user_turn_stopped', (turn) => seen.push(turn))
    await runTest(processor, { frames: [final('Hello.'), pause(600), voice(), silence(), pause(5000)] })
    expect(seen).toEqual([
      { turn: 1, strategy: 'TranscriptionUserTurnStartStrategy' },
      { turn: 1, strategy: 'SpeechTimeoutUserTurnStopStrategy' },
      { turn: 2, strategy: 'VADUserTurnStartStrategy' },
      { turn: 2, strategy: undefined },
    ])
  })

  it('sends a transcript on before the turn that it starts', async () => {
    const { down } = await turnsOf([final('Hello.')])
    expect(types(down).slice(0, 2)).toEqual(['TranscriptionFrame', 'UserStartedSpeakingFrame'])
  })

  it('takes no typed message for a turn', async () => {
    const { down, up } = await turnsOf([
      new LLMMessagesAppendFrame([{ role: 'user', content: 'Hello' }], { runLlm: true }),
      pause(10_000),
    ])
    expect([types(down), types(up)]).toEqual([['LLMMessagesAppendFrame'], []])
  })

  describe('at the beginning of a turn', () => {
    /** What comes of a reply that takes 1 s, when the user begins after 0.5 s. */
    async function reply(
      start: Frame,
      options: Pick<RunTestOptions, 'params'> & UserTurnProcessorOptions = {},
    ): Promise<{ down: string[]; order: string[] }> {
      const { params = {}, ...rest } = options
      const order: string[] = []
      const slow = defineProcessor({
        name: 'model',
        onInterruption: () => void order.push('interrupted'),
        on: {
          UserStartedSpeakingFrame: (frame) => {
            order.push('announced')
            return frame
          },
          TextFrame: async (frame, ctx) => {
            await sleep(ctx.runtime.clock, 1000, ctx.signal)
            return frame
          },
        },
      })
      const { down } = await runTest([new UserTurnProcessor(rest), slow], {
        frames: [new TextFrame('the reply'), pause(500), start, pause(1000)],
        params,
      })
      return { down: types(down), order }
    }

    it.each([
      ['voice', voice()],
      ['a transcript', final('Stop.')],
      ['an interim transcript', new InterimTranscriptionFrame('Stop')],
    ])('interrupts the agent on %s, after the announcement', async (_what, start) => {
      const { down, order } = await reply(start)
      expect(down).not.toContain('TextFrame')
      expect(order).toEqual(['announced', 'interrupted'])
    })

    it('does not interrupt where the pipeline does not allow it', async () => {
      const { down, order } = await reply(voice(), { params: { allowInterruptions: false } })
      expect(down).toEqual(expect.arrayContaining(['UserStartedSpeakingFrame', 'TextFrame']))
      expect(order).toEqual(['announced'])
    })

    it('does not interrupt for a strategy that is not to', async () => {
      const start = [new VADUserTurnStartStrategy({ enableInterruptions: false })]
      const { down, order } = await reply(voice(), { userTurnStrategies: { start } })
      expect(down).toEqual(expect.arrayContaining(['UserStartedSpeakingFrame', 'TextFrame']))
      expect(order).toEqual(['announced'])
    })

    it('keeps transcripts and what was committed, though they wait behind a busy processor', async () => {
      const busy = defineProcessor({
        name: 'busy',
        on: {
          TranscriptionFrame: async (frame, ctx) => {
            await sleep(ctx.runtime.clock, 2000)
            return frame
          },
        },
      })
      const { down } = await runTest([new UserTurnProcessor(), busy], {
        frames: [final('One.'), pause(600), voice(), silence(), final('Two.'), pause(700), pause(4000)],
      })
      const ordered = types(down).filter((type) => type === 'TranscriptionFrame' || type === 'UserTurnInferenceFrame')
      expect(ordered).toEqual([
        'TranscriptionFrame',
        'UserTurnInferenceFrame',
        'TranscriptionFrame',
        'UserTurnInferenceFrame',
      ])
    })
  })

  it('does not let a transcript that comes after a turn end the next one early', async () => {
    const { turns } = await turnsOf(
      [
        voice(),
        silence(),
        final('Hello.'),
        pause(1000),
        piece('Late.'),
        voice(),
        silence(),
        pause(2000),
        final('More.'),
      ],
      { userTurnStrategies: { start: [new VADUserTurnStartStrategy()] } },
    )
    expect(turns).toEqual([
      'started@0',
      'inference@600',
      'stopped@600',
      'started@1000',
      'inference@3000',
      'stopped@3000',
    ])
  })

  it('yields one inference for several finalized pieces of an utterance whose turn a transcript started', async () => {
    const { turns } = await turnsOf([
      final('I would'),
      pause(400),
      final('like'),
      pause(400),
      final('tea.'),
      pause(3000),
    ])
    expect(turns).toEqual(['started@0', 'inference@1400', 'stopped@1400'])
  })

  it('waits as long for the recogniser as its metadata say', async () => {
    const scene = [voice(), piece('Hello.'), silence(), pause(3000)]
    expect((await turnsOf(scene)).turns[1]).toBe('inference@800')
    expect((await turnsOf([new STTMetadataFrame('quick', 0.35), ...scene])).turns[1]).toBe('inference@600')
    expect((await turnsOf([new STTMetadataFrame('slow', 2.2), ...scene])).turns[1]).toBe('inference@2000')
  })

  it('never times out while the user is speaking, be it by turn frames of another part', async () => {
    const { turns } = await turnsOf([
      piece('Well'),
      new UserStartedSpeakingFrame(),
      pause(20_000),
      new UserStoppedSpeakingFrame(),
      pause(10_000),
    ])
    expect(turns).toEqual(['started@0', 'inference@21000', 'stopped@21000'])
    const spoken = await turnsOf([
      voice(),
      ...Array.from({ length: 60 }, () => [pause(1000), new UserSpeakingFrame()]).flat(),
    ])
    expect(spoken.turns).toEqual(['started@0', 'stopped@60000'])
  })

  it('follows its options', async () => {
    const scene = [voice(), silence(), final('Hello.'), pause(3000), voice(), silence(), pause(9000)]
    expect((await turnsOf(scene)).turns).toEqual([
      'started@0',
      'inference@600',
      'stopped@600',
      'started@3000',
      'timeout@8000',
      'inference@8000',
      'stopped@8000',
    ])
    const patient = await turnsOf(scene, { userSpeechTimeoutSecs: 1.2, userTurnStopTimeoutSecs: 7 })
    expect(patient.turns).toEqual([
      'started@0',
      'inference@1200',
      'stopped@1200',
      'started@3000',
      'timeout@10000',
      'inference@10000',
      'stopped@10000',
    ])
    expect(() => new UserTurnProcessor({ userTurnStopTimeoutSecs: 0 })).toThrow('userTurnStopTimeoutSecs is 0')
    expect(() => new UserTurnProcessor({ userSpeechTimeoutSecs: Number.NaN })).toThrow('userSpeechTimeoutSecs is NaN')
  })

  it('does not let words below the threshold leak into the next message', async () => {
    const messages: string[] = []
    let words: string[] = []
    const aggregator = defineProcessor({
      name: 'aggregator',
      on: {
        TranscriptionFrame: (frame) => void words.push(frame.text),
        UserTurnInferenceFrame: () => {
          messages.push(words.join(' '))
          words = []
        },
      },
    })
    const turns = new UserTurnProcessor({
      userTurnStrategies: { start: [new MinWordsUserTurnStartStrategy({ minWords: 3 })] },
    })
    await runTest([turns, aggregator], {
      frames: [
        new BotStartedSpeakingFrame(),
        final('Uh-huh.'),
        pause(3000),
        final('No, stop there.'),
        pause(3000),
        new BotStoppedSpeakingFrame(),
        final('Why?'),
        pause(3000),
      ],
    })
    expect(messages).toEqual(['No, stop there.', 'Why?'])
  })

  it('hears of calls that begin and settle, and not of intermediate results', async () => {
    const heard: string[] = []
    const processor = new UserTurnProcessor()
    processor.on('turnEvent', (event) => heard.push(event.type))
    const call = { functionName: 'f', toolCallId: 'a', arguments: {} }
    await runTest(processor, {
      frames: [
        new FunctionCallsStartedFrame([]),
        new FunctionCallInProgressFrame(call, { background: true }),
        new FunctionCallResultFrame(call, 'half', { isFinal: false }),
        new FunctionCallResultFrame(call, 'all'),
        new FunctionCallCancelFrame('f', 'unknown'),
      ],
    })
    expect(heard).toEqual(['started', 'toolCallsStarted', 'toolCallSettled', 'toolCallSettled', 'ended'])
  })

  it('finishes what it does about one decision before it acts on the next', async () => {
    const hasty: FrameProcessor = defineProcessor({
      name: 'hasty',
      on: { UserTurnInferenceFrame: (_frame, ctx) => ctx.push(voice(), 'upstream') },
    })
    const { up } = await runTest([new UserTurnProcessor(), hasty], { frames: [final('Hello.'), pause(600)] })
    expect(types(up)).toEqual([
      'UserStartedSpeakingFrame',
      'VADUserStartedSpeakingFrame',
      'UserStoppedSpeakingFrame',
      'UserStartedSpeakingFrame',
      'UserStoppedSpeakingFrame',
    ])
  })

  describe('at the end of the session', () => {
    it('closes an open turn without asking for an answer, and leaves no timer behind', async () => {
      const processor = new UserTurnProcessor()
      const turns = eventsOf(processor)
      const { down, clock } = await runTest(processor, { frames: [voice(), final('Bye'), pause(100)] })
      expect(turns).toEqual(['started@0', 'stopped@100'])
      expect(types(down)).not.toContain('UserTurnInferenceFrame')
      expect(clock.pending).toBe(0)
      expect(processor.turnState).toEqual({ status: 'ended' })
    })

    it.each([
      ['stop', new StopFrame()],
      ['cancel', new CancelFrame()],
    ])('does so on a %s too', async (_what, frame) => {
      const processor = new UserTurnProcessor()
      const turns = eventsOf(processor)
      const { clock, task } = await runTest(processor, { frames: [voice(), pause(100), frame], end: false })
      await clock.advanceUntil(() => task.hasFinished())
      expect(turns).toEqual(['started@0', 'stopped@100'])
      expect(clock.pending).toBe(0)
    })
  })

  describe('a turn that is too long', () => {
    const monologue = [voice(), final('I say,'), pause(20_000)]

    it('is told, and goes on', async () => {
      const processor = new UserTurnProcessor({ maxUserTurnSecs: 10 })
      const limits: unknown[] = []
      processor.on('userTurnLimit', (turn) => limits.push(turn))
      const turns = eventsOf(processor)
      await runTest(processor, { frames: monologue })
      expect(limits).toEqual([{ turn: 1, strategy: undefined }])
      expect(turns).toEqual(['started@0', 'stopped@20000'])
    })

    it('can make the agent cut in and answer what it heard', async () => {
      const { down, turns } = await turnsOf(monologue, { maxUserTurnSecs: 10, cutInText: 'May I?' })
      expect(types(down)).toEqual([
        'VADUserStartedSpeakingFrame',
        'UserStartedSpeakingFrame',
        'TranscriptionFrame',
        'TTSSpeakFrame',
        'UserTurnInferenceFrame',
        'UserStoppedSpeakingFrame',
        'UserStartedSpeakingFrame',
        'UserStoppedSpeakingFrame',
      ])
      expect(turns).toEqual(['started@0', 'inference@10000', 'stopped@10000', 'started@15000', 'stopped@20000'])
    })

    it('needs a limit', () => {
      expect(() => new UserTurnProcessor({ cutInText: 'May I?' })).toThrow('set maxUserTurnSecs too')
    })

    it('can be another while the session runs, and none', async () => {
      const processor = new UserTurnProcessor()
      const limits: number[] = []
      processor.on('userTurnLimit', () => limits.push(processor.runtime.clock.nowMs()))
      const { task, clock, down } = await runTest(processor, { frames: [voice()], end: false })
      await clock.advance(20_000)
      await task.queueFrame(silence())
      await clock.advance(10_000)
      expect(limits).toEqual([])
      processor.updatePolicies({ maxUserTurnSecs: 10, cutInText: 'May I?' })
      await task.queueFrame(voice())
      await clock.advance(10_000)
      expect(limits).toEqual([40_000])
      expect(down.filter((frame) => frame.type === 'TTSSpeakFrame')).toMatchObject([{ text: 'May I?' }])
      await task.queueFrame(silence())
      await clock.advance(10_000)
      processor.updatePolicies({ cutInText: false })
      await task.queueFrame(voice())
      await clock.advance(5000)
      processor.updatePolicies({ maxUserTurnSecs: false })
      await clock.advance(15_000)
      expect(limits).toEqual([40_000])
      expect(() => processor.updatePolicies({ maxUserTurnSecs: 0 })).toThrow('maxUserTurnSecs is 0')
      void task.cancel()
      await clock.advanceUntil(() => task.hasFinished())
      expect(clock.pending).toBe(0)
    })
  })

  it('tells of a user who says nothing after the agent, by a time that can be changed', async () => {
    const processor = new UserTurnProcessor({ userIdleTimeoutSecs: 5 })
    const idle: number[] = []
    processor.on('userTurnIdle', () => idle.push(processor.runtime.clock.nowMs()))
    const speech = [new BotStartedSpeakingFrame(), pause(1000), new BotStoppedSpeakingFrame(), pause(9000)]
    const { down } = await runTest(processor, { frames: [...speech, new UserIdleTimeoutUpdateFrame(2), ...speech] })
    expect(idle).toEqual([6000, 13_000])
    expect(types(down)).toContain('UserIdleTimeoutUpdateFrame')
  })

  it('tells of its wake phrase', async () => {
    const start = [new WakePhraseUserTurnStartStrategy({ phrases: ['Hey, Robot'] }), new VADUserTurnStartStrategy()]
    const processor = new UserTurnProcessor({ userTurnStrategies: { start } })
    const seen: unknown[] = []
    processor.on('wakePhraseDetected', (phrase) => seen.push(phrase))
    processor.eventHandler('on_wake_phrase_timeout', () => seen.push('timeout'))
    const { down } = await runTest(processor, { frames: [final('Well?'), final('hey robot!'), pause(20_000)] })
    expect(seen).toEqual(['Hey, Robot', 'timeout'])
    expect(down.filter((frame) => frame instanceof TranscriptionFrame).map(({ text }) => text)).toEqual(['hey robot!'])
  })

  it('announces a turn once even when there are two turn processors in the pipeline', async () => {
    const second = new UserTurnProcessor({ name: 'second' })
    const { down, up } = await runTest([new UserTurnProcessor(), second], {
      frames: [voice(), pause(100), silence(), final('Hello.'), pause(600)],
    })
    const all = [...types(down), ...types(up)]
    const count = (type: string): number => all.filter((other) => other === type).length
    expect(count('UserStartedSpeakingFrame')).toBe(2)
    expect(count('UserStoppedSpeakingFrame')).toBe(2)
    expect(count('UserTurnInferenceFrame')).toBe(1)
    expect(count('TranscriptionFrame')).toBe(1)
  })

  describe('with a strategy that has an attached part', () => {
    /** Listens to the audio and takes 300 ms to judge it once voice ends. */
    class Judge implements TurnStopStrategy {
      readonly name = 'judge'
      samples = 0
      closed = 0
      initial(): undefined {}
      on: TurnStopStrategy['on'] = (state, event) =>
        event.type === 'verdict' && event.complete ? { state, decision: 'commitAndStop' } : { state }
      async attach(host: TurnStrategyHost): Promise<TurnStrategyAttachment> {
        return {
          onFrame: (frame: AnyFrame) => {
            if (frame.type === 'InputAudioRawFrame') this.samples += frame.audio.length
            if (frame.type !== 'VADUserStoppedSpeakingFrame') return
            host.runtime.clock.setTimeout(
              () => host.dispatch({ type: 'verdict', strategy: this.name, complete: true }),
              300,
            )
          },
          close: () => void this.closed++,
        }
      }
    }

    it('ends the turn as soon as the verdict lands, and drops one that lands while the user speaks again', async () => {
      const judge = new Judge()
      const { turns } = await turnsOf(
        [
          voice(),
          new InputAudioRawFrame(new Int16Array(320), 16_000),
          silence(),
          pause(100),
          voice(),
          pause(1000),
          silence(),
          pause(1000),
        ],
        { userTurnStrategies: { stop: [judge] } },
      )
      expect(turns).toEqual(['started@0', 'inference@1400', 'stopped@1400'])
      expect(judge.samples).toBe(320)
      expect(judge.closed).toBe(1)
    })

    it('goes on without a part that fails, and says so once', async () => {
      const judge = new Judge()
      judge.attach = async () => ({
        onFrame: () => {
          throw new Error('the model is gone')
        },
      })
      const absent: TurnStopStrategy = {
        name: 'absent',
        initial: () => undefined,
        on: (state) => ({ state }),
        attach: () => Promise.reject(new Error('no such model')),
      }
      const { turns, down, up } = await turnsOf([voice(), silence(), final('Hello.'), pause(6000)], {
        userTurnStrategies: { stop: [judge, absent] },
      })
      expect(turns).toEqual(['started@0', 'timeout@5000', 'inference@5000', 'stopped@5000'])
      expect(types(down)).toContain('TranscriptionFrame')
      const messages = up.filter((frame) => frame instanceof ErrorFrame).map((frame) => frame.error.message)
      expect(messages).toEqual([
        'TurnProcessor: absent failed and is passed over where it does: no such model.',
        'TurnProcessor: judge failed and is passed over where it does: the model is gone.',
      ])
    })
  })

  it('loses no transcript to a strategy that throws, and says so once', async () => {
    const broken: TurnStopStrategy = {
      name: 'broken',
      initial: () => undefined,
      on: () => {
        throw new Error('no idea')
      },
    }
    const { turns, down, up } = await turnsOf([final('One.'), final('Two.'), pause(6000)], {
      userTurnStrategies: { stop: [broken] },
    })
    expect(types(down).filter((type) => type === 'TranscriptionFrame')).toHaveLength(2)
    expect(turns).toEqual(['started@0', 'timeout@5000', 'inference@5000', 'stopped@5000'])
    expect(types(up).filter((type) => type === 'ErrorFrame')).toHaveLength(1)
  })
})
