import { describe, expect, it } from 'vitest'
import { type Answer, Talk, type TalkOptions } from '../../test/talk.ts'
import { floorMachine, play } from '../../test/turn-script.ts'
import { STTMetadataFrame, STTUpdateSettingsFrame } from '../frames/control.ts'
import { InterimTranscriptionFrame, TranscriptionFrame } from '../frames/text.ts'
import { EagerEndOfTurnFrame, TurnResumedFrame } from '../frames/turn.ts'
import type { STTEvent, STTServiceOptions, TranscribeOptions } from '../services/stt-types.ts'
import { STTService } from '../services/stt-service.ts'
import { speculationRules } from './preemptive-generation.ts'
import { SpeechTimeoutUserTurnStopStrategy } from './speech-timeout-user-turn-stop-strategy.ts'
import type { UserTurn } from './user-turn-events.ts'
import { ExternalUserTurnStrategies } from './user-turn-strategies.ts'
import { VADUserTurnStartStrategy } from './vad-user-turn-start-strategy.ts'

/** A recogniser that yields what the test gives it. */
class ScriptedSTT extends STTService {
  readonly #events: STTEvent[] = []
  #wake: () => void = () => {}
  connections = 0

  constructor(options: STTServiceOptions = { userTurnStrategies: new ExternalUserTurnStrategies() }) {
    super({ name: 'ears', ...options })
  }

  give(...events: STTEvent[]): void {
    this.#events.push(...events)
    this.#wake()
  }

  override async *transcribe(audio: AsyncIterable<Int16Array>, { signal }: TranscribeOptions): AsyncIterable<STTEvent> {
    this.connections++
    yield { type: 'open' }
    let over = false
    const end = (): void => {
      over = true
      this.#wake()
    }
    signal.addEventListener('abort', end, { once: true })
    void (async () => {
      for await (const _chunk of audio);
      end()
    })()
    while (!over) {
      yield* this.#events.splice(0)
      if (!over) await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

interface Heard {
  readonly talk: Talk
  readonly ears: ScriptedSTT
  /** The strategies that decided, with times. */
  readonly decided: string[]
  give(...events: STTEvent[]): Promise<void>
}

async function listening(options: TalkOptions = {}, ears: ScriptedSTT = new ScriptedSTT()): Promise<Heard> {
  const talk = await Talk.start({ ...options, before: [ears] })
  const decided: string[] = []
  const note = (what: string) => (turn: UserTurn) =>
    void decided.push(`${what} by ${turn.strategy?.replace('UserTurn', '')}@${talk.clock.nowMs()}`)
  talk.turns.on('userTurnStarted', note('started'))
  talk.turns.on('userTurnStopped', note('stopped'))
  const give = async (...events: STTEvent[]): Promise<void> => {
    ears.give(...events)
    await talk.clock.settle()
  }
  return { talk, ears, decided, give }
}

const say = (text: string): STTEvent => ({ type: 'final', text, finalized: true })

describe('a recogniser that decides turns itself', () => {
  it('decides them by default: turns begin and end as it says, and its start interrupts the agent', async () => {
    const { talk, decided, give } = await listening({ answers: [['It is noon, and it is going to rain.'], ['Yes.']] })
    await talk.advance(1000)
    await give({ type: 'turnStarted' }, { type: 'interim', text: 'What' })
    await talk.advance(500)
    await give(say('What time is it?'), { type: 'turnEnded' })
    await talk.advance(1000)
    await give({ type: 'turnStarted' })
    await talk.advance(2000)
    expect(decided).toEqual([
      'started by ExternalStartStrategy@1000',
      'stopped by ExternalStopStrategy@1500',
      'started by ExternalStartStrategy@2500',
    ])
    expect(talk.history).toEqual(['user: What time is it?', 'assistant: It is'])
    await talk.end()
  })

  it('leaves alone what the application has chosen: each list of its own wins', async () => {
    const turn = async (turns: TalkOptions['turns']): Promise<string[]> => {
      const { talk, decided, give } = await listening({ turns: turns ?? {} })
      await talk.begin()
      await talk.advance(100)
      await give({ type: 'turnStarted' })
      await talk.pause()
      await talk.advance(100)
      await give(say('Hello.'), { type: 'turnEnded' })
      await talk.advance(3000)
      await talk.end()
      return decided
    }
    const start = [new VADUserTurnStartStrategy()]
    const stop = [new SpeechTimeoutUserTurnStopStrategy({ userSpeechTimeoutSecs: 1 })]
    expect(await turn({})).toEqual(['started by ExternalStartStrategy@100', 'stopped by ExternalStopStrategy@200'])
    expect(await turn({ userTurnStrategies: { start } })).toEqual([
      'started by VADStartStrategy@0',
      'stopped by ExternalStopStrategy@200',
    ])
    expect(await turn({ userTurnStrategies: { stop } })).toEqual([
      'started by ExternalStartStrategy@100',
      'stopped by SpeechTimeoutStopStrategy@1200',
    ])
    expect(await turn({ userTurnStrategies: { start, stop } })).toEqual([
      'started by VADStartStrategy@0',
      'stopped by SpeechTimeoutStopStrategy@1200',
    ])
  })

  it('is followed no more when another takes its place, and not where it recommends nothing', async () => {
    const { talk, decided } = await listening({}, new ScriptedSTT({}))
    await talk.say('One.')
    await talk.advance(2000)
    await talk.send(new STTMetadataFrame('flux', 1, new ExternalUserTurnStrategies()))
    await talk.say('Two.')
    await talk.advance(6000)
    await talk.send(new STTMetadataFrame('nova', 1))
    await talk.say('Three.')
    await talk.advance(2000)
    expect(decided.map((line) => line.replace(/@.*/, ''))).toEqual([
      'started by VADStartStrategy',
      'stopped by SpeechTimeoutStopStrategy',
      'started by VADStartStrategy',
      'stopped by SpeechTimeoutStopStrategy',
    ])
    await talk.end()
  })

  it('a change of the recogniser does not undo a change of strategies that is on its way', async () => {
    const { talk, decided } = await listening({}, new ScriptedSTT({}))
    void talk.turns.updateStrategies({ start: [new VADUserTurnStartStrategy()] })
    await talk.send(new STTMetadataFrame('flux', 1, new ExternalUserTurnStrategies()))
    await talk.begin()
    expect(decided).toEqual(['started by VADStartStrategy@0'])
    await talk.end()
  })

  it('gets new settings between turns, never in one', async () => {
    const { talk, ears, give } = await listening()
    await give({ type: 'turnStarted' }, { type: 'interim', text: 'What' })
    await talk.send(new STTUpdateSettingsFrame({ language: 'fr' }))
    expect(ears.connections).toBe(1)
    await give(say('What?'), { type: 'turnEnded' })
    expect(ears.connections).toBe(2)
    await talk.end()
    expect(talk.history[0]).toBe('user: What?')
  })
})

describe('an early end of the turn that the recogniser reports', () => {
  const NOON: Answer = [{ pauseMs: 500 }, 'It is noon.']
  const ahead = { turns: { preemptiveGeneration: { stableSecs: 60 } } }

  it('asks the model ahead; when the turn resumes, the answer is given up', async () => {
    const signals: AbortSignal[] = []
    const watched: Answer = async function* ({ signal }) {
      signals.push(signal)
      yield 'Never said.'
      await new Promise(() => {})
    }
    const { talk, give } = await listening({ ...ahead, answers: [watched, NOON] })
    await give({ type: 'turnStarted' }, { type: 'interim', text: 'What time' })
    expect(talk.model.asked).toHaveLength(0)
    await give({ type: 'eagerTurnEnd' })
    expect(talk.model.asked).toEqual([[{ role: 'user', content: 'What time' }]])
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
    await give({ type: 'turnResumed' })
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    await give({ type: 'interim', text: 'What time is it?' }, { type: 'eagerTurnEnd' })
    await talk.advance(1000)
    expect([talk.model.asked.length, talk.voice.spoken, talk.history]).toEqual([2, [], []])
    await give(say('What time is it?'), { type: 'turnEnded' })
    expect([talk.model.asked.length, talk.voice.spoken]).toEqual([2, ['It is noon.']])
    await talk.end()
    expect(talk.history).toEqual(['user: What time is it?', 'assistant: It is noon.'])
  })

  it('is a frame behind the words, and its withdrawal another', async () => {
    const { talk, give } = await listening()
    const seen: string[] = []
    talk.task.addObserver({
      frames: ['InterimTranscriptionFrame', 'EagerEndOfTurnFrame', 'TurnResumedFrame'],
      onPushFrame: (frame, _direction, from) => void (from?.name === 'ears' && seen.push(frame.type)),
    })
    await give(
      { type: 'turnStarted' },
      { type: 'interim', text: 'Hi' },
      { type: 'eagerTurnEnd' },
      { type: 'turnResumed' },
    )
    expect(seen).toEqual(['InterimTranscriptionFrame', 'EagerEndOfTurnFrame', 'TurnResumedFrame'])
    await talk.end()
  })

  it('may come from any part of the pipeline', async () => {
    const talk = await Talk.start({ ...ahead, answers: [['Too early.'], NOON] })
    await talk.begin()
    await talk.send(new InterimTranscriptionFrame('What time'), new EagerEndOfTurnFrame(), new TurnResumedFrame())
    await talk.send(new TranscriptionFrame('What time is it?', 'user', '', { finalized: true }))
    await talk.pause()
    await talk.advance(3000)
    await talk.end()
    expect([talk.model.asked.length, talk.voice.spoken]).toEqual([2, ['It is noon.']])
  })

  it.each([
    [
      'is taken back once',
      'voice@0 interim@100 eager@200 resumed@300 resumed@400 end@900',
      'start@0 ask(I would)@200 unask@300 stop@900',
    ],
    [
      'asks again after the user has only hesitated',
      'voice@0 interim@100 eager@200 resumed@300 eager@400 end@900',
      'start@0 ask(I would)@200 unask@300 ask(I would)@400 unask@900 stop@900',
    ],
    ['keeps nothing waiting after it was taken back', 'voice@0 interim@100 resumed@200 end@5000', 'start@0 stop@5000'],
    ['means nothing before the first word', 'voice@0 eager@200 end@900', 'start@0 stop@900'],
  ])('%s', (_title, script, told) => {
    expect(play(floorMachine({ speculation: speculationRules(true) }), script)).toBe(told)
  })
})
