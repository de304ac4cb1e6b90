import { expect, test } from 'vitest'
import type { AnyFrame, Frame, FrameDirection } from '../frames/frame.ts'
import { CancelTaskFrame, InterruptionFrame } from '../frames/lifecycle.ts'
import {
  LLMAssistantPushAggregationFrame,
  LLMFullResponseEndFrame,
  LLMFullResponseStartFrame,
  LLMMessagesAppendFrame,
  LLMMessagesUpdateFrame,
  LLMRunFrame,
  LLMSetToolsFrame,
} from '../frames/llm.ts'
import { TTSSpeakFrame, TTSStartedFrame, TTSStoppedFrame } from '../frames/speech.ts'
import { AggregatedTextFrame, LLMTextFrame, TextFrame, TTSTextFrame } from '../frames/text.ts'
import { FunctionCallInProgressFrame } from '../frames/tool.ts'
import { BotSpeechHeardFrame } from '../frames/transport.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { Logger } from '../runtime/log.ts'
import { type Pause, runTest, type RunTestResult } from '../testing/run-test.ts'
import { type AssistantTurnMessage, LLMAssistantAggregator } from './assistant-aggregator.ts'
import { LLMContext } from './llm-context.ts'
import type { Message } from './messages.ts'
import { ToolsSchema } from './tools.ts'

/** Stands for an output transport: what it sends on was played. At a cut it says what was heard. */
class Output extends FrameProcessor {
  readonly isOutputTransport = true
  verdicts: readonly BotSpeechHeardFrame[] = []
  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    ctx.push(frame, direction)
  }
  override handles(): boolean {
    return false
  }
  override onInterruption(_frame: InterruptionFrame, ctx: FrameContext): void {
    for (const verdict of this.verdicts) ctx.push(verdict, 'downstream')
  }
}

interface Recorded extends RunTestResult {
  readonly messages: readonly Message[]
  readonly stopped: readonly AssistantTurnMessage[]
  readonly corrected: readonly AssistantTurnMessage[]
}

const notes: string[] = []
const log: Logger = { enabled: () => true, log: (level, message) => void (level === 'info' && notes.push(message)) }

async function record(
  frames: readonly (Frame | Pause)[],
  options: {
    verdicts?: BotSpeechHeardFrame[]
    context?: LLMContext
    list?: 'before' | 'after' | 'alone'
    stripped?: boolean
  } = {},
): Promise<Recorded> {
  const context = options.context ?? new LLMContext()
  const params = options.stripped === undefined ? {} : { expectStrippedWords: options.stripped }
  const aggregator = new LLMAssistantAggregator({ context, params })
  const output = new Output()
  output.verdicts = options.verdicts ?? []
  const stopped: AssistantTurnMessage[] = []
  const corrected: AssistantTurnMessage[] = []
  aggregator.on('assistantTurnStopped', (message) => stopped.push(message))
  aggregator.on('assistantTurnCorrected', (message) => corrected.push(message))
  const lists = { after: [output, aggregator], before: [aggregator, output], alone: [aggregator] }
  const result = await runTest(lists[options.list ?? 'after'], { frames, runtime: { log } })
  return { ...result, messages: context.messages, stopped, corrected }
}

const start = (): Frame => new LLMFullResponseStartFrame()
const end = (): Frame => new LLMFullResponseEndFrame()
const announce = (text: string, segmentId: number, contextId = 'c1', rawText?: string): Frame =>
  new AggregatedTextFrame(text, 'sentence', {
    contextId,
    segmentId,
    rawText,
    willBeSpoken: true,
    appendToContext: false,
  })
const word = (text: string, segmentId = 1, contextId = 'c1'): Frame =>
  new TTSTextFrame(text, 'word', { contextId, segmentId })
const words = (text: string, segmentId = 1, contextId = 'c1'): Frame[] =>
  text.split(' ').map((each) => word(each, segmentId, contextId))
const said = (content: string): Message => ({ role: 'assistant', content })

test('a reply that was played to its end is recorded in the words of the model', async () => {
  const { messages, stopped, down } = await record([
    start(),
    new TTSStartedFrame('c1'),
    announce('It costs five dollars.', 1, 'c1', 'It costs **$5**.'),
    ...words('It costs five dollars'),
    announce('Anything else?', 2),
    ...words('Anything else', 2),
    new TTSStoppedFrame('c1'),
    end(),
  ])
  expect(messages).toEqual([said('It costs **$5**. Anything else?')])
  expect(stopped).toEqual([
    { content: 'It costs **$5**. Anything else?', interrupted: false, timestamp: '2026-01-01T00:00:00.000Z' },
  ])
  expect(down.map(({ type }) => type).slice(-3)).toEqual([
    'LLMContextAssistantTimestampFrame',
    'LLMContextAssistantTurnFrame',
    'LLMFullResponseEndFrame',
  ])
})

test('a reply that is cut keeps the words that were played, and the verdict of the output replaces them at once', async () => {
  const frames = [
    start(),
    new TTSStartedFrame('c1'),
    announce('First one.', 1, 'c1', 'First *one*.'),
    ...words('First one.'),
    announce('Then two.', 2),
    word('Then', 2),
    new InterruptionFrame(),
  ]
  const played = await record(frames)
  expect(played.messages).toEqual([said('First *one*. Then')])
  expect(played.stopped).toMatchObject([{ content: 'First *one*. Then', interrupted: true }])

  const judged = await record(frames, { verdicts: [new BotSpeechHeardFrame('c1', 'First *one*. Then two', [], false)] })
  expect(judged.messages).toEqual([said('First *one*. Then two')])
  expect(judged.stopped).toMatchObject([{ content: 'First *one*. Then two', interrupted: true }])
  expect(judged.corrected).toEqual([])
})

test('a reply that is cut before any audio leaves no message and still closes the turn', async () => {
  const { messages, stopped, down } = await record([start(), new TTSStartedFrame('c1'), new InterruptionFrame()], {
    verdicts: [new BotSpeechHeardFrame('c1', '', [], false)],
  })
  expect(messages).toEqual([])
  expect(stopped).toMatchObject([{ content: '', interrupted: true }])
  expect(down.some(({ type }) => type === 'LLMContextFrame')).toBe(false)
})

test('what the player reports later corrects the message in its place', async () => {
  const context = new LLMContext([{ role: 'user', content: 'Hi' }])
  const { messages, corrected } = await record(
    [
      start(),
      new TTSStartedFrame('c1'),
      announce('Hello there my friend.', 1),
      ...words('Hello there my'),
      new InterruptionFrame(),
      new LLMMessagesAppendFrame([{ role: 'user', content: 'Stop' }]),
      start(),
      new TTSStartedFrame('c2'),
      announce('Fine.', 2, 'c2'),
      new BotSpeechHeardFrame('c1', 'Hello there', [], true),
      ...words('Fine.', 2, 'c2'),
      new TTSStoppedFrame('c2'),
      end(),
    ],
    { context, verdicts: [new BotSpeechHeardFrame('c1', 'Hello there my friend.', [], false)] },
  )
  expect(messages).toEqual([
    { role: 'user', content: 'Hi' },
    said('Hello there'),
    { role: 'user', content: 'Stop' },
    said('Fine.'),
  ])
  expect(corrected).toMatchObject([{ content: 'Hello there', interrupted: true }])
})

test('a late report can take the message out, and can put one in where none was', async () => {
  const cut = (heard: string): (Frame | Pause)[] => [
    start(),
    new TTSStartedFrame('c1'),
    announce('Hello there.', 1),
    word('Hello'),
    new InterruptionFrame(),
    new LLMMessagesAppendFrame([{ role: 'user', content: 'Stop' }]),
    new BotSpeechHeardFrame('c1', heard, [], true),
  ]
  expect((await record(cut(''))).messages).toEqual([{ role: 'user', content: 'Stop' }])
  const nothingYet = { verdicts: [new BotSpeechHeardFrame('c1', '', [], false)] }
  expect((await record(cut('Hello'), nothingYet)).messages).toEqual([said('Hello'), { role: 'user', content: 'Stop' }])
})

test('a report that comes after the audio was all sent corrects a turn that had closed', async () => {
  const { messages, stopped, corrected } = await record([
    start(),
    new TTSStartedFrame('c1'),
    announce('One two three.', 1),
    ...words('One two three.'),
    new TTSStoppedFrame('c1'),
    end(),
    new BotSpeechHeardFrame('c1', 'One two', [], true),
  ])
  expect(messages).toEqual([said('One two')])
  expect(stopped).toMatchObject([{ content: 'One two three.', interrupted: false }])
  expect(corrected).toMatchObject([{ content: 'One two' }])
})

test('of two replies in flight each keeps its own words when both are cut', async () => {
  const { messages } = await record(
    [
      start(),
      new TTSStartedFrame('c1'),
      announce('Alpha one.', 1),
      ...words('Alpha one.'),
      new TTSStoppedFrame('c1'),
      end(),
      start(),
      new TTSStartedFrame('c2'),
      announce('Beta two three.', 2, 'c2'),
      word('Beta', 2, 'c2'),
      new InterruptionFrame(),
    ],
    {
      verdicts: [new BotSpeechHeardFrame('c1', 'Alpha', [], true), new BotSpeechHeardFrame('c2', 'Beta two', [], true)],
    },
  )
  expect(messages).toEqual([said('Alpha'), said('Beta two')])
})

test('speech of the application that is cut short keeps the spoken part and closes its turn', async () => {
  const { messages, stopped } = await record([
    new TTSStartedFrame('greeting'),
    announce('Welcome to the shop.', 1, 'greeting'),
    ...words('Welcome to', 1, 'greeting'),
    new InterruptionFrame(),
  ])
  expect(messages).toEqual([said('Welcome to')])
  expect(stopped).toMatchObject([{ content: 'Welcome to', interrupted: true }])
})

test('speech of the application is a message of its own, unless it is not to be recorded', async () => {
  const { messages } = await record([
    new TTSStartedFrame('greeting'),
    announce('Welcome.', 1, 'greeting'),
    word('Welcome.', 1, 'greeting'),
    new TTSStoppedFrame('greeting'),
    new TTSStartedFrame('aside', { appendToContext: false }),
    announce('One moment.', 2, 'aside'),
    ...words('One moment.', 2, 'aside'),
    new TTSStoppedFrame('aside'),
    new TTSStartedFrame('offer'),
    announce('We have pie.', 3, 'offer'),
    ...words('We have pie.', 3, 'offer'),
    new TTSStoppedFrame('offer'),
  ])
  expect(messages).toEqual([said('Welcome.'), said('We have pie.')])
})

test('speech that was not to be recorded leaves nothing behind when it is cut', async () => {
  const { messages } = await record(
    [
      new TTSStartedFrame('c1', { appendToContext: false }),
      announce('One moment.', 1),
      word('One'),
      new InterruptionFrame(),
      new TTSStartedFrame('c1'),
      announce('Hello.', 2),
      word('Hello.', 2),
      new TTSStoppedFrame('c1'),
    ],
    { verdicts: [new BotSpeechHeardFrame('c1', 'One', [], true, false)] },
  )
  expect(messages).toEqual([said('Hello.')])
})

test('an utterance whose id was used before is a new one', async () => {
  const speak = (text: string, segmentId: number): Frame[] => [
    new TTSStartedFrame('c1'),
    announce(text, segmentId),
    word(text, segmentId),
    new TTSStoppedFrame('c1'),
  ]
  const [, ...unrecorded] = speak('Zero.', 0)
  const { messages } = await record([
    new TTSStartedFrame('c1', { appendToContext: false }),
    ...unrecorded,
    ...speak('One.', 1),
    ...speak('Two.', 2),
    new BotSpeechHeardFrame('c1', '', [], true),
  ])
  expect(messages).toEqual([said('One.')])
})

test('text in the same response as a tool call stands before it, once, though it is heard later', async () => {
  const { messages } = await record([
    start(),
    new TTSStartedFrame('c1'),
    new FunctionCallInProgressFrame(
      { functionName: 'look', toolCallId: 't1', arguments: { at: 'sky' } },
      { groupId: 'g' },
    ),
    announce('Let me look.', 1),
    ...words('Let me look.'),
    new TTSStoppedFrame('c1'),
    end(),
  ])
  expect(messages).toEqual([
    said('Let me look.'),
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 't1', type: 'function', function: { name: 'look', arguments: '{"at":"sky"}' } }],
    },
    { role: 'tool', tool_call_id: 't1', content: 'IN_PROGRESS' },
  ])
})

test('a reply that is cut inside a tool call keeps what was heard ahead of the call', async () => {
  const { messages } = await record(
    [
      start(),
      new TTSStartedFrame('c1'),
      announce('Let me look.', 1),
      word('Let', 1),
      new InterruptionFrame(),
      new FunctionCallInProgressFrame({ functionName: 'look', toolCallId: 't1', arguments: {} }),
    ],
    { verdicts: [new BotSpeechHeardFrame('c1', 'Let me', [], true)] },
  )
  expect(messages.map((message) => 'role' in message && [message.role, message.content])).toEqual([
    ['assistant', 'Let me'],
    ['assistant', null],
    ['tool', 'IN_PROGRESS'],
  ])
})

test('an empty response closes its turn without a message', async () => {
  const { messages, stopped } = await record([start(), end()])
  expect(messages).toEqual([])
  expect(stopped).toMatchObject([{ content: '', interrupted: false }])
})

test('text that is not spoken is recorded as it was generated, with its spaces', async () => {
  const pieces = ['Hel', 'lo', ' wor', 'ld'].map((text) => new LLMTextFrame(text, { skipTts: true }))
  const { messages, down } = await record([
    start(),
    ...pieces,
    new LLMTextFrame('!', { appendToContext: false }),
    end(),
  ])
  expect(messages).toEqual([said('Hello world')])
  expect(down.filter(({ type }) => type === 'LLMTextFrame')).toHaveLength(5)
})

test('text that is shown and not spoken keeps its place between spoken segments, also when they are cut', async () => {
  const shown = (text: string, segmentId: number): Frame =>
    new AggregatedTextFrame(text, 'code', { contextId: 'c1', segmentId, rawText: `\`${text}\`` })
  const frames = [
    start(),
    shown('cd', 1),
    new TTSStartedFrame('c1'),
    announce('Run this:', 2),
    ...words('Run this:', 2),
    shown('ls', 3),
    announce('That is all.', 4),
    ...words('That is', 4),
  ]
  const whole = await record([...frames, word('all.', 4), new TTSStoppedFrame('c1'), end()])
  expect(whole.messages).toEqual([said('`cd` Run this: `ls` That is all.')])
  const segments = [
    { segmentId: 2, heard: 'Run this:', unheard: '' },
    { segmentId: 4, heard: 'That', unheard: ' is all.' },
  ]
  const verdicts = [new BotSpeechHeardFrame('c1', 'Run this: That', segments, true)]
  const cut = await record([...frames, new InterruptionFrame()], { verdicts })
  expect(cut.messages).toEqual([said('`cd` Run this: `ls` That')])
})

test('a unit whose audio ended early counts only as far as it was played', async () => {
  const { messages } = await record([
    start(),
    new TTSStartedFrame('c1'),
    announce('One two three.', 1),
    ...words('One two'),
    announce('Sorry.', 2),
    word('Sorry.', 2),
    new TTSStoppedFrame('c1'),
    end(),
  ])
  expect(messages).toEqual([said('One two Sorry.')])
})

test('sentences of scripts without spaces are joined without', async () => {
  const character = (text: string, segmentId: number): Frame =>
    new TTSTextFrame(text, 'word', { contextId: 'c1', segmentId, includesInterFrameSpaces: true })
  const { messages } = await record([
    start(),
    new TTSStartedFrame('c1'),
    announce('你好。', 1),
    character('你', 1),
    character('好。', 1),
    announce('再见。', 2),
    character('再', 2),
    character('见。', 2),
    new TTSStoppedFrame('c1'),
    end(),
  ])
  expect(messages).toEqual([said('你好。再见。')])
})

test('text of a unit without an utterance is recorded as it was generated', async () => {
  const { messages } = await record([start(), new AggregatedTextFrame('ls', 'code', { rawText: '`ls`' }), end()])
  expect(messages).toEqual([said('`ls`')])
})

test('pieces without spaces of their own are joined by one, and expectStrippedWords says so for all', async () => {
  expect((await record([start(), new TextFrame('Good'), new TextFrame('day'), end()])).messages).toEqual([
    said('Good day'),
  ])
  const sentences = [start(), new LLMTextFrame('Good day.'), new LLMTextFrame('Come in.'), end()]
  expect((await record(sentences, { stripped: true })).messages).toEqual([said('Good day. Come in.')])
  expect((await record(sentences, { stripped: false })).messages).toEqual([said('Good day.Come in.')])
})

test('before the output transport it records what was generated, sends everything on and says so', async () => {
  notes.length = 0
  const { messages, down } = await record(
    [
      new TTSSpeakFrame('Welcome.'),
      new TTSSpeakFrame('Quiet.', { appendToContext: false }),
      start(),
      new LLMTextFrame('Hello'),
      new LLMTextFrame(' there.'),
      end(),
    ],
    { list: 'before' },
  )
  expect(messages).toEqual([said('Welcome.'), said('Hello there.')])
  expect(notes).toEqual([expect.stringContaining('records what was generated, not what was heard')])
  expect(down.filter(({ type }) => !type.startsWith('LLMContext')).map(({ type }) => type)).toEqual([
    'TTSSpeakFrame',
    'TTSSpeakFrame',
    'LLMFullResponseStartFrame',
    'LLMTextFrame',
    'LLMTextFrame',
    'LLMFullResponseEndFrame',
  ])
})

test('between speech service and output transport it counts units once, not their words too', async () => {
  const { messages } = await record(
    [
      start(),
      new TTSStartedFrame('c1'),
      announce('Five dollars.', 1, 'c1', '$5.'),
      new TTSTextFrame('Five', 'word', { contextId: 'c1', segmentId: 1, offsetUs: 0 }),
      new TTSTextFrame('dollars', 'word', { contextId: 'c1', segmentId: 1, offsetUs: 300_000 }),
      new TTSTextFrame('Five dollars.', 'sentence', { contextId: 'c1', segmentId: 1, rawText: '$5.' }),
      new TTSStoppedFrame('c1'),
      end(),
    ],
    { list: 'before' },
  )
  expect(messages).toEqual([said('$5.')])
})

test('an open turn is kept at the end of the task, and marked as cut when the task is cancelled', async () => {
  const frames = [start(), new LLMTextFrame('Half a')]
  expect((await record(frames)).stopped).toMatchObject([{ content: 'Half a', interrupted: false }])
  const context = new LLMContext()
  const aggregator = new LLMAssistantAggregator({ context })
  const stopped: AssistantTurnMessage[] = []
  aggregator.on('assistantTurnStopped', (message) => stopped.push(message))
  const { clock, task } = await runTest(aggregator, { frames: [...frames, new CancelTaskFrame()], end: false })
  await clock.advanceUntil(() => task.hasFinished())
  expect(stopped).toMatchObject([{ content: 'Half a', interrupted: true }])
  expect(context.messages).toEqual([said('Half a')])
})

test('a response whose end was lost is closed by the next one, and an aggregation can be pushed by hand', async () => {
  const { messages, stopped } = await record([
    start(),
    new LLMTextFrame('One.'),
    start(),
    new LLMTextFrame('Two.'),
    new LLMAssistantPushAggregationFrame(),
    new LLMTextFrame('Three.'),
    end(),
  ])
  expect(messages).toEqual([said('One.'), said('Two.'), said('Three.')])
  expect(stopped).toHaveLength(3)
})

test('speech goes on in new messages when the application replaces them meanwhile', async () => {
  const { messages } = await record([
    start(),
    new TTSStartedFrame('c1'),
    announce('Hello there.', 1),
    word('Hello'),
    new LLMMessagesUpdateFrame([{ role: 'system', content: 'New' }]),
    word('there.'),
    new TTSStoppedFrame('c1'),
    end(),
  ])
  expect(messages).toEqual([{ role: 'system', content: 'New' }, said('Hello there.')])
})

test('frames that change the context do so, and run the model upstream', async () => {
  const context = new LLMContext()
  const tools = new ToolsSchema([{ name: 'look', description: 'Look' }])
  const { up, down } = await record(
    [
      new LLMMessagesAppendFrame([{ role: 'user', content: 'a' }]),
      new LLMMessagesAppendFrame([{ role: 'user', content: 'b' }], { runLlm: true }),
      new LLMRunFrame(),
      new LLMSetToolsFrame(tools),
    ],
    { context },
  )
  expect(up.map(({ type }) => type)).toEqual(['LLMContextFrame', 'LLMContextFrame'])
  expect(down.map(({ type }) => type)).toEqual(['LLMSetToolsFrame'])
  expect(context.tools).toBe(tools)
  expect(context.messages).toHaveLength(2)
})
