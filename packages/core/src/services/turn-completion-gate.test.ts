import { describe, expect, it } from 'vitest'
import { LLMContextAggregatorPair } from '../context/aggregator-pair.ts'
import { defineFunction } from '../context/function-schema.ts'
import { LLMContext } from '../context/llm-context.ts'
import { messageText } from '../context/messages.ts'
import type { Frame } from '../frames/frame.ts'
import { LLMRunFrame } from '../frames/llm.ts'
import { TranscriptionFrame } from '../frames/text.ts'
import { VADUserStartedSpeakingFrame, VADUserStoppedSpeakingFrame } from '../frames/turn.ts'
import { sleep } from '../runtime/clock.ts'
import { PcError } from '../runtime/errors.ts'
import { type Pause, runTest } from '../testing/run-test.ts'
import { UserTurnProcessor } from '../turns/turn-processor.ts'
import { FilterIncompleteUserTurnStrategies } from '../turns/user-turn-strategies.ts'
import { LLMService } from './llm-service.ts'
import type { GenerateOptions, LLMEvent } from './llm-types.ts'

type Answer = readonly (LLMEvent | Error)[] | { readonly afterMs: number; readonly pieces: readonly LLMEvent[] }

/** Gives the answers it was given, in order. */
class ScriptedLLM extends LLMService {
  readonly asked: (readonly [atMs: number, last: string])[] = []
  readonly instructions: (string | undefined)[] = []
  readonly #answers: Answer[]

  constructor(answers: readonly Answer[]) {
    super({ name: 'llm', settings: { systemInstruction: 'Be brief.' } })
    this.#answers = [...answers]
  }

  override async *generate(context: LLMContext, { signal, settings }: GenerateOptions): AsyncGenerator<LLMEvent> {
    const last = context.messages.at(-1)
    this.asked.push([this.runtime.clock.nowMs(), last !== undefined && 'content' in last ? messageText(last) : ''])
    this.instructions.push(settings.systemInstruction)
    const answer = this.#answers.shift() ?? []
    const pieces = 'pieces' in answer ? answer.pieces : answer
    if ('pieces' in answer) await sleep(this.runtime.clock, answer.afterMs, signal)
    for (const piece of pieces) {
      if (piece instanceof Error) throw piece
      yield piece
    }
    yield { type: 'done', finishReason: 'stop' }
  }
}

const pause = (pauseMs: number): Pause => ({ pauseMs })
const voice = (): Frame => new VADUserStartedSpeakingFrame(0.2)
const silence = (): Frame => new VADUserStoppedSpeakingFrame(0.2)
const final = (text: string): Frame => new TranscriptionFrame(text, 'user', '', { finalized: true })
/** Said in 1 s and passed on 0.6 s later. */
const say = (text: string): (Frame | Pause)[] => [voice(), pause(1000), silence(), final(text)]

async function converse(answers: readonly Answer[], frames: readonly (Frame | Pause)[], context = new LLMContext()) {
  const llm = new ScriptedLLM(answers)
  const pair = new LLMContextAggregatorPair(context)
  const turns = new UserTurnProcessor({ userTurnStrategies: new FilterIncompleteUserTurnStrategies() })
  const ends: number[] = []
  turns.on('userTurnStopped', () => ends.push(turns.runtime.clock.nowMs()))
  const spoken: string[] = []
  llm.on('error', ({ error }) => spoken.push(`[${error.code}]`))
  const { down } = await runTest([turns, pair.user, llm, pair.assistant], { frames })
  const text = down
    .map((frame) => (frame.type === 'LLMTextFrame' && 'text' in frame ? String(frame.text) : ''))
    .join('')
  const messages = context.messages.map((message) =>
    'content' in message ? `${message.role}: ${messageText(message)}` : 'specific',
  )
  return { llm, ends, text, messages, errors: spoken }
}

describe('a model that judges whether the user has finished', () => {
  it('ends the turn with its mark and speaks the rest', async () => {
    const { text, ends, messages } = await converse([['✓', ' Hel', 'lo.']], [...say('Hi.'), pause(2000)])
    expect(text).toBe('Hello.')
    expect(ends).toEqual([1600])
    expect(messages[0]).toBe('user: Hi.')
    expect(messages[1]).toMatch(/^assistant: ✓ ?Hello\.$/)
  })

  it.each([
    ['in one piece', ['✓ Hello.']],
    ['in pieces', ['', ' ', '✓', ' ', 'Hello.']],
    ['behind decoration', ['**✓ Hello.']],
    ['without a space', ['✓Hello.']],
  ])('is understood when its mark comes %s', async (_how, pieces) => {
    expect((await converse([pieces], [...say('Hi.'), pause(2000)])).text).toBe('Hello.')
  })

  it('is told how, beside its own instruction and not in the context', async () => {
    const { llm, messages } = await converse([['✓ Hello.']], [...say('Hi.'), pause(2000)])
    expect(llm.instructions[0]).toMatch(/^Be brief\.\n\n.*✓/s)
    expect(messages.filter((message) => message.startsWith('system'))).toEqual([])
  })

  it('keeps an answer to an unfinished turn from the user, and answers the whole when it is finished', async () => {
    const { llm, text, ends, messages } = await converse(
      [['○'], ['✓ To Rome.']],
      [...say('I want to fly'), pause(2000), ...say('to Rome.'), pause(2000)],
    )
    expect(text).toBe('To Rome.')
    expect(ends).toEqual([4600])
    expect(llm.asked.map(([, last]) => last)).toEqual(['I want to fly', 'to Rome.'])
    expect(messages.slice(0, 3)).toEqual(['user: I want to fly', 'assistant: ○', 'user: to Rome.'])
  })

  it.each([
    ['soon', '○', 6600],
    ['after more time', '◐', 11_600],
  ])('invites a user to go on who does not, %s', async (_when, mark, atMs) => {
    const { llm, text } = await converse([[mark, ' never said'], ['✓ Go on?']], [...say('My number is'), pause(20_000)])
    expect(llm.asked.map(([at]) => at)).toEqual([1600, atMs])
    expect(llm.asked[1]?.[1]).toContain('has not gone on')
    expect(text).toBe('Go on?')
  })

  it('does not invite a user who goes on in time, nor one whose session is over', async () => {
    const scene = [...say('My number is'), pause(4000), voice(), pause(9000)]
    expect((await converse([['○']], scene)).llm.asked).toHaveLength(1)
    expect((await converse([['○']], [...say('My number is'), pause(1000)])).llm.asked).toHaveLength(1)
  })

  it('does not talk over a user who goes on before it has judged', async () => {
    const late: Answer = { afterMs: 1000, pieces: ['✓ Too early.'] }
    const scene = [...say('I want'), pause(1000), ...say('tea.'), pause(3000)]
    const { text, ends } = await converse([late, ['✓ Tea.']], scene)
    expect(text).toBe('Tea.')
    expect(ends).toEqual([3600])
  })

  it('speaks one of several judgements of one turn: the last', async () => {
    const slow = (text: string): Answer => ({ afterMs: 900, pieces: [`✓ ${text}`] })
    // No voice is detected between the words: they alone make the second request.
    const scene = [...say('One'), pause(700), final('two.'), pause(5000)]
    const { text, llm } = await converse([slow('First.'), slow('Both.')], scene)
    expect(llm.asked.map(([, last]) => last)).toEqual(['One', 'two.'])
    expect(text).toBe('Both.')
  })

  it('takes a turn for complete when it calls a function, and speaks the answer to the result', async () => {
    const lookUp = defineFunction({ name: 'look_up', description: '', handler: () => ({ found: true }) })
    const call: LLMEvent = { type: 'toolCall', id: '1', name: 'look_up', arguments: '' }
    const { text, ends } = await converse(
      [[call], ['✓ Found.']],
      [...say('Look it up.'), pause(3000)],
      new LLMContext({ tools: [lookUp] }),
    )
    expect(ends).toEqual([1600])
    expect(text).toBe('Found.')
  })

  it('is spoken all the same when it forgets its mark', async () => {
    const { text, ends } = await converse([['Hel', 'lo.']], [...say('Hi.'), pause(2000)])
    expect(text).toBe('Hello.')
    expect(ends).toEqual([1600])
    expect((await converse([['…']], [...say('Hi.'), pause(2000)])).text).toBe('…')
  })

  it('ends the turn when it fails', async () => {
    const failure = new PcError('no', { code: 'broken', kind: 'invalid-request' })
    const { ends, errors } = await converse([[failure]], [...say('Hi.'), pause(2000)])
    expect(ends).toEqual([1600])
    expect(errors).toEqual(['[broken]'])
  })

  it('speaks when the application has it run', async () => {
    expect((await converse([['✓ Welcome.']], [new LLMRunFrame(), pause(1000)])).text).toBe('Welcome.')
  })
})
