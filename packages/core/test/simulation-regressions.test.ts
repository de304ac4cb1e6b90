import { describe, expect, it } from 'vitest'
import {
  EndFrame,
  type FunctionDefinition,
  InputAudioRawFrame,
  InterimTranscriptionFrame,
  InterruptionTaskFrame,
  LLMMessagesAppendFrame,
  LLMRunFrame,
  type OutputChunk,
  sleep,
  type STTEvent,
  STTService,
  type TranscribeOptions,
  TTSSpeakFrame,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '../src/index.ts'
import { runTest, TestClock } from '../src/testing/index.ts'
import { type Answer, call, type Delivery, silent, Talk, tell } from './talk.ts'

// Found by the simulator. Each began as a random conversation and is the smallest that showed the symptom.

const hi = [{ role: 'user', content: 'Hi' }] as const

/** A function that answers after so long, or never. */
const tool = (name: string, afterMs: number, options: Partial<FunctionDefinition> = {}): FunctionDefinition => ({
  name,
  description: name,
  handler: () => sleep(clock(), afterMs).then(() => `${name} found`),
  ...options,
})

let running: Talk | undefined
function clock(): Talk['clock'] {
  if (running === undefined) throw new Error('no conversation runs')
  return running.clock
}

async function start(options: Parameters<typeof Talk.start>[0]): Promise<Talk> {
  running = await Talk.start(options)
  return running
}

describe('what was heard', () => {
  it('is remembered of speech that was sent ahead and cut while the speech before it was still playing', async () => {
    const talk = await start({ messages: hi, output: { leadSecs: 1 } })
    await talk.send(new TTSSpeakFrame('First here.'), new TTSSpeakFrame('Second.'))
    // All of the first is sent, most of it played, and the first word of the second is on its way.
    await talk.advance(1000)
    await talk.begin()
    expect(talk.history).toEqual(['user: Hi', 'assistant: First here.', 'assistant: Second.'])
  })

  it('leaves out speech of the application that was not to be remembered, also when it was sent ahead', async () => {
    const talk = await start({ messages: hi, output: { leadSecs: 1 } })
    await talk.send(new TTSSpeakFrame('First here.'), new TTSSpeakFrame('Second.', { appendToContext: false }))
    await talk.advance(1000)
    await talk.begin()
    expect(talk.history).toEqual(['user: Hi', 'assistant: First here.'])
  })

  it('includes a last word that ends just before the agent is cut', async () => {
    /** 0.79 s: the end of the last word lies between two looks of the output at what was played. */
    const delivery: Delivery = async function* (_text, { sampleRate }) {
      yield { type: 'word', text: 'One', startUs: 0 }
      yield { type: 'word', text: 'two.', startUs: 500_000 }
      yield new Int16Array(sampleRate * 0.79).fill(1000)
    }
    const output = { leadSecs: 0.2, clears: true }
    const talk = await start({ messages: hi, answers: [['One two.']], output, voice: { delivery } })
    await talk.send(new LLMRunFrame())
    await talk.advance(795)
    await talk.begin()
    expect(talk.history).toEqual(['user: Hi', 'assistant: One two.'])
  })
})

describe('audio that a client never takes', () => {
  it('does not hold back what stands behind it', async () => {
    let writes = 0
    const write = (chunk: OutputChunk): Promise<void> | undefined =>
      chunk.contextId !== undefined && ++writes === 10 ? new Promise(() => {}) : undefined
    const talk = await start({ messages: hi, answers: [['One two three.'], ['Four.']], output: { write } })
    await talk.send(new LLMRunFrame())
    await talk.advance(10_000)
    expect(talk.errorCodes).toEqual(['write-timeout'])
    expect(talk.tags).toContain('LLMFullResponseEndFrame')
    expect(talk.history).toEqual(['user: Hi', 'assistant: One two three.'])
  })

  it('is given up in time, whatever fraction of a millisecond the clock shows', async () => {
    const write = ({ contextId }: OutputChunk): Promise<void> | undefined =>
      contextId === undefined ? undefined : new Promise(() => {})
    const talk = await start({ messages: hi, answers: [['One.']], output: { write } })
    // Five seconds later, five seconds seem not to have passed: the difference is rounded down.
    const startMs = 12_289 / 3
    expect(startMs + 5000 - startMs).toBeLessThan(5000)
    await talk.advance(startMs)
    await talk.send(new LLMRunFrame())
    await talk.advance(5001)
    expect(talk.errorCodes).toEqual(['write-timeout'])
  })
})

describe('the simulated clock', () => {
  it('moves for a delay that is lost in rounding', async () => {
    const clock = new TestClock()
    await clock.advance(1e6)
    let atMs = 0
    clock.setTimeout(() => (atMs = clock.nowMs()), 1e-12)
    const setAtMs = clock.nowMs()
    await clock.advance(1)
    expect(atMs).toBeGreaterThan(setAtMs)
  })
})

describe('one answer is given', () => {
  it('to all the results that come while the model answers', async () => {
    const talk = await start({
      messages: hi,
      answers: [
        [call('one'), call('two'), call('three')],
        [{ pauseMs: 1000 }, 'First.'],
        ['All of it.'],
        ['Once more.'],
      ],
      tools: [
        tool('one', 100, { background: true }),
        tool('two', 300, { background: true }),
        tool('three', 500, { background: true }),
      ],
    })
    await talk.send(new LLMRunFrame())
    await talk.advance(10_000)
    expect(talk.voice.spoken).toEqual(['First.', 'All of it.'])
    expect(talk.model.asked).toHaveLength(3)
  })

  it('to all that was typed while the model answers', async () => {
    const talk = await start({
      messages: hi,
      answers: [[{ pauseMs: 1000 }, 'First.'], ['Both.'], ['Once more.']],
    })
    const typed = (content: string): LLMMessagesAppendFrame =>
      new LLMMessagesAppendFrame([{ role: 'user', content }], { runLlm: true })
    await talk.send(new LLMRunFrame(), typed('One.'), typed('Two.'))
    await talk.advance(10_000)
    expect(talk.voice.spoken).toEqual(['First.', 'Both.'])
    expect(tell(talk.model.asked[1] ?? [])).toEqual(['user: Hi', 'user: One.', 'user: Two.'])
  })

  it('to every run that the application asks for, though nothing has changed', async () => {
    const talk = await start({ messages: hi, answers: [[{ pauseMs: 100 }, 'One.'], ['Two.'], ['Three.']] })
    await talk.send(new LLMRunFrame(), new LLMRunFrame(), new LLMRunFrame())
    await talk.advance(10_000)
    expect(talk.voice.spoken).toEqual(['One.', 'Two.', 'Three.'])
  })

  it('to a result that the answer to the user has read already, and none of its own', async () => {
    const talk = await start({
      messages: hi,
      answers: [['One. ', call('look')], ['It is there.'], ['Once more.']],
      tools: [tool('look', 100)],
      params: { allowInterruptions: false },
    })
    // The result waits for the end of the speech, in which the user has something to say.
    await talk.send(new LLMRunFrame())
    await talk.advance(200)
    await talk.send(new TTSSpeakFrame('This takes its time and cannot be cut.'))
    await talk.advance(400)
    await talk.say('What is it?')
    await talk.advance(10_000)
    expect(talk.voice.spoken).toEqual(['One.', 'This takes its time and cannot be cut.', 'It is there.'])
    expect(tell(talk.model.asked[1] ?? [])).toContain('tool: "look found"')
  })
})

describe('a result', () => {
  it('that waits for the model when a noise cuts in is read when the noise is over', async () => {
    const talk = await start({
      messages: hi,
      answers: [[call('look')], [{ pauseMs: 3000 }, 'Never heard.'], ['It is there.']],
      tools: [tool('look', 500, { cancelOnInterruption: false, background: true })],
    })
    await talk.send(new LLMRunFrame(), new LLMRunFrame())
    await talk.advance(1000)
    expect(talk.model.asked).toHaveLength(2)
    await talk.noise()
    await talk.advance(10_000)
    expect(talk.voice.spoken).toEqual(['It is there.'])
  })

  it('that an answer has read already is not read again after a noise, while other calls of its group go on', async () => {
    const keep = { cancelOnInterruption: false }
    const talk = await start({
      messages: hi,
      answers: [[call('quick'), call('slow')], ['It is there.'], ['Once more.']],
      tools: [tool('quick', 700, keep), tool('slow', 60_000, keep)],
    })
    await talk.send(new LLMRunFrame())
    await talk.advance(500)
    await talk.say('And?')
    await talk.advance(3000)
    expect(tell(talk.model.asked[1] ?? [])).toContain('tool: "quick found"')
    await talk.noise()
    await talk.advance(10_000)
    expect(talk.voice.spoken).toEqual(['It is there.'])
  })
})

describe('a call that is to run after another', () => {
  it('begins when the one before was given up, though its handler never returns', async () => {
    const talk = await start({
      messages: hi,
      answers: [[call('stuck'), call('look')], ['Good.']],
      tools: [tool('stuck', 1e9, { timeoutSecs: 1 }), tool('look', 100)],
      model: { runInParallel: false },
    })
    await talk.send(new LLMRunFrame())
    await talk.advance(5000)
    expect(talk.history).toEqual([
      'user: Hi',
      'calls stuck, look',
      'tool: CANCELLED',
      'tool: "look found"',
      'assistant: Good.',
    ])
  })
})

/** Its connections give one transcript each, and are lost. The second takes two seconds to open. */
class ShortLivedEars extends STTService {
  /** What each connection was given: the numbers of the pieces of audio. */
  readonly given: number[][] = []

  override async *transcribe(audio: AsyncIterable<Int16Array>, { signal }: TranscribeOptions): AsyncIterable<STTEvent> {
    const heard: number[] = []
    const connection = this.given.push(heard)
    if (connection === 2) await sleep(this.runtime.clock, 2000, signal)
    yield { type: 'open' }
    for await (const piece of audio) {
      heard.push(piece[0] ?? 0)
      if (connection === 1 && heard.length === 50) {
        yield { type: 'final', text: 'One.', finalized: true }
        return
      }
      if (connection === 2 && heard.length === 40) {
        yield { type: 'final', text: 'Two.', finalized: true, endSecs: 0.6 }
        return
      }
    }
  }
}

describe('a recogniser whose connection takes long to be made', () => {
  it('is not given audio again that it has recognised, when the connection is lost', async () => {
    const ears = new ShortLivedEars()
    const pieces = Array.from({ length: 400 }, (_, number) => [
      new InputAudioRawFrame(new Int16Array(320).fill(number), 16_000),
      { pauseMs: 20 },
    ])
    const speech = [new VADUserStartedSpeakingFrame(), new VADUserStoppedSpeakingFrame()]
    await runTest(ears, { frames: [...speech, ...pieces.flat()] })
    const [, second = [], third = []] = ears.given
    // 0.6 s are 30 pieces.
    expect(third[0]).toBe(second[30])
  })
})

describe('an answer that was asked for ahead of the end of a turn', () => {
  /** Takes down the signals of its requests and never says anything. */
  const hanging =
    (signals: AbortSignal[]): Answer =>
    ({ signal }) => {
      signals.push(signal)
      return silent()
    }

  it('is given up when the conversation is to end, though the agent goes on speaking for a while', async () => {
    const signals: AbortSignal[] = []
    const talk = await start({ answers: [hanging(signals)], turns: { preemptiveGeneration: true } })
    await talk.begin()
    await talk.send(new TTSSpeakFrame('This takes its time and is not cut.'), new InterimTranscriptionFrame('What is'))
    await talk.advance(500)
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
    await talk.send(new EndFrame())
    await talk.advance(500)
    expect(talk.task.hasFinished()).toBe(false)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    await talk.ended()
  })

  it('is given up when the turn ends without words', async () => {
    const signals: AbortSignal[] = []
    const turns = {
      preemptiveGeneration: { limitSecs: 60 },
      userTurnStopTimeoutSecs: 2,
      userTurnStrategies: { stop: [] },
    }
    const talk = await start({ answers: [hanging(signals)], turns })
    await talk.begin()
    await talk.send(new InterimTranscriptionFrame('What is'))
    await talk.advance(500)
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
    await talk.pause()
    await talk.advance(3000)
    expect(talk.tags).toContain('UserStoppedSpeakingFrame')
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    await talk.end()
  })

  it('is told why when it was right and does not begin in time', async () => {
    const signals: AbortSignal[] = []
    const talk = await start({ answers: [hanging(signals), ['Good.']], turns: { preemptiveGeneration: true } })
    await talk.begin()
    await talk.send(new InterimTranscriptionFrame('What is it'))
    await talk.advance(500)
    await talk.finish('What is it?')
    await talk.advance(10_000)
    expect(talk.voice.spoken).toEqual(['Good.'])
    expect(signals.map(({ reason }) => reason)).toMatchObject([{ code: 'first-output-timeout' }])
    await talk.end()
  })
})

describe('an answer that noise has cut', () => {
  it('is not given a third time when the application has cut the second', async () => {
    const late: Answer = [{ pauseMs: 3000 }, 'Never heard.']
    const talk = await start({ answers: [late, late, ['Not wanted.']], turns: { userTurnStopTimeoutSecs: 1 } })
    const noise = async (): Promise<void> => {
      await talk.noise()
    }
    await talk.say('Hi.')
    await noise()
    // What is said first holds the second answer back.
    await talk.send(new TTSSpeakFrame('This takes its time.'))
    await talk.advance(1500)
    expect(talk.model.asked).toHaveLength(2)
    await talk.send(new InterruptionTaskFrame())
    await noise()
    await talk.advance(5000)
    expect(talk.model.asked).toHaveLength(2)
    await talk.end()
  })

  it('is given again also where something else was being said ahead of it', async () => {
    const talk = await start({ messages: hi, answers: [['First.'], ['Second.']] })
    await talk.send(new TTSSpeakFrame('This takes its time.'), new LLMRunFrame())
    await talk.advance(1200)
    expect(talk.model.asked).toHaveLength(1)
    await talk.noise()
    await talk.advance(10_000)
    expect(talk.history).toEqual(['user: Hi', 'assistant: This takes', 'assistant: Second.'])
  })

  it('is given again also where it was cut because the agent, held by the noise, had nothing more to say', async () => {
    const talk = await start({
      messages: hi,
      answers: [[{ pauseMs: 3000 }, 'Never heard.'], ['Second.']],
      turns: { falseInterruptions: true, userTurnStopTimeoutSecs: 1 },
      output: { leadSecs: 1 },
    })
    await talk.send(new TTSSpeakFrame('Wait.'), new LLMRunFrame())
    await talk.advance(100)
    await talk.begin()
    // All of the speech was sent: it ends in spite of the pause.
    await talk.advance(1000)
    expect(talk.tags).toContain('UserStartedSpeakingFrame')
    await talk.pause()
    await talk.advance(10_000)
    expect(talk.voice.spoken).toEqual(['Wait.', 'Second.'])
  })

  it('is given again also where an earlier answer has ended meanwhile', async () => {
    const talk = await start({ messages: hi, answers: [['One.'], ['Never heard.'], ['Two.']] })
    await talk.send(new LLMRunFrame(), new TTSSpeakFrame('This takes its time.'), new LLMRunFrame())
    await talk.advance(1000)
    expect(talk.model.asked).toHaveLength(2)
    await talk.noise()
    await talk.advance(10_000)
    expect(talk.history).toEqual(['user: Hi', 'assistant: One.', 'assistant: This', 'assistant: Two.'])
  })

  it('is not given again where the noise held the agent at its last word, and it was heard to its end', async () => {
    const talk = await start({
      messages: hi,
      answers: [['One two.'], ['Not wanted.']],
      turns: { falseInterruptions: true, userTurnStopTimeoutSecs: 1 },
      output: { leadSecs: 1 },
    })
    await talk.send(new LLMRunFrame())
    await talk.advance(100)
    await talk.begin()
    // All of it was sent: it ends in spite of the pause.
    await talk.advance(1000)
    await talk.pause()
    await talk.advance(10_000)
    expect(talk.tags).toContain('LLMFullResponseEndFrame')
    expect(talk.voice.spoken).toEqual(['One two.'])
    expect(talk.history).toEqual(['user: Hi', 'assistant: One two.'])
  })
})
