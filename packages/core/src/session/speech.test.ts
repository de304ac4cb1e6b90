import { describe, expect, it } from 'vitest'
import { RecordingOutput } from '../../test/recording-output.ts'
import { delay, Probe } from '../../test/support.ts'
import { call, ScriptedVoice, Talk, type TalkOptions, tell } from '../../test/talk.ts'
import {
  type FunctionDefinition,
  LLMConfigureOutputFrame,
  PcError,
  Pipeline,
  PipelineTask,
  PlayoutReportFrame,
  Session,
  sleep,
  type SpeechOutcome,
  TTSAudioRawFrame,
} from '../index.ts'
import { createTestRuntime, TestClock } from '../testing/index.ts'

async function talking(options: TalkOptions = {}): Promise<{ talk: Talk; session: Session }> {
  const talk = new Talk(options)
  const session = new Session(talk.task)
  await talk.clock.settle()
  return { talk, session }
}

/** When each of them settled, and how. */
function track(talk: Talk, ...promises: Promise<SpeechOutcome>[]): { readonly atMs: number; outcome: SpeechOutcome }[] {
  const settled: { atMs: number; outcome: SpeechOutcome }[] = []
  for (const promise of promises) void promise.then((outcome) => settled.push({ atMs: talk.clock.nowMs(), outcome }))
  return settled
}

/** A stream that fails before it gives anything. */
const refusing = (error: Error): AsyncIterable<never> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
})

const hi = [{ role: 'user', content: 'Hi' }] as const

describe('a speech of the application', () => {
  it('is played when its last sample was played, and not before', async () => {
    const { talk, session } = await talking()
    const handle = session.say('Hello there.')
    const settled = track(talk, handle.played)
    await talk.advance(900)
    expect([handle.outcome, handle.heard, settled]).toEqual([undefined, 'Hello', []])
    await talk.advance(290)
    expect(settled).toEqual([])
    await talk.advance(20)
    expect(settled).toEqual([{ atMs: 1200, outcome: { status: 'played', heard: 'Hello there.' } }])
    await talk.end()
    expect(talk.history).toEqual(['assistant: Hello there.'])
  })

  it('counts as played when the client has played what was sent ahead', async () => {
    const { talk, session } = await talking({ output: { leadSecs: 0.6 } })
    const settled = track(talk, session.say('Hello there.').played)
    await talk.advance(2500)
    expect(talk.output.written.at(-1)?.atMs).toBeLessThan(700)
    expect(settled.map(({ atMs }) => atMs)).toEqual([1200])
  })

  it('that the user cuts tells what was heard of it', async () => {
    const { talk, session } = await talking({ answers: [['Good.']] })
    const handle = session.say('One two three four.')
    await talk.advance(850)
    await talk.begin()
    expect(handle.outcome).toEqual({ status: 'cut', heard: 'One two', by: 'user' })
    expect(handle.interrupted).toBe(true)
    await talk.advance(300)
    await talk.finish('Stop.')
    await talk.advance(500)
    await talk.end()
    expect(talk.history).toEqual(['assistant: One two', 'user: Stop.', 'assistant: Good.'])
  })

  it('that is cut waits for the report of the client, which says what was really heard', async () => {
    const { talk, session } = await talking()
    await talk.send(new PlayoutReportFrame(undefined, 0, false))
    const handle = session.say('One two three four.')
    const settled = track(talk, handle.played)
    await talk.advance(1500)
    await talk.begin()
    await talk.advance(100)
    expect([settled, handle.interrupted]).toEqual([[], true])
    const contextId = talk.writtenContexts[0]
    await talk.send(new PlayoutReportFrame(contextId, 450, true))
    expect(settled.map(({ outcome }) => outcome)).toEqual([{ status: 'cut', heard: 'One', by: 'user' }])
    expect(talk.history).toEqual(['assistant: One'])
  })

  it('that is cut does not wait for a report that never comes', async () => {
    const { talk, session } = await talking()
    await talk.send(new PlayoutReportFrame(undefined, 0, false))
    const { played } = session.say('One two three four.')
    const settled = track(talk, played)
    await talk.advance(1500)
    await talk.begin()
    await talk.advance(600)
    expect(settled.map(({ outcome }) => outcome)).toEqual([{ status: 'cut', heard: 'One two three', by: 'user' }])
  })

  it('waits while the user speaks and is said when the answer to the user was heard', async () => {
    const { talk, session } = await talking({ answers: [['Good.']] })
    await talk.begin()
    const handle = session.say('By the way.')
    await talk.advance(500)
    expect(talk.voice.spoken).toEqual([])
    await talk.finish('Hello.')
    await talk.advance(1500)
    await talk.advance(1500)
    expect(handle.outcome).toEqual({ status: 'played', heard: 'By the way.' })
    expect(talk.history).toEqual(['user: Hello.', 'assistant: Good.', 'assistant: By the way.'])
  })

  it('that is asked for when the user begins to speak is not cut by that', async () => {
    const { talk, session } = await talking()
    const outcomes: (SpeechOutcome | undefined)[] = []
    session.on('userStateChanged', async ({ to }) => {
      if (to === 'speaking') outcomes.push(await session.say('I listen.').played)
    })
    await talk.begin()
    await talk.pause()
    await talk.advance(7000)
    expect(outcomes).toEqual([{ status: 'played', heard: 'I listen.' }])
  })

  it('of several keeps its place: each begins when the one before was heard', async () => {
    const { talk, session } = await talking()
    const settled = track(talk, ...['One.', 'Two.', 'Three.'].map((text) => session.say(text).played))
    expect(session.speeches).toHaveLength(3)
    await talk.advance(2000)
    expect(settled.map(({ atMs, outcome }) => [atMs, outcome.heard])).toEqual([
      [400, 'One.'],
      [800, 'Two.'],
      [1400, 'Three.'],
    ])
    expect([talk.history, session.speeches]).toEqual([['assistant: One.', 'assistant: Two.', 'assistant: Three.'], []])
  })

  it('that waits is taken back when the user cuts the one before it', async () => {
    const { talk, session } = await talking()
    const [first, second] = [session.say('One two three.'), session.say('Four.')]
    await talk.advance(450)
    await talk.begin()
    expect([first.outcome, second.outcome]).toEqual([
      { status: 'cut', heard: 'One', by: 'user' },
      { status: 'cut', heard: '', by: 'user' },
    ])
    await talk.pause()
    await talk.advance(3000)
    expect(talk.voice.spoken).toEqual(['One two three.'])
  })

  it('that the user may not cut is played to its end, and the user is not listened to', async () => {
    const { talk, session } = await talking({ answers: [['Good.']] })
    const handle = session.say('One two three four.', { allowInterruptions: false })
    await talk.advance(850)
    expect(talk.turns.userMuted).toBe(true)
    await talk.say('Stop.')
    await talk.advance(1000)
    expect(handle.outcome).toEqual({ status: 'played', heard: 'One two three four.' })
    expect([talk.turns.userMuted, talk.history]).toEqual([false, ['assistant: One two three four.']])
    await talk.say('Hello.')
    await talk.advance(1000)
    expect(talk.history.slice(1)).toEqual(['user: Hello.', 'assistant: Good.'])
  })

  it('that the user may not cut lets a user who speaks on take the floor when it is over', async () => {
    const { talk, session } = await talking({ answers: [['Good.']] })
    session.say('One two.', { allowInterruptions: false })
    await talk.advance(400)
    await talk.begin()
    await talk.advance(600)
    expect(session.userState).toBe('speaking')
    await talk.finish('Hello.')
    await talk.advance(2000)
    expect(talk.history).toEqual(['assistant: One two.', 'user: Hello.', 'assistant: Good.'])
  })

  it('that the user may not cut leaves the mute strategies of the application in force', async () => {
    const strategy = {
      name: 'afterTen',
      initial: () => undefined,
      on: (state: undefined, _event: unknown, { nowMs }: { nowMs: number }) => ({ state, muted: nowMs >= 10_000 }),
    }
    const { talk, session } = await talking({ turns: { userMuteStrategies: [strategy] } })
    session.say('One.', { allowInterruptions: false })
    await talk.advance(9000)
    expect(talk.turns.userMuted).toBe(false)
    await talk.advance(1000)
    await talk.begin()
    expect(talk.turns.userMuted).toBe(true)
  })

  it('can stay out of the context and is heard all the same', async () => {
    const { talk, session } = await talking()
    const handle = session.say('One moment.', { appendToContext: false })
    await talk.advance(2000)
    expect([handle.outcome, talk.history]).toEqual([{ status: 'played', heard: 'One moment.' }, []])
  })

  it('that cannot be spoken has failed with the reason', async () => {
    const error = new PcError('No such voice.', { code: 'no-voice', kind: 'config' })
    const { talk, session } = await talking({ voice: { delivery: () => refusing(error) } })
    const handle = session.say('One two.')
    await talk.advance(100)
    expect(handle.outcome).toEqual({ status: 'failed', heard: '', error })
  })

  it('of which one sentence cannot be spoken has failed, and tells what was heard', async () => {
    const error = new PcError('Busy.', { code: 'busy', kind: 'quota' })
    const { talk, session } = await talking({
      voice: {
        delivery(text, options) {
          if (text !== 'Three.') return this.usual(text, options)
          return refusing(error)
        },
      },
    })
    const handle = session.say('One two. Three.')
    await talk.advance(2000)
    expect(handle.outcome).toEqual({ status: 'failed', heard: 'One two.', error })
  })

  it('that a processor swallows is given up, and the next is said', async () => {
    let swallow = true
    const hole = new Probe('hole', (frame, direction, ctx) => {
      if (!swallow || frame.type !== 'pc/speech-mark') ctx.push(frame, direction)
    })
    const { talk, session } = await talking({ between: [hole] })
    const [first, second] = [session.say('One.'), session.say('Two.')]
    await talk.advance(59_000)
    expect(first.outcome).toBeUndefined()
    swallow = false
    await talk.advance(3000)
    expect(first.outcome).toMatchObject({ status: 'failed', error: { code: 'speech-timeout', kind: 'timeout' } })
    expect(second.outcome).toEqual({ status: 'played', heard: 'Two.' })
  })

  it('that is given up is not heard later', async () => {
    const { talk, session } = await talking({ between: [delay('gate', 70_000, 'TTSStartedFrame')] })
    const handle = session.say('One.')
    await talk.advance(90_000)
    expect([handle.outcome?.status, talk.output.written]).toEqual(['failed', []])
  })

  it('is played when it has left the output, whatever stands behind that', async () => {
    const clock = new TestClock()
    const list = [new ScriptedVoice(), new RecordingOutput(), delay('slow', 5000, 'TTSStartedFrame')]
    const task = new PipelineTask(new Pipeline(list), {}, { runtime: createTestRuntime(clock), idleTimeoutSecs: null })
    const session = new Session(task)
    void session.run()
    const handle = session.say('One.')
    await clock.advance(500)
    expect(handle.outcome).toEqual({ status: 'played', heard: 'One.' })
    await session.close({ drain: false })
  })

  it('is said although an answer never ended, after a while', async () => {
    const hole = new Probe('hole', (frame, direction, ctx) => {
      if (frame.type !== 'LLMFullResponseEndFrame') ctx.push(frame, direction)
    })
    const { talk, session } = await talking({ answers: [['Good.']], between: [hole] })
    await talk.say('Hello.')
    await talk.advance(2000)
    const handle = session.say('One.')
    await talk.advance(59_000)
    expect(handle.outcome).toBeUndefined()
    await talk.advance(3000)
    expect(handle.outcome).toEqual({ status: 'played', heard: 'One.' })
  })
})

describe('the application interrupts', () => {
  it('a speech, and those behind it are said all the same', async () => {
    const { talk, session } = await talking()
    const [first, second] = [session.say('One two three.'), session.say('Four.')]
    await talk.advance(450)
    const outcome = await first.interrupt()
    expect(outcome).toEqual({ status: 'cut', heard: 'One', by: 'application' })
    await talk.advance(1000)
    expect([second.outcome?.status, talk.history]).toEqual(['played', ['assistant: One', 'assistant: Four.']])
  })

  it('a speech that waits, and the one that is being said goes on', async () => {
    const { talk, session } = await talking()
    const [first, second] = [session.say('One two three.'), session.say('Four.')]
    await talk.advance(450)
    expect(await second.interrupt()).toEqual({ status: 'cut', heard: '', by: 'application' })
    await talk.advance(2000)
    expect([first.outcome?.status, talk.voice.spoken]).toEqual(['played', ['One two three.']])
  })

  it('a speech that is over, and nothing happens', async () => {
    const { talk, session } = await talking()
    const first = session.say('One.')
    await talk.advance(500)
    const second = session.say('Two three.')
    expect(await first.interrupt()).toEqual({ status: 'played', heard: 'One.' })
    await talk.advance(2000)
    expect(second.outcome?.status).toBe('played')
  })

  it('everything: what is said, what waits, and one that the user may not cut', async () => {
    const { talk, session } = await talking()
    const first = session.say('One two three.', { allowInterruptions: false })
    const second = session.say('Four.')
    await talk.advance(450)
    await session.interrupt()
    expect([first.outcome, second.outcome]).toEqual([
      { status: 'cut', heard: 'One', by: 'application' },
      { status: 'cut', heard: '', by: 'application' },
    ])
    await talk.advance(2000)
    expect(talk.history).toEqual(['assistant: One'])
  })

  it('an answer to the user', async () => {
    const { talk, session } = await talking({ answers: [['One two three.']] })
    await talk.say('Hello.')
    await talk.advance(500)
    await session.interrupt()
    await talk.advance(2000)
    expect(talk.history).toEqual(['user: Hello.', 'assistant: One'])
  })
})

describe('a reply of the model', () => {
  it('answers the conversation as it is', async () => {
    const { talk, session } = await talking({ messages: hi, answers: [['Hello **you**. ', 'How are you?']] })
    const handle = session.generateReply()
    await talk.advance(4000)
    expect(handle.outcome).toEqual({ status: 'played', heard: 'Hello **you**. How are you?' })
    expect(talk.history).toEqual(['user: Hi', 'assistant: Hello **you**. How are you?'])
  })

  it('may have instructions of its own, which do not stay in the conversation', async () => {
    const { talk, session } = await talking({ messages: hi, answers: [['Good day.'], ['Yes.']] })
    session.generateReply({ instructions: 'Greet formally.' })
    await talk.advance(2000)
    session.generateReply()
    await talk.advance(1000)
    expect(talk.model.asked.map(tell)).toEqual([
      ['user: Hi', 'developer: Greet formally.'],
      ['user: Hi', 'assistant: Good day.'],
    ])
    expect(talk.history).toEqual(['user: Hi', 'assistant: Good day.', 'assistant: Yes.'])
  })

  it('to what the user typed has it in the conversation at once, and behind what is being said', async () => {
    const { talk, session } = await talking({ answers: [['Good.']] })
    session.say('One two.')
    await talk.advance(400)
    const handle = session.generateReply({ userInput: 'Next' })
    expect(talk.history).toEqual(['assistant: One', 'user: Next'])
    await talk.advance(2000)
    expect(handle.outcome?.status).toBe('played')
    expect(talk.history).toEqual(['assistant: One two.', 'user: Next', 'assistant: Good.'])
    expect(tell(talk.model.asked[0] ?? [])).toEqual(['assistant: One two.', 'user: Next'])
  })

  it('goes on through the functions that the model calls, several times', async () => {
    const look: FunctionDefinition = { name: 'look', description: '', handler: () => 'blue' }
    const { talk, session } = await talking({
      messages: hi,
      tools: [look],
      answers: [['Let me see. ', call('look')], ['And again. ', call('look')], ['It is blue.']],
    })
    const handle = session.generateReply()
    const settled = track(talk, handle.played)
    await talk.advance(2200)
    expect([handle.heard, handle.outcome]).toEqual(['Let me see. And again.', undefined])
    await talk.advance(2000)
    expect(settled.map(({ outcome }) => outcome)).toEqual([
      { status: 'played', heard: 'Let me see. And again. It is blue.' },
    ])
    expect(talk.model.asked).toHaveLength(3)
  })

  it('is over when its functions give nothing to say', async () => {
    const note: FunctionDefinition = {
      name: 'note',
      description: '',
      handler: () => null,
    }
    const { talk, session } = await talking({ messages: hi, tools: [note], answers: [['Noted. ', call('note')]] })
    const handle = session.generateReply()
    await talk.advance(2000)
    expect([handle.outcome, talk.model.asked.length]).toEqual([{ status: 'played', heard: 'Noted.' }, 1])
  })

  it('does not wait for functions that run in the background', async () => {
    const slow: FunctionDefinition = {
      name: 'slow',
      description: '',
      background: true,
      handler: () => new Promise(() => {}),
    }
    const { talk, session } = await talking({ messages: hi, tools: [slow], answers: [['It runs. ', call('slow')]] })
    const handle = session.generateReply()
    await talk.advance(2000)
    expect([handle.outcome, session.agentState]).toEqual([{ status: 'played', heard: 'It runs.' }, 'listening'])
  })

  it('waits while functions run for an answer to the user', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const look: FunctionDefinition = { name: 'look', description: '', handler: () => promise }
    const { talk, session } = await talking({ tools: [look], answers: [[call('look')], ['Blue.'], ['Good.']] })
    await talk.say('Hello.')
    const handle = session.generateReply()
    await talk.advance(1000)
    expect(talk.model.asked).toHaveLength(1)
    resolve('blue')
    await talk.advance(2000)
    expect([handle.outcome, talk.history.slice(-2)]).toEqual([
      { status: 'played', heard: 'Good.' },
      ['assistant: Blue.', 'assistant: Good.'],
    ])
  })

  it('that waits for a function does not keep that from speaking', async () => {
    const parts: { session?: Session } = {}
    const look: FunctionDefinition = {
      name: 'look',
      description: '',
      handler: async () => (await parts.session?.say('One moment.').played)?.status,
    }
    const { talk, session } = await talking({ tools: [look], answers: [[{ pauseMs: 100 }, call('look')], ['Blue.']] })
    parts.session = session
    await talk.say('Hello.')
    const handle = session.generateReply()
    await talk.advance(4000)
    expect(handle.outcome?.status).toBe('played')
    expect(talk.history.filter((line) => line.startsWith('assistant'))).toEqual([
      'assistant: One moment.',
      'assistant: Blue.',
      'assistant: Yes.',
    ])
  })

  it('is cut with what a function says meanwhile, by the application', async () => {
    const look: FunctionDefinition = { name: 'look', description: '', handler: () => new Promise(() => {}) }
    const { talk, session } = await talking({ messages: hi, tools: [look], answers: [['Hm. ', call('look')]] })
    const reply = session.generateReply()
    await talk.advance(1000)
    const said = session.say('One two three.')
    await talk.advance(450)
    expect(await said.interrupt()).toEqual({ status: 'cut', heard: 'One', by: 'application' })
    expect(reply.outcome).toEqual({ status: 'cut', heard: 'Hm.', by: 'application' })
  })

  it('goes on behind its functions also where a voice does not tell that it has ended', async () => {
    const audio = new Int16Array(24_000).fill(1000)
    const voice = new Probe('plain voice', (frame, direction, ctx) => {
      if (frame.type === 'LLMTextFrame') ctx.push(new TTSAudioRawFrame(audio, 24_000))
      ctx.push(frame, direction)
    })
    const look: FunctionDefinition = { name: 'look', description: '', handler: () => 'blue' }
    const { talk, session } = await talking({
      messages: hi,
      tools: [look],
      between: [voice],
      answers: [['Let me see. ', call('look')], ['Blue.']],
    })
    await talk.send(new LLMConfigureOutputFrame(true))
    const handle = session.generateReply()
    await talk.advance(10_000)
    expect(handle.outcome).toEqual({ status: 'played', heard: 'Let me see. Blue.' })
  })

  it('that the user may not cut is not cut while it is being made', async () => {
    const { talk, session } = await talking({ messages: hi, answers: [[{ pauseMs: 500 }, 'Good day.']] })
    const handle = session.generateReply({ allowInterruptions: false })
    await talk.advance(100)
    await talk.begin()
    await talk.advance(200)
    await talk.pause()
    await talk.advance(2000)
    expect(handle.outcome).toEqual({ status: 'played', heard: 'Good day.' })
  })

  it('with instructions reads results that were waiting to be read', async () => {
    const { talk, session } = await talking({ messages: hi })
    talk.context.hasUnreadResults = true
    session.generateReply({ instructions: 'Read them.' })
    await talk.advance(1000)
    await talk.begin()
    await talk.pause()
    await talk.advance(6000)
    expect(talk.model.asked).toHaveLength(1)
  })

  it('has not failed when another attempt, or another model, made it good', async () => {
    const { talk, session } = await talking({
      messages: hi,
      answers: [
        async function* () {
          this.pushError(new PcError('Down.', { code: 'down', kind: 'transient' }))
          await sleep(this.runtime.clock, 100)
          yield 'Good day.'
        },
      ],
    })
    const handle = session.generateReply()
    await talk.advance(2000)
    expect(handle.outcome).toEqual({ status: 'played', heard: 'Good day.' })
  })

  it('has not failed because a function has: the model speaks about that', async () => {
    const look: FunctionDefinition = { name: 'look', description: '', handler: () => Promise.reject(new Error('dark')) }
    const { talk, session } = await talking({ messages: hi, tools: [look], answers: [[call('look')], []] })
    const handle = session.generateReply()
    await talk.advance(2000)
    expect([handle.outcome, talk.errorCodes]).toEqual([{ status: 'played', heard: '' }, ['function-failed']])
  })

  it('leaves room for what a function says meanwhile', async () => {
    const heard: SpeechOutcome[] = []
    const parts: { session?: Session } = {}
    const look: FunctionDefinition = {
      name: 'look',
      description: '',
      handler: async () => {
        const outcome = await parts.session?.say('One moment.').played
        if (outcome !== undefined) heard.push(outcome)
        return 'blue'
      },
    }
    const { talk, session } = await talking({
      messages: hi,
      tools: [look],
      answers: [['Hm. ', call('look')], ['It is blue.']],
    })
    parts.session = session
    const handle = session.generateReply()
    await talk.advance(5000)
    expect(heard).toEqual([{ status: 'played', heard: 'One moment.' }])
    expect(handle.outcome).toEqual({ status: 'played', heard: 'Hm. It is blue.' })
  })

  it('that the user cuts while a function runs is over with it', async () => {
    const look: FunctionDefinition = { name: 'look', description: '', handler: () => new Promise(() => {}) }
    const { talk, session } = await talking({ messages: hi, tools: [look], answers: [['Hm. ', call('look')]] })
    const handle = session.generateReply()
    await talk.advance(2000)
    expect([handle.outcome, session.agentState]).toEqual([undefined, 'thinking'])
    await talk.begin()
    expect(handle.outcome).toEqual({ status: 'cut', heard: 'Hm.', by: 'user' })
  })

  it('whose function never ends is given up', async () => {
    const look: FunctionDefinition = { name: 'look', description: '', handler: () => new Promise(() => {}) }
    const { talk, session } = await talking({ messages: hi, tools: [look], answers: [['Hm. ', call('look')]] })
    const handle = session.generateReply()
    await talk.advance(62_000)
    expect(handle.outcome).toMatchObject({ status: 'failed', heard: 'Hm.', error: { code: 'speech-timeout' } })
  })

  it('that the model fails to give has failed, also behind a part of it', async () => {
    const error = new PcError('Quota.', { code: 'quota', kind: 'quota' })
    const { talk, session } = await talking({
      messages: hi,
      answers: [
        async function* () {
          yield 'One two. '
          throw error
        },
      ],
    })
    const handle = session.generateReply()
    await talk.advance(2000)
    expect(handle.outcome).toEqual({ status: 'failed', heard: 'One two.', error })
  })

  it('of a model that has nothing to say is played, and empty', async () => {
    const { talk, session } = await talking({ messages: hi, answers: [[]] })
    const handle = session.generateReply()
    await talk.advance(100)
    expect(handle.outcome).toEqual({ status: 'played', heard: '' })
  })
})
