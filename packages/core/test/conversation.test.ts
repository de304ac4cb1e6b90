import { describe, expect, it } from 'vitest'
import {
  EndTaskFrame,
  FrameProcessorPauseUrgentFrame,
  FunctionCallResultFrame,
  type Frame,
  type FrameProcessor,
  type FunctionDefinition,
  type FunctionHandler,
  InterruptionTaskFrame,
  LLMMessagesAppendFrame,
  LLMRunFrame,
  LLMTextFrame,
  sleep,
  TTSSpeakFrame,
} from '../src/index.ts'
import { Probe, textOf } from './support.ts'
import { call, type Delivery, silent, Talk, tell, type VoiceOptions } from './talk.ts'

const hi = [{ role: 'user', content: 'Hi' }] as const
const typed = (content: string): LLMMessagesAppendFrame =>
  new LLMMessagesAppendFrame([{ role: 'user', content }], { runLlm: true })

/** A function that answers when the test says so. */
function held(options: Partial<FunctionDefinition> = {}): {
  readonly look: FunctionDefinition
  readonly answer: (result: unknown) => void
  readonly signals: AbortSignal[]
} {
  const signals: AbortSignal[] = []
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const handler: FunctionDefinition['handler'] = (_args, { signal }) => {
    signals.push(signal)
    return promise
  }
  return { look: { name: 'look', description: 'Look', handler, ...options }, answer: resolve, signals }
}

describe('what is heard is what is remembered', () => {
  it.each([true, false])(
    'a reply that the user cuts stays up to the last word that was heard (word times: %s)',
    async (words) => {
      const talk = await Talk.start({
        messages: hi,
        answers: [['One two three four. ', 'Five six.'], ['Good.']],
        voice: { words },
      })
      await talk.send(new LLMRunFrame())
      await talk.advance(850)
      await talk.say('Stop.')
      await talk.end()
      expect(talk.history).toEqual(['user: Hi', 'assistant: One two', 'user: Stop.', 'assistant: Good.'])
      expect(tell(talk.model.asked[1] ?? [])).toEqual(['user: Hi', 'assistant: One two', 'user: Stop.'])
    },
  )

  it.each([
    ['was sent, where the client cannot drop it', false, 'One two three'],
    ['was played, where the client drops the rest', true, 'One two'],
  ])('a reply that was sent ahead and is cut stays as far as it %s', async (_how, clears, heard) => {
    const talk = await Talk.start({
      messages: hi,
      answers: [['One two three four five six.'], ['Good.']],
      output: { leadSecs: 0.6, clears },
    })
    await talk.send(new LLMRunFrame())
    await talk.advance(850)
    await talk.say('Stop.')
    await talk.end()
    expect(talk.history).toEqual(['user: Hi', `assistant: ${heard}`, 'user: Stop.', 'assistant: Good.'])
    expect(tell(talk.model.asked[1] ?? [])[1]).toBe(`assistant: ${heard}`)
  })

  it('a reply that the user cuts before any audio leaves nothing behind', async () => {
    const talk = await Talk.start({ messages: hi, answers: [[{ pauseMs: 300 }, 'Never heard.'], ['Good.']] })
    await talk.send(new LLMRunFrame())
    await talk.advance(200)
    await talk.say('Stop.')
    await talk.end()
    expect(talk.history).toEqual(['user: Hi', 'user: Stop.', 'assistant: Good.'])
    expect(talk.voice.spoken).toEqual(['Good.'])
  })

  it('a reply that the user cuts inside a function call stays up to what was heard, and the call is cancelled', async () => {
    const { look, signals } = held()
    const talk = await Talk.start({
      messages: hi,
      answers: [['One two three. ', call('look')], ['Good.']],
      tools: [look],
    })
    await talk.send(new LLMRunFrame())
    await talk.advance(450)
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
    await talk.say('Stop.')
    await talk.end()
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    expect(talk.history).toEqual([
      'user: Hi',
      'assistant: One',
      'calls look',
      'tool: CANCELLED',
      'user: Stop.',
      'assistant: Good.',
    ])
    expect([talk.model.asked.length, talk.errorCodes]).toEqual([2, []])
  })

  it('a function that may go on when the user cuts in is answered for, and its result read with the words of the user', async () => {
    const { look, answer, signals } = held({ cancelOnInterruption: false })
    const talk = await Talk.start({
      messages: hi,
      answers: [['One two three. ', call('look')], ['Good.']],
      tools: [look],
    })
    await talk.send(new LLMRunFrame())
    await talk.advance(450)
    await talk.begin()
    answer('seen')
    await talk.advance(500)
    await talk.finish('Stop.')
    await talk.advance(500)
    await talk.end()
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
    expect(tell(talk.model.asked[1] ?? [])).toEqual([
      'user: Hi',
      'assistant: One',
      'calls look',
      'tool: "seen"',
      'user: Stop.',
    ])
    expect([talk.model.asked.length, talk.history.at(-1)]).toEqual([2, 'assistant: Good.'])
  })

  it('a typed message that cuts the agent stands behind what was heard', async () => {
    const talk = await Talk.start({ messages: hi, answers: [['One two three four.'], ['Five six.'], ['Seven.']] })
    await talk.send(new LLMRunFrame())
    await talk.advance(850)
    await talk.send(new InterruptionTaskFrame(), typed('Stop.'))
    await talk.advance(650)
    await talk.send(new InterruptionTaskFrame(), typed('And again.'))
    await talk.end()
    expect(talk.history).toEqual([
      'user: Hi',
      'assistant: One two',
      'user: Stop.',
      'assistant: Five',
      'user: And again.',
      'assistant: Seven.',
    ])
    expect(talk.model.asked.map(tell)).toEqual([
      talk.history.slice(0, 1),
      talk.history.slice(0, 3),
      talk.history.slice(0, 5),
    ])
  })

  it('a typed message that cuts a function call stands behind the cancelled call', async () => {
    const { look } = held()
    const talk = await Talk.start({ messages: hi, answers: [[call('look')], ['Good.']], tools: [look] })
    await talk.send(new LLMRunFrame())
    await talk.send(new InterruptionTaskFrame(), typed('Never mind.'))
    await talk.end()
    expect(talk.history).toEqual(['user: Hi', 'calls look', 'tool: CANCELLED', 'user: Never mind.', 'assistant: Good.'])
  })
})

describe('the end', () => {
  const ends: readonly (readonly [string, (talk: Talk) => FunctionHandler])[] = [
    [
      'by its callback',
      ({ model }) =>
        (_args, { resultCallback }) => {
          resultCallback('done')
          model.pushFrame(new EndTaskFrame())
        },
    ],
    [
      'by its callback, while the agent speaks',
      ({ model, clock }) =>
        async (_args, { resultCallback }) => {
          await sleep(clock, 300)
          resultCallback('done')
          model.pushFrame(new EndTaskFrame())
        },
    ],
    [
      'by its callback, in silence',
      ({ model, clock }) =>
        async (_args, { resultCallback }) => {
          await sleep(clock, 3000)
          resultCallback('done')
          model.pushFrame(new EndTaskFrame())
        },
    ],
    [
      'by returning, with the end asked for before',
      ({ model, clock }) =>
        async () => {
          await sleep(clock, 3000)
          model.pushFrame(new EndTaskFrame())
          return 'done'
        },
    ],
    [
      'by returning a while after the end was asked for',
      ({ task, clock }) =>
        async () => {
          await task.queueFrame(new EndTaskFrame())
          await sleep(clock, 1000)
          return 'done'
        },
    ],
  ]

  it.each(ends)(
    'an EndTaskFrame pushed downstream right after a function call lets its result and the reply be processed first (result %s)',
    async (_how, handler) => {
      const talk = await Talk.start({
        messages: hi,
        answers: [
          ['Let me see. ', call('finish')],
          ['Good', 'bye then.'],
        ],
        tools: [{ name: 'finish', description: 'End' }],
      })
      talk.model.registerFunction('finish', handler(talk))
      await talk.send(new LLMRunFrame())
      await talk.ended()
      expect(talk.history).toEqual([
        'user: Hi',
        'assistant: Let me see.',
        'calls finish',
        'tool: "done"',
        'assistant: Goodbye then.',
      ])
      expect([talk.voice.spoken, talk.errorCodes]).toEqual([['Let me see.', 'Goodbye then.'], []])
    },
  )

  it('an EndTaskFrame of a function that never returns is held for a while, not for ever', async () => {
    const talk = await Talk.start({
      messages: hi,
      answers: [['Let me see. ', call('finish')]],
      tools: [{ name: 'finish', description: 'End' }],
    })
    talk.model.registerFunction('finish', () => {
      talk.model.pushFrame(new EndTaskFrame())
      return new Promise(() => {})
    })
    await talk.send(new LLMRunFrame())
    await talk.ended()
    expect(talk.clock.nowMs()).toBeLessThan(25_000)
    expect(talk.history.slice(0, 3)).toEqual(['user: Hi', 'assistant: Let me see.', 'calls finish'])
  })

  it('text that no end of a response follows is spoken, played and remembered before the EndFrame leaves', async () => {
    const talk = await Talk.start({ messages: hi })
    await talk.send(new LLMTextFrame('All of '), new LLMTextFrame('this is heard'))
    expect(talk.voice.spoken).toEqual([])
    await talk.end()
    expect(talk.voice.spoken).toEqual(['All of this is heard'])
    expect(talk.output.written.filter(({ contextId }) => contextId !== undefined)).toHaveLength(100)
    expect(talk.history).toEqual(['user: Hi', 'assistant: All of this is heard'])
  })
})

describe('an interruption', () => {
  const stages: readonly (readonly [string, Partial<VoiceOptions>, (talk: Talk) => FrameProcessor])[] = [
    ['voice', { delivery: slowly(5000) }, (talk) => talk.voice],
    ['output', {}, (talk) => talk.output],
    ['aggregator', {}, (talk) => talk.pair.assistant() as FrameProcessor<never>],
  ]

  it.each(stages)('never loses the result of a function that waits in the %s', async (where, voice, at) => {
    const { look, answer } = held({ cancelOnInterruption: false })
    const talk = await Talk.start({ messages: hi, answers: [['One two three. ', call('look')]], tools: [look], voice })
    await talk.send(new LLMRunFrame())
    await talk.advance(450)
    if (where === 'aggregator') await talk.send(new FrameProcessorPauseUrgentFrame(at(talk)))
    answer('seen')
    await talk.advance(where === 'aggregator' ? 2000 : 10)
    if (where !== 'output') expect(at(talk).queuedFrames).toBeGreaterThan(0)
    expect(talk.history).not.toContain('tool: "seen"')
    await talk.begin()
    expect(talk.history).toContain('tool: "seen"')
    await talk.finish('What is it?')
    await talk.advance(500)
    expect(tell(talk.model.asked[1] ?? []).slice(-2)).toEqual(['tool: "seen"', 'user: What is it?'])
    await talk.end()
  })

  it('before any audio, with a sticky frame queued and the voice held, leaves the voice able to speak', async () => {
    const talk = await Talk.start({
      messages: hi,
      answers: [['Never heard.'], ['Heard.']],
      voice: { delivery: (text) => (text === 'Heard.' ? undefined : silent()) },
    })
    await talk.send(new LLMRunFrame())
    await talk.send(new FrameProcessorPauseUrgentFrame(talk.voice))
    const sticky = new FunctionCallResultFrame({ functionName: 'look', toolCallId: 'x', arguments: {} }, 1)
    talk.model.pushFrame(sticky)
    talk.model.pushFrame(new TTSSpeakFrame('Never heard either.'))
    await talk.advance(100)
    expect([talk.voice.spoken, talk.voice.queuedFrames > 0]).toEqual([['Never heard.'], true])
    await talk.say('Hello?')
    await talk.end()
    expect(talk.voice.spoken).toEqual(['Never heard.', 'Heard.'])
    expect(talk.history).toEqual(['user: Hi', 'user: Hello?', 'assistant: Heard.'])
    expect(talk.down.map(({ frame }) => frame)).toContain(sticky)
  })

  it('keeps late words and audio of the old utterance out of output and history, and time never runs backwards', async () => {
    /** Goes on after its abort, as a provider does that knows no cancel. */
    const deaf: Delivery = async function* (text, { sampleRate }) {
      for (const [index, word] of text.split(' ').entries()) {
        yield { type: 'word', text: word, startUs: index * 400_000 }
        yield new Int16Array(sampleRate * 0.4).fill(1000)
        await sleep(this.runtime.clock, 200)
      }
    }
    const seen: Frame[] = []
    const late = new Probe('late', (frame) => {
      if ('contextId' in frame) seen.push(frame)
      return frame
    })
    const talk = await Talk.start({
      messages: hi,
      answers: [['one two three four five six seven eight.'], ['nine ten eleven.']],
      voice: {
        delivery: (text, options) => (text.startsWith('one') ? deaf.call(talk.voice, text, options) : undefined),
      },
      between: [late],
    })
    await talk.send(new LLMRunFrame())
    await talk.advance(900)
    const cutAtMs = talk.clock.nowMs()
    const [old] = talk.writtenContexts
    await talk.begin()
    // Past the fence, as from a timer or a socket that nobody told.
    for (const frame of seen.splice(0)) late.pushFrame(frame.with({}))
    await talk.advance(500)
    await talk.finish('Stop.')
    await talk.advance(500)
    await talk.end()
    const after = talk.output.written.filter(({ atMs }) => atMs > cutAtMs)
    expect(after.some(({ contextId }) => contextId === old)).toBe(false)
    const words = talk.down.filter(({ frame, atMs }) => frame.type === 'TTSTextFrame' && atMs > cutAtMs)
    expect(words.map(({ frame }) => textOf(frame))).toEqual(['nine', 'ten', 'eleven.'])
    expect(talk.history).toEqual(['user: Hi', 'assistant: one two', 'user: Stop.', 'assistant: nine ten eleven.'])
    for (const contextId of talk.writtenContexts) {
      const positions = talk.output.written
        .filter((chunk) => chunk.contextId === contextId)
        .map((chunk) => chunk.positionUs)
      expect(positions).toEqual([...positions].sort((a, b) => a - b))
    }
    const times = talk.down.map(({ atMs }) => atMs)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  it('keeps audio from playing whose synthesis has begun and whose playback nobody has confirmed', async () => {
    const unconfirmed: (() => void)[] = []
    const talk = await Talk.start({
      messages: hi,
      answers: [['Never heard.'], ['Heard.']],
      output: {
        write: ({ contextId }) =>
          contextId === 'id-2' ? new Promise<void>((resolve) => unconfirmed.push(resolve)) : undefined,
      },
    })
    await talk.send(new LLMRunFrame())
    await talk.advance(100)
    expect([talk.voice.spoken, talk.writtenContexts]).toEqual([['Never heard.'], ['id-2']])
    expect(talk.tags).not.toContain('BotStartedSpeakingFrame')
    const written = talk.output.written.length
    await talk.begin()
    for (const confirm of unconfirmed) confirm()
    await talk.advance(3000)
    expect(talk.output.written).toHaveLength(written)
    await talk.finish('Hello?')
    await talk.advance(500)
    await talk.end()
    expect(talk.history).toEqual(['user: Hi', 'user: Hello?', 'assistant: Heard.'])
  })

  it('drops the text of a response, and the model runs on nothing but what the user says', async () => {
    const talk = await Talk.start({
      messages: hi,
      answers: [['One two three. ', 'Four five. ', { pauseMs: 2000 }, 'Six seven.']],
    })
    await talk.send(new LLMRunFrame())
    await talk.advance(850)
    await talk.begin()
    await talk.advance(20_000)
    expect(talk.model.asked).toHaveLength(1)
    await talk.finish('Stop.')
    await talk.advance(60_000)
    await talk.end()
    expect([talk.history, talk.model.asked.length]).toEqual([
      ['user: Hi', 'assistant: One two', 'user: Stop.', 'assistant: Yes.'],
      2,
    ])
  })

  it('while the arguments of a call are streaming raises no error and runs nothing', async () => {
    const ran: unknown[] = []
    const talk = await Talk.start({
      messages: hi,
      answers: [
        async function* ({ signal }) {
          yield 'One two. Three'
          await sleep(this.runtime.clock, 5000, signal).catch(() => {})
          // What a provider has when it is cut.
          yield call('look', '{"city": "Ber')
          yield { type: 'done', finishReason: 'tool_calls' }
        },
        ['Good.'],
      ],
      tools: [{ name: 'look', description: 'Look', handler: (args) => void ran.push(args) }],
    })
    await talk.send(new LLMRunFrame())
    await talk.advance(450)
    await talk.say('Stop.')
    await talk.end()
    expect([ran, talk.errorCodes]).toEqual([[], []])
    expect(talk.history).toEqual(['user: Hi', 'assistant: One', 'user: Stop.', 'assistant: Good.'])
  })

  it("of the application's own speech keeps the spoken part and says that the assistant has stopped", async () => {
    const stopped: unknown[] = []
    const talk = await Talk.start({ messages: hi })
    talk.pair.assistant().on('assistantTurnStopped', ({ content, interrupted }) => stopped.push([content, interrupted]))
    await talk.send(new TTSSpeakFrame('Please call again soon.'))
    await talk.advance(1250)
    await talk.begin()
    expect(stopped).toEqual([['Please call', true]])
    await talk.finish('Yes.')
    await talk.end()
    expect(talk.history.slice(0, 3)).toEqual(['user: Hi', 'assistant: Please call', 'user: Yes.'])
  })
})

/** Gives its audio after so long. */
function slowly(delayMs: number): Delivery {
  return function (text, options) {
    const { usual, runtime } = { usual: this.usual(text, options), runtime: this.runtime }
    return (async function* () {
      for await (const event of usual) {
        yield event
        await sleep(runtime.clock, delayMs, options.signal)
      }
    })()
  }
}
