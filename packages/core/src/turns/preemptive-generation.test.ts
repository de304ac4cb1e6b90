import { describe, expect, it } from 'vitest'
import { floorMachine, play } from '../../test/turn-script.ts'
import { type Answer, call, Talk, type TalkOptions } from '../../test/talk.ts'
import type { FunctionDefinition } from '../context/function-schema.ts'
import { MetricsFrame } from '../frames/control.ts'
import { InterimTranscriptionFrame } from '../frames/text.ts'
import { EagerEndOfTurnFrame } from '../frames/turn.ts'
import { PcError } from '../runtime/errors.ts'
import { speculationRules } from './preemptive-generation.ts'

const WORDS = 'What time is it'
const NOON: Answer = [{ pauseMs: 500 }, 'It is noon.']

async function listening(answers: readonly Answer[], options: TalkOptions = {}): Promise<Talk> {
  const talk = await Talk.start({ answers, turns: { preemptiveGeneration: true }, ...options })
  await talk.begin()
  return talk
}

const hear = (talk: Talk, text: string): Promise<void> => talk.send(new InterimTranscriptionFrame(text))

/** The user has said it, and silence ends the turn 0.6 s later. */
async function finish(talk: Talk, text: string): Promise<void> {
  await talk.finish(text)
  await talk.advance(500)
}

describe('preemptive generation', () => {
  it('asks the model when an interim transcript is stable, and nothing of it leaves', async () => {
    const talk = await listening([NOON])
    await hear(talk, WORDS)
    await talk.advance(249)
    expect(talk.model.asked).toHaveLength(0)
    await talk.advance(1)
    expect(talk.model.asked).toEqual([[{ role: 'user', content: WORDS }]])
    await talk.advance(3000)
    expect([talk.history, talk.voice.spoken]).toEqual([[], []])
    expect(talk.tags.filter((tag) => tag.startsWith('LLM'))).toEqual([])
    await talk.end()
  })

  it('uses the answer when the turn ends with the same words, however they are written', async () => {
    const talk = await listening([NOON])
    await hear(talk, WORDS)
    await talk.advance(300)
    await finish(talk, 'What time is it?')
    // The model's half second is over already.
    expect([talk.model.asked.length, talk.voice.spoken]).toEqual([1, ['It is noon.']])
    await talk.end()
    expect(talk.history).toEqual(['user: What time is it?', 'assistant: It is noon.'])
  })

  it('goes on with an answer that is not complete when the turn ends', async () => {
    const talk = await listening([['It is noon. Or ', { pauseMs: 2000 }, 'later.']])
    await hear(talk, WORDS)
    await talk.advance(300)
    await finish(talk, WORDS)
    expect(talk.voice.spoken).toEqual(['It is noon.'])
    await talk.end()
    expect(talk.model.asked).toHaveLength(1)
    expect(talk.history.at(-1)).toBe('assistant: It is noon. Or later.')
  })

  it('answers anew when the turn ends with other words', async () => {
    const talk = await listening([['It is noon.'], ['In Rome it is one.']])
    await hear(talk, WORDS)
    await talk.advance(300)
    await finish(talk, 'What time is it in Rome?')
    await talk.end()
    expect(talk.voice.spoken).toEqual(['In Rome it is one.'])
    expect(talk.history).toEqual(['user: What time is it in Rome?', 'assistant: In Rome it is one.'])
  })

  it('gives an answer up as soon as the words change, and counts its tokens', async () => {
    const signals: AbortSignal[] = []
    const watch: Answer = async function* (options) {
      signals.push(options.signal)
      yield 'Never said.'
      yield { type: 'usage', usage: { inputTokens: 7, outputTokens: 2, totalTokens: 9 } }
      await new Promise(() => {})
    }
    const talk = await listening([watch, ['Good.']], { params: { enableMetrics: true, enableUsageMetrics: true } })
    await hear(talk, WORDS)
    await talk.advance(300)
    await hear(talk, `${WORDS} in`)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    const metrics = talk.down.flatMap(({ frame }) => (frame instanceof MetricsFrame ? frame.data : []))
    expect(metrics.flatMap((each) => (each.kind === 'llmUsage' ? [each.usage.totalTokens] : []))).toEqual([9])
    await talk.end()
  })

  it('runs no function before the turn is over, and then once', async () => {
    const ran: number[] = []
    let talk: Talk | undefined
    const pay: FunctionDefinition = {
      name: 'pay',
      description: 'Pays',
      handler: async () => {
        ran.push(talk?.clock.nowMs() ?? 0)
        return 'paid'
      },
    }
    talk = await listening([[call('pay')], ['Paid.']], { tools: [pay] })
    await hear(talk, 'Pay the bill')
    await talk.advance(1000)
    expect([talk.model.asked.length, ran]).toEqual([1, []])
    await finish(talk, 'Pay the bill.')
    await talk.end()
    expect(ran).toEqual([1600])
    expect(talk.history).toEqual(['user: Pay the bill.', 'calls pay', 'tool: "paid"', 'assistant: Paid.'])
  })

  it('asks at once when the recogniser expects the end of the turn', async () => {
    const talk = await listening([NOON])
    await hear(talk, WORDS)
    await talk.send(new EagerEndOfTurnFrame())
    expect(talk.model.asked).toHaveLength(1)
    await talk.end()
  })

  it('asks at the final transcript where a recogniser has no interim ones', async () => {
    const talk = await listening([NOON])
    await talk.finish(WORDS)
    expect([talk.model.asked.length, talk.history]).toEqual([1, []])
    await talk.advance(500)
    expect(talk.voice.spoken).toEqual(['It is noon.'])
    await talk.end()
    expect(talk.history).toEqual([`user: ${WORDS}`, 'assistant: It is noon.'])
  })

  it('joins what is final and what is not', async () => {
    const talk = await listening([['Asked too early.'], NOON])
    await talk.recognise('What time')
    await hear(talk, 'is it')
    await talk.advance(300)
    await finish(talk, 'is it?')
    await talk.end()
    expect(
      talk.model.asked.map((messages) => messages.map((message) => 'content' in message && message.content)),
    ).toEqual([['What time'], ['What time is it']])
    expect(talk.history).toEqual(['user: What time is it?', 'assistant: It is noon.'])
  })

  it('answers anew when the answer ahead of time failed, and reports nothing', async () => {
    const failing: Answer = async function* () {
      yield 'Half'
      throw new PcError('Broken.', { code: 'broken', kind: 'invalid-request' })
    }
    const talk = await listening([failing, NOON])
    await hear(talk, WORDS)
    await talk.advance(300)
    await finish(talk, WORDS)
    await talk.end()
    expect(talk.history.at(-1)).toBe('assistant: It is noon.')
    expect(talk.errors).toEqual([])
  })

  it('answers anew when the context has changed in the meantime', async () => {
    const talk = await listening([['Old.'], ['New.']])
    await hear(talk, WORDS)
    await talk.advance(300)
    talk.context.addMessage({ role: 'system', content: 'The clock was moved.' })
    await finish(talk, WORDS)
    await talk.end()
    expect(talk.voice.spoken).toEqual(['New.'])
  })

  it('begins when it is switched on, and gives up when it is switched off', async () => {
    const talk = await listening([NOON, NOON], { turns: {} })
    await hear(talk, WORDS)
    await talk.advance(300)
    expect(talk.model.asked).toHaveLength(0)
    talk.turns.updatePolicies({ preemptiveGeneration: { stableSecs: 0 } })
    await hear(talk, 'What else')
    expect(talk.model.asked).toHaveLength(1)
    talk.turns.updatePolicies({ preemptiveGeneration: false })
    await finish(talk, 'What else')
    expect(talk.model.asked).toHaveLength(2)
    await talk.end()
  })

  it('leaves no work behind when the session ends before the turn', async () => {
    const hanging: Answer = async function* () {
      yield 'It'
      await new Promise(() => {})
    }
    const talk = await listening([hanging])
    await hear(talk, WORDS)
    await talk.advance(300)
    await talk.end()
    expect(talk.clock.nowMs()).toBeLessThan(1000)
    expect(talk.errors).toEqual([])
  })
})

describe('the machine of preemptive generation', () => {
  const machine = floorMachine({ speculation: speculationRules({ maxTries: 2, limitSecs: 2 }) })

  it.each([
    [
      'waits until the words rest',
      'voice@0 interim@100 interimMore@300 end@900',
      'start@0 ask(I would like)@550 unask@900 stop@900',
    ],
    [
      'does not ask twice for the same words',
      'voice@0 interim@100 interim@900 end@1000',
      'start@0 ask(I would)@350 unask@1000 stop@1000',
    ],
    [
      'asks no more often than it may in one turn',
      'voice@0 interim@100 interimMore@500 interimAll@1000 end@1500',
      'start@0 ask(I would)@350 unask@500 ask(I would like)@750 unask@1000 stop@1500',
    ],
    [
      'gives up what is not confirmed in time',
      'voice@0 interim@100 end@5000',
      'start@0 ask(I would)@350 unask@2350 stop@5000',
    ],
    [
      'keeps what the final transcript confirms',
      'voice@0 interimAll@100 silence@500 final@600',
      'start@0 ask(i would like a table)@350 commit@1100 stop@1100',
    ],
    ['asks for nothing without a turn', 'interim@0 end@1', 'start@0 stop@1'],
  ])('%s', (_title, script, told) => {
    expect(play(machine, script)).toBe(told)
  })

  it.each([{ stableSecs: -1 }, { maxTries: 0 }, { limitSecs: 0 }])(
    'takes no number that makes no sense: %o',
    (options) => {
      expect(() => speculationRules(options)).toThrow(/preemptiveGeneration\.\w+ is -?\d+; use/)
    },
  )
})
