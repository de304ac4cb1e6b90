import { describe, expect, it } from 'vitest'
import { floorMachine, play } from '../../test/turn-script.ts'
import { type Answer, call, Talk, type TalkOptions } from '../../test/talk.ts'
import { InterruptionTaskFrame } from '../frames/lifecycle.ts'
import { LLMMessagesAppendFrame } from '../frames/llm.ts'
import { sleep } from '../runtime/clock.ts'
import { deferred } from './deferred.ts'
import { ExternalUserTurnCompletionStopStrategy } from './completion-user-turn-stop-strategy.ts'
import { fillerRules } from './latency-budget.ts'
import { SpeechTimeoutUserTurnStopStrategy } from './speech-timeout-user-turn-stop-strategy.ts'

const latencyBudget = { budgetSecs: 1, fillers: ['One moment.', 'Let me see.'] }

/** A conversation in which the user has said `Hi.`, and how long after the end of that turn the test looks. */
async function asked(answers: readonly Answer[], options: TalkOptions = {}): Promise<Talk> {
  const talk = await Talk.start({ answers, turns: { latencyBudget }, ...options })
  await talk.say('Hi.')
  return talk
}

describe('a budget of latency', () => {
  it('says a filler when the answer is late, ahead of it and outside the history', async () => {
    const talk = await asked([[{ pauseMs: 3000 }, 'Good morning.']])
    const said: string[] = []
    talk.turns.on('latencyBudgetExceeded', (filler) => said.push(filler))
    await talk.advance(999)
    expect(talk.voice.spoken).toEqual([])
    await talk.advance(1)
    expect([said, talk.voice.spoken]).toEqual([['One moment.'], ['One moment.']])
    await talk.end()
    expect(talk.voice.spoken).toEqual(['One moment.', 'Good morning.'])
    expect(talk.history).toEqual(['user: Hi.', 'assistant: Good morning.'])
  })

  it('says nothing when the answer is in time', async () => {
    const talk = await asked([[{ pauseMs: 900 }, 'Good morning.']])
    await talk.end()
    expect(talk.voice.spoken).toEqual(['Good morning.'])
  })

  it('says nothing once the answer is being made into speech, though none is heard yet', async () => {
    const talk = await asked([['Good morning. And more.']], {
      voice: {
        async *delivery(_text, { sampleRate, signal }) {
          await sleep(this.runtime.clock, 1500, signal)
          yield new Int16Array(sampleRate)
        },
      },
    })
    await talk.advance(1000)
    await talk.end()
    expect(talk.voice.spoken).toEqual(['Good morning.', 'And more.'])
  })

  it('covers a function that takes long', async () => {
    const slow = {
      name: 'look',
      description: 'Looks',
      handler: async () => {
        await sleep(talk.clock, 4000)
        return 1
      },
    }
    const talk = await Talk.start({ answers: [[call('look')], ['Found.']], turns: { latencyBudget }, tools: [slow] })
    await talk.say('Look.')
    await talk.advance(5000)
    await talk.end()
    expect(talk.voice.spoken).toEqual(['One moment.', 'Found.'])
    expect(talk.history).toEqual(['user: Look.', 'calls look', 'tool: 1', 'assistant: Found.'])
  })

  it('takes the next filler the next time', async () => {
    const late: Answer = [{ pauseMs: 1500 }, 'Yes.']
    const talk = await asked([late, late, late])
    for (const words of ['Again.', 'And again.']) {
      await talk.advance(5000)
      await talk.say(words)
    }
    await talk.advance(5000)
    await talk.end()
    expect(talk.voice.spoken.filter((text) => text !== 'Yes.')).toEqual(['One moment.', 'Let me see.', 'One moment.'])
  })

  it('says nothing when the answer is over and had no words', async () => {
    const talk = await asked([[]])
    await talk.advance(3000)
    await talk.end()
    expect(talk.voice.spoken).toEqual([])
  })

  it('says nothing when the application has cut the answer', async () => {
    const talk = await asked([[{ pauseMs: 3000 }, 'Never.']])
    await talk.send(new InterruptionTaskFrame())
    await talk.advance(3000)
    await talk.end()
    expect(talk.voice.spoken).toEqual([])
  })

  it('says nothing while an earlier answer that cannot be cut is still being made into speech', async () => {
    const talk = await Talk.start({
      answers: [['First. Second.'], ['Good morning.']],
      turns: { latencyBudget },
      params: { allowInterruptions: false },
      voice: {
        firstAudioTimeoutSecs: 20,
        delivery: (text, { signal }) =>
          text === 'Second.'
            ? (async function* () {
                await sleep(talk.clock, 12_000, signal)
                yield new Int16Array(16_000)
              })()
            : undefined,
      },
    })
    await talk.send(new LLMMessagesAppendFrame([{ role: 'user', content: 'Hi.' }], { runLlm: true }))
    // Long enough for the agent to count as silent.
    await talk.advance(5000)
    await talk.say('And?')
    await talk.advance(10_000)
    await talk.end()
    expect(talk.voice.spoken).toEqual(['First.', 'Second.', 'Good morning.'])
  })

  it('says nothing at the end of a turn without words', async () => {
    const turns = { latencyBudget, userTurnStopTimeoutSecs: 2, userTurnStrategies: { stop: [] } }
    const talk = await Talk.start({ turns })
    await talk.begin()
    await talk.pause()
    await talk.advance(5000)
    expect(talk.tags).toContain('UserStoppedSpeakingFrame')
    await talk.end()
    expect(talk.voice.spoken).toEqual([])
  })

  it('is silent when the user goes on', async () => {
    const talk = await asked([[{ pauseMs: 3000 }, 'Never.'], ['Yes.']])
    await talk.advance(500)
    await talk.begin()
    await talk.advance(2000)
    expect(talk.voice.spoken).toEqual([])
    await talk.finish('And more.')
    await talk.advance(500)
    await talk.end()
    expect(talk.voice.spoken).toEqual(['Yes.'])
  })

  it('is a filler the user may interrupt, which leaves nothing in the history', async () => {
    const talk = await asked([[{ pauseMs: 3000 }, 'Never.'], ['Yes.']])
    await talk.advance(1500)
    await talk.say('Wait.')
    await talk.end()
    expect(talk.history).toEqual(['user: Hi.', 'user: Wait.', 'assistant: Yes.'])
  })

  it('begins and ends while the session runs', async () => {
    const talk = await asked(
      [
        [{ pauseMs: 3000 }, 'One.'],
        [{ pauseMs: 3000 }, 'Two.'],
      ],
      { turns: {} },
    )
    talk.turns.updatePolicies({ latencyBudget })
    await talk.advance(6000)
    await talk.say('More.')
    talk.turns.updatePolicies({ latencyBudget: false })
    await talk.end()
    expect(talk.voice.spoken).toEqual(['One.', 'Two.'])
  })

  it('waits while the user is still the one who is waited for', () => {
    const stop = [deferred(new SpeechTimeoutUserTurnStopStrategy()), new ExternalUserTurnCompletionStopStrategy()]
    const machine = floorMachine({ stop, filler: fillerRules({ budgetSecs: 1, fillers: ['Hm.'] }) })
    expect(play(machine, 'final@0 completed@2500')).toBe('start@0 commit@600 stop@2500 fill(Hm.)@2500')
    expect(play(machine, 'final@0 completed@900')).toBe('start@0 commit@600 stop@900 fill(Hm.)@1600')
  })

  it.each([
    { budgetSecs: 0, fillers: ['Hm.'] },
    { budgetSecs: 1, fillers: [] },
  ])('takes no budget that makes no sense: %o', (budget) => {
    expect(() => fillerRules(budget)).toThrow(/latencyBudget\.(budgetSecs is 0|fillers is empty)/)
  })
})
