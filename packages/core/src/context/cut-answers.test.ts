import { describe, expect, it } from 'vitest'
import { RecordingOutput } from '../../test/recording-output.ts'
import { call, Talk, type TalkOptions } from '../../test/talk.ts'
import type { Frame } from '../frames/frame.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import { LLMFullResponseEndFrame, LLMFullResponseStartFrame, LLMRunFrame } from '../frames/llm.ts'
import { TTSSpeakFrame } from '../frames/speech.ts'
import { LLMTextFrame } from '../frames/text.ts'
import {
  BotStartedSpeakingFrame,
  BotStoppedSpeakingFrame,
  UserStartedSpeakingFrame,
  UserStoppedSpeakingFrame,
  UserTurnInferenceFrame,
} from '../frames/turn.ts'
import { defineProcessor } from '../processor/define-processor.ts'
import { sleep } from '../runtime/clock.ts'
import { runTest } from '../testing/run-test.ts'
import { LLMContextAggregatorPair } from './aggregator-pair.ts'
import type { FunctionDefinition } from './function-schema.ts'
import { LLMContext } from './llm-context.ts'

const messages = [{ role: 'user', content: 'Hi' }] as const
const counting = ['One two three. ', 'Four five.'] as const

async function asked(options: TalkOptions): Promise<Talk> {
  const talk = await Talk.start({ messages, ...options })
  await talk.send(new LLMRunFrame())
  return talk
}

/** A sound that passes for a voice, and time for the stop timeout. */
async function noise(talk: Talk): Promise<void> {
  await talk.noise()
  await talk.advance(5000)
}

describe('an answer that is cut by a turn without words', () => {
  it('is asked for again when the turn is over, though false interruptions are off', async () => {
    const talk = await asked({ answers: [counting, ['Three, four, five.']] })
    await talk.advance(850)
    await noise(talk)
    expect(talk.model.asked).toHaveLength(2)
    await talk.advance(60_000)
    await talk.end()
    expect(talk.history).toEqual(['user: Hi', 'assistant: One two', 'assistant: Three, four, five.'])
    expect(talk.model.asked).toHaveLength(2)
  })

  it('is given whole where nothing of it was heard', async () => {
    const talk = await asked({ answers: [[{ pauseMs: 3000 }, 'Never said.'], ['One two.']] })
    await talk.advance(1000)
    await noise(talk)
    await talk.end()
    expect(talk.history).toEqual(['user: Hi', 'assistant: One two.'])
  })

  it('is given where it was still waiting for other speech to end', async () => {
    const talk = await Talk.start({ messages, answers: [['Never said.'], ['One two.']] })
    await talk.send(new TTSSpeakFrame('This takes its time.'), new LLMRunFrame())
    await talk.advance(500)
    await noise(talk)
    await talk.advance(5000)
    await talk.end()
    expect(talk.history).toEqual(['user: Hi', 'assistant: This', 'assistant: One two.'])
  })

  it('comes with the answer to the user’s words where there are any, and not by itself', async () => {
    const talk = await asked({ answers: [counting, ['Five.'], ['Never asked for.']] })
    await talk.advance(850)
    await talk.say('And then?')
    await talk.advance(60_000)
    await talk.end()
    expect(talk.history).toEqual(['user: Hi', 'assistant: One two', 'user: And then?', 'assistant: Five.'])
  })

  it('is not given again where it was heard to its end, nor where nobody had asked', async () => {
    const talk = await asked({ answers: [['One two.']] })
    await talk.advance(5000)
    await noise(talk)
    await noise(talk)
    expect(talk.model.asked).toHaveLength(1)
    await talk.end()
    const idle = await Talk.start()
    await noise(idle)
    expect(idle.model.asked).toHaveLength(0)
    await idle.end()
  })

  it('is not given again where the application had cut it before', async () => {
    const talk = await asked({ answers: [counting] })
    await talk.advance(850)
    await talk.send(new InterruptionFrame())
    await talk.advance(1000)
    await noise(talk)
    expect(talk.model.asked).toHaveLength(1)
    await talk.end()
  })

  it('is asked for three times at most, until the user says something', async () => {
    const talk = await asked({ answers: Array.from({ length: 20 }, () => counting) })
    const cutOften = async (): Promise<void> => {
      for (let i = 0; i < 6; i++) {
        await talk.advance(850)
        await noise(talk)
      }
    }
    await cutOften()
    expect(talk.model.asked).toHaveLength(4)
    await talk.say('Go on.')
    await cutOften()
    expect(talk.model.asked).toHaveLength(8)
    await talk.end()
  })

  it('is asked for again where a function was running for it, whose call then has the same idempotency key', async () => {
    const keys: string[] = []
    const pay: FunctionDefinition = {
      name: 'pay',
      description: 'Pays',
      handler: async (_args, { idempotencyKey, signal, llm }) => {
        keys.push(idempotencyKey)
        if (keys.length === 1 && llm === talk.model) await sleep(talk.clock, 3000, signal)
        return 'paid'
      },
    }
    const talk: Talk = new Talk({ messages, tools: [pay], answers: [[call('pay')], [call('pay')], ['Paid.']] })
    await talk.send(new LLMRunFrame())
    await talk.advance(1000)
    await noise(talk)
    await talk.advance(5000)
    await talk.end()
    expect(talk.history).toEqual([
      'user: Hi',
      'calls pay',
      'tool: CANCELLED',
      'calls pay',
      'tool: "paid"',
      'assistant: Paid.',
    ])
    expect([keys.length, new Set(keys).size]).toEqual([2, 1])
  })

  it('waits for a function that goes on, whose result brings it', async () => {
    const look: FunctionDefinition = {
      name: 'look',
      description: 'Looks',
      cancelOnInterruption: false,
      handler: async () => {
        await sleep(talk.clock, 20_000)
        return 'found'
      },
    }
    const talk: Talk = new Talk({ messages, tools: [look], answers: [[call('look')], ['It is there.']] })
    await talk.send(new LLMRunFrame())
    await talk.advance(1000)
    await noise(talk)
    expect(talk.model.asked).toHaveLength(1)
    await talk.advance(30_000)
    await talk.end()
    expect(talk.history).toEqual(['user: Hi', 'calls look', 'tool: "found"', 'assistant: It is there.'])
  })

  it('goes on mid-word with false interruptions, and the model is not asked', async () => {
    const talk = await asked({ answers: [counting], turns: { falseInterruptions: true } })
    await talk.advance(850)
    await noise(talk)
    await talk.end()
    expect([talk.history, talk.model.asked.length]).toEqual([['user: Hi', 'assistant: One two three. Four five.'], 1])
  })
})

describe('with an assistant aggregator before the speech service', () => {
  const response = [new LLMFullResponseStartFrame(), new LLMTextFrame('One two.'), new LLMFullResponseEndFrame()]
  const noiseTurn = [
    new UserStartedSpeakingFrame(),
    new InterruptionFrame(),
    new BotStoppedSpeakingFrame(),
    new UserTurnInferenceFrame(1),
    new UserStoppedSpeakingFrame(),
  ]
  const silent = [new LLMFullResponseStartFrame(true), new LLMTextFrame('One two.'), new LLMFullResponseEndFrame(true)]

  it.each<[string, readonly Frame[], number]>([
    ['an answer that is cut before it is spoken is asked for again', [...response, ...noiseTurn], 1],
    ['one that is cut while it is spoken, too', [...response, new BotStartedSpeakingFrame(), ...noiseTurn], 1],
    [
      'one that was heard is not',
      [...response, new BotStartedSpeakingFrame(), new BotStoppedSpeakingFrame(), ...noiseTurn],
      0,
    ],
    ['nor one that is only shown', [...silent, ...noiseTurn], 0],
    ['nor an empty one', [new LLMFullResponseStartFrame(), new LLMFullResponseEndFrame(), ...noiseTurn], 0],
  ])('%s', async (_title, frames, runs) => {
    const pair = new LLMContextAggregatorPair(new LLMContext())
    let ran = 0
    const model = defineProcessor({ name: 'model', on: { LLMContextFrame: () => void ran++ } })
    await runTest([pair.user, model, pair.assistant, new RecordingOutput()], { frames })
    expect(ran).toBe(runs)
  })
})
