import { describe, expect, it } from 'vitest'
import { RecordingOutput } from '../../test/recording-output.ts'
import { LoudnessVAD, Microphone } from '../../test/ears.ts'
import { delay, Probe } from '../../test/support.ts'
import { call, ScriptedModel, ScriptedVoice, Talk, type TalkOptions, tell } from '../../test/talk.ts'
import {
  BaseTransport,
  CancelFrame,
  EndFrame,
  ErrorFrame,
  type FunctionDefinition,
  InterimTranscriptionFrame,
  LLMContext,
  PcError,
  Pipeline,
  PipelineTask,
  PlayoutReportFrame,
  Session,
  type SessionEndReason,
  type SessionEvents,
  type SessionOptions,
  type SessionParts,
  StopFrame,
  TextFrame,
} from '../index.ts'
import { createTestRuntime, TestClock } from '../testing/index.ts'

type Told = { [K in keyof SessionEvents]: SessionEvents[K][0][] }

function listen(session: Session): Told {
  const told: Told = {
    userStateChanged: [],
    agentStateChanged: [],
    userInputTranscribed: [],
    conversationItemAdded: [],
    conversationItemCorrected: [],
    functionToolsExecuted: [],
    metrics: [],
    error: [],
    close: [],
  }
  session.on('userStateChanged', (change) => told.userStateChanged.push(change))
  session.on('agentStateChanged', (change) => told.agentStateChanged.push(change))
  session.on('userInputTranscribed', (input) => told.userInputTranscribed.push(input))
  session.on('conversationItemAdded', (item) => told.conversationItemAdded.push(item))
  session.on('conversationItemCorrected', (item) => told.conversationItemCorrected.push(item))
  session.on('functionToolsExecuted', (tools) => told.functionToolsExecuted.push(tools))
  session.on('metrics', (metrics) => told.metrics.push(metrics))
  session.on('error', (error) => told.error.push(error))
  session.on('close', (reason) => told.close.push(reason))
  return told
}

async function talking(options: TalkOptions = {}, own: SessionOptions = {}) {
  const talk = new Talk(options)
  const session = new Session(talk.task, own)
  const told = listen(session)
  await talk.clock.settle()
  return { talk, session, told }
}

describe('who speaks', () => {
  it('the agent listens, thinks, speaks and listens again', async () => {
    const { talk, session, told } = await talking({ answers: [[{ pauseMs: 300 }, 'Good.']] })
    await talk.say('Hello.')
    await talk.advance(10)
    expect(session.agentState).toBe('thinking')
    await talk.advance(2000)
    expect(told.agentStateChanged.map(({ from, to }) => `${from} > ${to}`)).toEqual([
      'initializing > listening',
      'listening > thinking',
      'thinking > speaking',
      'speaking > listening',
    ])
  })

  it('the agent thinks without a break while functions run and their results are read', async () => {
    const look: FunctionDefinition = { name: 'look', description: '', handler: () => 'blue' }
    const { talk, told } = await talking({ tools: [look], answers: [[call('look')], [{ pauseMs: 100 }, 'Blue.']] })
    await talk.say('Hello.')
    await talk.advance(2000)
    expect(told.agentStateChanged.map(({ to }) => to)).toEqual(['listening', 'thinking', 'speaking', 'listening'])
  })

  it('the agent does not think any more when the user has cut in before its first word', async () => {
    const { talk, session } = await talking({ answers: [[{ pauseMs: 3000 }, 'Good.']] })
    await talk.say('Hello.')
    await talk.advance(100)
    expect(session.agentState).toBe('thinking')
    await talk.begin()
    await talk.advance(100)
    expect(session.agentState).toBe('listening')
  })

  it('the user speaks for the length of a turn', async () => {
    const { talk, session, told } = await talking()
    await talk.begin()
    expect(session.userState).toBe('speaking')
    await talk.advance(500)
    await talk.finish('Hello.')
    await talk.advance(1000)
    expect(told.userStateChanged).toEqual([
      { from: 'listening', to: 'speaking' },
      { from: 'speaking', to: 'listening' },
    ])
  })

  it('the user is away when nobody has spoken for long, and back when they speak', async () => {
    const { talk, session } = await talking({}, { userAwaySecs: 4 })
    session.say('One two.')
    await talk.advance(4700)
    expect(session.userState).toBe('listening')
    await talk.advance(200)
    expect(session.userState).toBe('away')
    session.say('Are you there?')
    await talk.advance(5000)
    expect(session.userState).toBe('away')
    await talk.begin()
    expect(session.userState).toBe('speaking')
  })

  it('the user is back when they type, and never away if so wanted', async () => {
    const { talk, session } = await talking({}, { userAwaySecs: 4 })
    await talk.advance(5000)
    session.generateReply({ userInput: 'Here' })
    expect(session.userState).toBe('listening')
    const never = await talking({}, { userAwaySecs: null })
    await never.talk.advance(60_000)
    expect(never.session.userState).toBe('listening')
  })
})

describe('what is told of a conversation', () => {
  it('what the user says, while it is understood', async () => {
    const { talk, told } = await talking()
    await talk.begin()
    await talk.send(new InterimTranscriptionFrame('Hel', 'user', '', { language: 'en' }))
    await talk.finish('Hello.')
    expect(told.userInputTranscribed).toEqual([
      { transcript: 'Hel', isFinal: false, userId: 'user', language: 'en' },
      { transcript: 'Hello.', isFinal: true, userId: 'user', language: undefined },
    ])
  })

  it('nothing of what a user says who is muted', async () => {
    const { talk, session, told } = await talking()
    session.say('One two.', { allowInterruptions: false })
    await talk.advance(300)
    await talk.recognise('Hello.')
    expect(told.userInputTranscribed).toEqual([])
  })

  it('every message, once and as it stands in the context', async () => {
    const { talk, session, told } = await talking({ answers: [['One two three.'], ['Good.']] })
    await talk.say('Hello.')
    await talk.advance(850)
    await talk.say('Stop.')
    await talk.advance(1000)
    session.generateReply({ userInput: 'Go on' })
    const items = told.conversationItemAdded.map(({ role, text, interrupted }) => ({ role, text, interrupted }))
    expect(items).toEqual([
      { role: 'user', text: 'Hello.', interrupted: false },
      { role: 'assistant', text: 'One two', interrupted: true },
      { role: 'user', text: 'Stop.', interrupted: false },
      { role: 'assistant', text: 'Good.', interrupted: false },
      { role: 'user', text: 'Go on', interrupted: false },
    ])
    expect(items.map(({ role, text }) => `${role}: ${text}`)).toEqual(talk.history)
    expect(told.conversationItemAdded[0]?.timestamp).toMatch(/^2026-01-01T00:00:/)
  })

  it('what a client says was really heard', async () => {
    const { talk, session, told } = await talking()
    await talk.send(new PlayoutReportFrame(undefined, 0, false))
    session.say('One two three four.')
    await talk.advance(1500)
    await talk.begin()
    await talk.send(new PlayoutReportFrame(talk.writtenContexts[0], 450, true))
    expect(told.conversationItemAdded.map(({ text }) => text)).toEqual(['One two three'])
    expect(told.conversationItemCorrected.map(({ text }) => text)).toEqual(['One'])
  })

  it('the functions that the model called together, when the last is over', async () => {
    const tools: FunctionDefinition[] = [
      { name: 'look', description: '', handler: ({ at }) => ({ at, sky: 'blue' }) },
      { name: 'slow', description: '', timeoutSecs: 2, handler: () => new Promise(() => {}) },
    ]
    const { talk, told } = await talking({ tools, answers: [[call('look', '{"at":"noon"}'), call('slow')]] })
    await talk.say('Hello.')
    await talk.advance(1000)
    expect(told.functionToolsExecuted).toEqual([])
    await talk.advance(2000)
    expect(told.functionToolsExecuted).toEqual([
      [
        {
          id: 'call-look',
          name: 'look',
          arguments: { at: 'noon' },
          result: { at: 'noon', sky: 'blue' },
          cancelled: false,
        },
        { id: 'call-slow', name: 'slow', arguments: {}, result: undefined, cancelled: true },
      ],
    ])
  })

  it('measurements and trouble, under their names and by the Pipecat spelling', async () => {
    const { talk, session, told } = await talking({ params: { enableMetrics: true } })
    const spelled: string[] = []
    session.eventHandler('on_agent_state_changed', ({ to }) => spelled.push(to))
    await talk.say('Hello.')
    const error = new PcError('No.', { code: 'no', kind: 'transient' })
    talk.model.pushFrame(new ErrorFrame(error, 'model'), 'upstream')
    expect(told.metrics.flatMap(({ data }) => data.map(({ kind }) => kind))).toContain('ttfb')
    expect(told.error).toEqual([{ error, processor: 'model', fatal: false }])
    expect(spelled).toContain('speaking')
  })

  it('goes on when a listener fails', async () => {
    const { talk, session } = await talking()
    session.on('agentStateChanged', () => {
      throw new Error('mine')
    })
    const handle = session.say('One.')
    await talk.advance(1000)
    expect(handle.outcome?.status).toBe('played')
  })
})

describe('the end of a session', () => {
  const fatal = (kind: 'auth' | 'internal' | 'transient'): ErrorFrame =>
    new ErrorFrame(new PcError('No.', { code: 'no', kind }), 'model', { fatal: true })

  it.each<[string, (talk: Talk) => unknown, Partial<SessionEndReason>]>([
    ['by an EndFrame', ({ task }) => task.queueFrame(new EndFrame('bye')), { type: 'completed', note: 'bye' }],
    ['by a StopFrame', ({ task }) => task.queueFrame(new StopFrame()), { type: 'completed', fault: 'nobody' }],
    ['by a cancel', ({ task }) => task.cancel('mine'), { type: 'cancelled', fault: 'application', note: 'mine' }],
    ['by a CancelFrame', ({ task }) => task.queueFrame(new CancelFrame()), { type: 'cancelled', fault: 'application' }],
    ['by a wrong key', ({ model }) => model.pushFrame(fatal('auth'), 'upstream'), { fault: 'configuration' }],
    ['by an exception', ({ model }) => model.pushFrame(fatal('internal'), 'upstream'), { fault: 'application' }],
    [
      'by a service that is down',
      ({ model }) => model.pushFrame(fatal('transient'), 'upstream'),
      { type: 'failed', fault: 'service', processor: 'model' },
    ],
    ['by silence', ({ clock }) => clock.advance(11_000), { type: 'userIdle', fault: 'user' }],
    [
      'by a processor that holds the end up',
      ({ task }) => {
        void task.queueFrames([new TextFrame('held', { skipTts: true }), new EndFrame()])
      },
      { type: 'stuck', fault: 'service', step: 'end', holders: ['holder'] },
    ],
  ])('%s has a reason that says whose fault it was', async (_how, end, reason) => {
    const { talk, session, told } = await talking({
      task: { idleTimeoutSecs: 10, endTimeoutSecs: 5 },
      between: [delay('holder', 1e9)],
    })
    expect(session.endReason).toBeUndefined()
    await end(talk)
    await talk.ended()
    expect(session.endReason).toMatchObject(reason)
    expect(await session.ended).toBe(session.endReason)
    expect(told.close).toEqual([session.endReason])
  })

  it('by a setup that hangs', async () => {
    const { talk, session } = await talking({
      before: [
        Object.assign(new Probe('hung', () => {}), {
          onSetup: () => new Promise<void>(() => {}),
        }),
      ],
    })
    const handle = session.say('One.')
    await talk.ended()
    expect(session.endReason).toEqual({ type: 'stuck', fault: 'service', step: 'setup', holders: ['hung'] })
    expect(handle.outcome).toEqual({ status: 'ended', heard: '' })
    await expect(session.started).rejects.toMatchObject({ code: 'not-started' })
  })

  it('settles every speech with what was heard, before it is told', async () => {
    const { talk, session } = await talking()
    const handles = [session.say('One two three.'), session.say('Four.')]
    const atClose: unknown[] = []
    session.on('close', () => atClose.push(...handles.map(({ outcome }) => outcome)))
    await talk.advance(450)
    void talk.task.cancel()
    await talk.ended()
    expect(atClose).toEqual([
      { status: 'ended', heard: 'One' },
      { status: 'ended', heard: '' },
    ])
  })

  it('comes when all was heard that was asked for, and nothing more is taken', async () => {
    const { talk, session } = await talking()
    const handles = [session.say('One.'), session.say('Two.')]
    const closed = session.close()
    expect(() => session.say('Three.')).toThrow(expect.objectContaining({ code: 'session-ended' }))
    await talk.ended()
    expect(await closed).toEqual({ type: 'completed', fault: 'nobody', note: undefined })
    expect(handles.map(({ outcome }) => outcome?.status)).toEqual(['played', 'played'])
    expect(() => session.say('Four.')).toThrow(PcError)
    expect(() => session.generateReply({ userInput: 'Lost' })).toThrow(PcError)
    expect(talk.history).toEqual(['assistant: One.', 'assistant: Two.'])
    expect(await session.close()).toBe(session.endReason)
  })

  it('comes at once if so wanted', async () => {
    const { talk, session } = await talking()
    const handle = session.say('One two three.')
    await talk.advance(450)
    const reason = await session.close({ drain: false })
    expect(reason.type).toBe('completed')
    expect(handle.outcome).toEqual({ status: 'ended', heard: 'One' })
  })

  it('comes to one that was never run', async () => {
    const session = new Session(new PipelineTask(new Pipeline([new ScriptedVoice()])))
    const { played } = session.say('One.')
    expect((await session.close()).type).toBe('completed')
    expect((await played).status).toBe('ended')
    expect(() => new Session(session.task)).toThrow(expect.objectContaining({ code: 'invalid-session' }))
  })
})

class Line extends BaseTransport<{ readonly id: string }> {
  readonly out = new RecordingOutput()
  stopped = 0
  protected override createInput(): Microphone {
    return new Microphone()
  }
  protected override createOutput(): RecordingOutput {
    return this.out
  }
  override async stop(): Promise<void> {
    this.stopped++
  }
  hangUp(): void {
    this.emit('clientDisconnected', { id: 'caller' })
  }
}

describe('a session of parts', () => {
  function make(parts: Partial<SessionParts> = {}) {
    const clock = new TestClock()
    const transport = new Line()
    const llm = new ScriptedModel([['Good day.']])
    const session = new Session({
      llm,
      tts: new ScriptedVoice(),
      transport,
      task: { runtime: createTestRuntime(clock), idleTimeoutSecs: null },
      ...parts,
    })
    return { clock, transport, llm, session }
  }

  it('builds its pipeline, runs it and stops its transport', async () => {
    const { clock, transport, llm, session } = make({ instructions: 'Be brief.' })
    const run = session.run()
    const handle = session.generateReply()
    await clock.advance(2000)
    expect(handle.outcome).toEqual({ status: 'played', heard: 'Good day.' })
    expect(tell(llm.asked[0] ?? [])).toEqual(['system: Be brief.'])
    expect(transport.out.writtenMs).toBeGreaterThan(800)
    void session.close()
    await clock.advanceUntil(() => session.task.hasFinished())
    expect([(await run).type, transport.stopped]).toEqual(['completed', 1])
  })

  it.each([
    [undefined, { type: 'userLeft', fault: 'user' }],
    [false, undefined],
  ])('ends when the client leaves, unless told otherwise (%s)', async (closeOnDisconnect, reason) => {
    const { clock, transport, session } = make({ closeOnDisconnect })
    const run = session.run()
    await clock.advance(100)
    transport.hangUp()
    await clock.advance(100)
    expect(session.endReason).toEqual(reason)
    void session.close({ drain: false })
    await run
  })

  it('speaks without a transport as fast as it can, and delivers text where there is no voice', async () => {
    const fast = make({ transport: undefined })
    void fast.session.run()
    const said = fast.session.say('One two.')
    await fast.clock.advance(0)
    expect(said.outcome).toEqual({ status: 'played', heard: 'One two.' })
    const silent = make({ transport: undefined, tts: undefined })
    void silent.session.run()
    const [reply, unsaid] = [silent.session.generateReply(), silent.session.say('One.')]
    await silent.clock.advance(0)
    expect(reply.outcome).toEqual({ status: 'played', heard: 'Good day.' })
    expect(unsaid.outcome).toMatchObject({ status: 'failed', error: { code: 'speech-not-spoken' } })
    await Promise.all([fast.session.close({ drain: false }), silent.session.close({ drain: false })])
  })

  it('puts its parts where they belong', () => {
    const { session } = make({ vad: new LoudnessVAD(), stt: new Probe('ears', () => {}) })
    const names = session.task.describe().split('\n')
    expect(names.map((line) => line.trim().replace(/#\d+.*$/, ''))).toEqual([
      'Microphone',
      'VADProcessor',
      'ears',
      'TurnProcessor',
      'LLMUserAggregator',
      'model',
      'voice',
      'RecordingOutput',
      'LLMAssistantAggregator',
    ])
  })

  it('rejects what contradicts itself', () => {
    const invalid = expect.objectContaining({ code: 'invalid-session' })
    expect(() => make({ context: new LLMContext(), instructions: 'Be brief.' })).toThrow(invalid)
    expect(() => make({ userAwaySecs: 0 })).toThrow(invalid)
    expect(() => make({ speechTimeoutSecs: Number.NaN })).toThrow(invalid)
  })

  it('has no reply to a conversation that does not exist', () => {
    const task = new PipelineTask(new Pipeline([new ScriptedVoice()]))
    expect(() => new Session(task).generateReply()).toThrow(expect.objectContaining({ code: 'no-context' }))
  })
})
