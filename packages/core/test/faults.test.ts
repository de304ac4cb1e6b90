import { beforeAll, describe, expect, it } from 'vitest'
import { type FunctionHandler, type OutputChunk, PcError } from '../src/index.ts'
import { TestClock } from '../src/testing/index.ts'
import { type Answer, call, type Delivery, silent, Talk, type TalkOptions, Trace } from './talk.ts'

type Stream = Exclude<Answer, readonly unknown[]>

/** Three turns of a sick conversation, and of a healthy one beside it that shares process and clock. */
async function suffer(
  options?: TalkOptions,
  prepare: (sick: Talk) => void = () => {},
): Promise<{ readonly sick: Talk | undefined; readonly healthy: readonly string[] }> {
  const clock = new TestClock()
  const trace = new Trace()
  const sick = options && (await Talk.start({ ...options, clock }))
  if (sick) prepare(sick)
  const talk = await Talk.start({ clock, answers: [['One two. ', 'Three.']], task: { observers: [trace.observer] } })
  const both = async (act: (each: Talk) => Promise<void>): Promise<void> => {
    if (sick) await act(sick)
    await act(talk)
  }
  for (const words of ['First.', 'Second.', 'Third.']) {
    await both((each) => each.begin())
    await clock.advance(500)
    await both((each) => each.pause())
    await clock.advance(100)
    await both((each) => each.recognise(words))
    await clock.advance(30_000)
  }
  await talk.end()
  await sick?.end()
  return { sick, healthy: trace.lines }
}

let alone: readonly string[] = []
beforeAll(async () => {
  alone = (await suffer()).healthy
  expect(alone.length).toBeGreaterThan(300)
})

/** What became of the first turn, once it is clear that nothing else was harmed. */
async function firstTurn(
  options: TalkOptions,
  prepare?: (sick: Talk) => void,
): Promise<{ readonly sick: Talk; readonly turn: readonly string[]; readonly errors: readonly string[] }> {
  const { sick, healthy } = await suffer(options, prepare)
  if (sick === undefined) throw new Error('there is no sick conversation')
  expect(healthy).toEqual(alone)
  const { history, tags } = sick
  expect([history[0], ...history.slice(-4)]).toEqual([
    'user: First.',
    'user: Second.',
    'assistant: Fine.',
    'user: Third.',
    'assistant: Fine.',
  ])
  const count = (type: string): number => tags.filter((tag) => tag === type).length
  expect(count('BotStoppedSpeakingFrame')).toBe(count('BotStartedSpeakingFrame'))
  expect(sick.task.counters.detached).toBe(0)
  return { sick, turn: history.slice(1, -4), errors: sick.errorCodes }
}

const never = new Promise<never>(() => {})
const inFirstTurn = (fault: Stream): readonly Answer[] =>
  Array.from(
    { length: 9 },
    () =>
      async function* (options) {
        const last = this.asked.at(-1)?.at(-1)
        if (last !== undefined && 'role' in last && last.content === 'First.') yield* fault.call(this, options)
        else yield 'Fine.'
      },
  )
const answering = (...events: readonly unknown[]): Stream =>
  async function* () {
    for (const event of events) yield event as never
  }

describe('a model that', () => {
  it.each<[string, Stream, turn: readonly string[], errors: readonly string[]]>([
    ['never begins', silent, [], ['first-output-timeout']],
    [
      'falls silent in the middle',
      async function* () {
        yield 'One two. Three'
        await never
      },
      ['assistant: One two. Three'],
      ['stream-stalled'],
    ],
    [
      'breaks off',
      answering({ type: 'text', text: 'One two. Three' }),
      ['assistant: One two. Three'],
      ['stream-truncated'],
    ],
    ['says nothing at all', answering(), [], ['stream-truncated']],
    [
      'throws',
      async function* () {
        yield* []
        throw new Error('no')
      },
      [],
      ['completion-failed'],
    ],
    [
      'throws nothing',
      () => {
        throw undefined
      },
      [],
      ['completion-failed'],
    ],
    [
      'throws in the middle',
      async function* () {
        yield 'One two. Three'
        throw new PcError('busy', { code: 'busy', kind: 'transient' })
      },
      ['assistant: One two. Three'],
      ['busy'],
    ],
    ['gives no stream', () => 5 as never, [], ['completion-failed']],
    ['yields null', answering(null), [], ['completion-failed']],
    ['yields a number', answering(5), [], ['stream-truncated']],
    ['yields an event of no kind', answering({}), [], ['stream-truncated']],
    ['yields text without text', answering({ type: 'text' }), [], ['stream-truncated']],
    ['yields text that is none', answering({ type: 'text', text: 5 }), [], ['stream-truncated']],
    ['calls nothing', answering({ type: 'toolCall' }, { type: 'done' }), [], ['stream-truncated']],
    [
      'calls nothing and says it is done',
      answering({ type: 'toolCall' }, { type: 'done', finishReason: 'tool_calls' }),
      [],
      ['handler-failed'],
    ],
    [
      'yields half characters and control characters',
      answering('One \ud83d', '\ude00 two\u0000. \ud83d', 'three.'),
      ['assistant: One \ud83d\ude00 two\u0000. \ud83dthree.'],
      [],
    ],
  ])('%s harms its own answer only', async (_name, fault, turn, errors) => {
    expect(await firstTurn({ answers: inFirstTurn(fault) })).toMatchObject({ turn, errors })
  })

  it('never ends harms its own answer only, and the user can cut it', async () => {
    const endless: Stream = async function* () {
      for (let i = 0; i < 5000; i++) yield 'On and on. '
    }
    const { turn, errors, sick } = await firstTurn({ answers: inFirstTurn(endless) })
    expect(turn).toEqual([expect.stringMatching(/^assistant: (On and on\. ){24}/)])
    expect([errors, sick.voice.spoken.length < 200]).toEqual([[], true])
  })
})

const second = 24_000
const tone = (samples: number): Int16Array => new Int16Array(samples).fill(500)
const giving = (...events: readonly unknown[]): Delivery =>
  async function* () {
    for (const event of events) yield event as never
  }
const badAnswer: readonly Answer[] = [['Bad one. ', 'Good one.'], ['Fine.'], ['Fine.']]
const spokenBadly = (fault: Delivery): TalkOptions => ({
  answers: badAnswer,
  voice: {
    delivery(text, options) {
      return text === 'Bad one.' ? fault.call(this, text, options) : undefined
    },
  },
})

describe('a voice that', () => {
  it.each<[string, Delivery, errors: readonly string[]]>([
    ['never begins', silent, ['first-output-timeout']],
    ['says nothing', giving(), []],
    [
      'throws',
      () => {
        throw new Error('no')
      },
      ['synthesis-failed'],
    ],
    ['gives no stream', () => 5 as never, ['synthesis-failed']],
    ['yields null', giving(null), ['synthesis-failed']],
    ['yields what is neither audio nor a word', giving('hello', 5, {}, new Float32Array(second)), []],
    ['yields a word without a text', giving({ type: 'word', startUs: 0 }), []],
    ['yields words and no audio', giving({ type: 'word', text: 'Bad', startUs: 0 }), []],
    ['yields audio without audio', giving({ type: 'audio' }), ['synthesis-failed']],
    ['yields half a sample', giving(new Uint8Array(1)), []],
    ...[0, -second, Number.NaN, Infinity, 8000.5, 1].map<[string, Delivery, readonly string[]]>((sampleRate) => [
      `yields audio of ${sampleRate} Hz`,
      giving({ type: 'audio', audio: tone(second), sampleRate }),
      ['synthesis-failed'],
    ]),
  ])('%s loses its own sentence only, which nobody then remembers', async (_name, fault, errors) => {
    const { turn, errors: reported } = await firstTurn(spokenBadly(fault))
    expect([turn, reported]).toEqual([['assistant: Good one.'], errors])
  })

  it.each<[string, Delivery]>([
    ['11025 Hz', giving({ type: 'audio', audio: tone(11_025), sampleRate: 11_025 })],
    ['44100 Hz', giving({ type: 'audio', audio: tone(44_100), sampleRate: 44_100 })],
    [
      'rates that change',
      giving(
        { type: 'audio', audio: tone(22_050), sampleRate: 44_100 },
        { type: 'audio', audio: tone(5512), sampleRate: 11_025 },
      ),
    ],
    [
      'bytes cut in the middle of samples',
      giving(new Uint8Array(24_001), new Uint8Array(0), new Uint8Array(1), new Uint8Array(23_999)),
    ],
    ['word times that make no sense', giving({ type: 'word', text: 'Bad', startUs: Number.NaN }, tone(second))],
    [
      'word times that run backwards',
      giving(tone(second), { type: 'word', text: 'Bad', startUs: 9e5 }, { type: 'word', text: 'one.', startUs: -1e9 }),
    ],
    ['word times far behind the end', giving({ type: 'word', text: 'Bad', startUs: 1e15 }, tone(second))],
  ])('gives %s is heard and remembered', async (_name, delivery) => {
    const { sick, turn, errors } = await firstTurn(spokenBadly(delivery))
    expect([turn, errors]).toEqual([['assistant: Bad one. Good one.'], []])
    const chunks = sick.output.written.filter(({ contextId }) => contextId === sick.writtenContexts[0])
    // A second of the first sentence, nine tenths of the second.
    expect(chunks.length).toBeGreaterThanOrEqual(94)
    expect(chunks.length).toBeLessThanOrEqual(96)
  })

  it.each<[string, Delivery, error: string]>([
    [
      'falls silent',
      async function* () {
        yield tone(second * 0.3)
        await never
      },
      'stream-stalled',
    ],
    [
      'throws',
      async function* () {
        yield { type: 'word', text: 'Bad', startUs: 0 }
        yield { type: 'word', text: 'one.', startUs: 280_000 }
        yield tone(second * 0.3)
        throw new PcError('gone', { code: 'gone', kind: 'transient' })
      },
      'gone',
    ],
  ])('%s in the middle of a sentence is remembered as far as it was heard', async (_name, fault, error) => {
    const { turn, errors } = await firstTurn(spokenBadly(fault))
    expect([turn, errors]).toEqual([['assistant: Bad Good one.'], [error]])
  })
})

const circular: Record<string, unknown> = {}
circular['self'] = circular
const failed = 'tool: {"error":"The function failed and gave no result."}'
const unwritable = 'tool: {"error":"The result cannot be written as JSON."}'

describe('a function that', () => {
  it.each<[string, FunctionHandler, result: string, answered: boolean, errors: readonly string[]]>([
    [
      'throws',
      () => {
        throw new Error('secret')
      },
      failed,
      true,
      ['function-failed'],
    ],
    ['rejects with nothing', () => Promise.reject(undefined), failed, true, ['function-failed']],
    ['never returns', () => never, 'tool: CANCELLED', false, []],
    ['takes the callback and never calls it', (_args, run) => void run.resultCallback, 'tool: CANCELLED', false, []],
    ['returns what holds itself', () => circular, unwritable, true, []],
    ['returns a bigint', () => 5n, unwritable, true, []],
    [
      'returns what throws when it is read',
      () => ({
        toJSON() {
          throw new Error('secret')
        },
      }),
      unwritable,
      true,
      [],
    ],
    [
      'answers three times',
      (_args, run) => {
        run.resultCallback(1)
        run.resultCallback(2)
        return 3
      },
      'tool: 1',
      true,
      [],
    ],
    [
      'answers and then throws',
      (_args, run) => {
        run.resultCallback(1)
        throw new Error('secret')
      },
      'tool: 1',
      true,
      [],
    ],
  ])('%s harms its own call only', async (_name, handler, result, answered, errors) => {
    const tools = [{ name: 'tool', description: 'A tool' }]
    const answers = [['Wait. ', call('tool')], ['Fine.'], ['Fine.'], ['Fine.']]
    const {
      turn,
      errors: reported,
      sick,
    } = await firstTurn({ tools, answers }, ({ model }) => model.registerFunction('tool', handler))
    expect([turn, reported]).toEqual([
      ['assistant: Wait.', 'calls tool', result, ...(answered ? ['assistant: Fine.'] : [])],
      errors,
    ])
    expect(JSON.stringify(sick.context.messages)).not.toContain('secret')
  })

  it('never returns and has a limit is given up, and the model goes on', async () => {
    const tools = [{ name: 'tool', description: 'A tool', timeoutSecs: 2, handler: () => never }]
    const { turn, errors } = await firstTurn({
      tools,
      answers: [['Wait. ', call('tool')], ['Fine.'], ['Fine.'], ['Fine.']],
    })
    expect([turn, errors]).toEqual([['assistant: Wait.', 'calls tool', 'tool: CANCELLED', 'assistant: Fine.'], []])
  })

  it.each([
    ['a word', 'nope'],
    ['a list', '[]'],
    ['a number', '5'],
    ['null', 'null'],
    ['half an object', '{"a":'],
    ['a text', '"text"'],
    ['an endless nest', '['.repeat(50_000)],
  ])('is given %s for arguments is not run, and the model hears why', async (_what, args) => {
    let runs = 0
    const tools = [{ name: 'tool', description: 'A tool', handler: () => runs++ }]
    const { turn, errors } = await firstTurn({
      tools,
      answers: [[call('tool', args)], ['Fine.'], ['Fine.'], ['Fine.']],
    })
    const result = 'tool: {"error":"Invalid arguments. The arguments are not a JSON object."}'
    expect([turn, errors, runs]).toEqual([['calls tool', result, 'assistant: Fine.'], [], 0])
  })
})

describe('a client that', () => {
  it.each<[string, (chunk: OutputChunk) => void | Promise<void>, error: string]>([
    [
      'is gone and makes writes throw',
      () => {
        throw new Error('EPIPE')
      },
      'transport-write-failed',
    ],
    ['is gone and makes writes reject', () => Promise.reject(new Error('EPIPE')), 'transport-write-failed'],
    ['takes nothing', () => never, 'write-timeout'],
  ])('%s for a while is spoken to afterwards', async (_name, write, error) => {
    let sick: Talk | undefined
    const healing = (chunk: OutputChunk): void | Promise<void> =>
      (sick?.clock.nowMs() ?? 0) < 20_000 ? write(chunk) : undefined
    const { errors } = await firstTurn(
      { answers: [['One two. ', 'Three.'], ['Fine.'], ['Fine.']], output: { write: healing } },
      (talk) => (sick = talk),
    )
    expect(errors).toEqual([error])
  })
})
