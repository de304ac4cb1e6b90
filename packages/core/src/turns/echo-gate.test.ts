import { describe, expect, it } from 'vitest'
import { Talk, type TalkOptions } from '../../test/talk.ts'
import { LLMRunFrame } from '../frames/llm.ts'
import { InterimTranscriptionFrame } from '../frames/text.ts'
import { EchoGate } from './echo-gate.ts'
import { MinWordsUserTurnStartStrategy } from './min-words-user-turn-start-strategy.ts'

const SENTENCE = 'Would you like a table for two on Friday evening?'
const ANSWER = 'Good.'

/** An agent on loudspeakers that has been speaking for 2.5 s, of 4.9: "Would you like a table for" and a bit. */
async function speaking(options: TalkOptions = {}): Promise<{ talk: Talk; dropped: string[] }> {
  const talk = await Talk.start({
    messages: [{ role: 'user', content: 'Hi' }],
    answers: [[SENTENCE], [ANSWER]],
    turns: { echoGate: true, userTurnStrategies: { start: [new MinWordsUserTurnStartStrategy({ minWords: 1 })] } },
    voice: { words: false },
    ...options,
  })
  const dropped: string[] = []
  talk.turns.on('echoDropped', (text) => dropped.push(text))
  await talk.send(new LLMRunFrame())
  await talk.advance(2500)
  return { talk, dropped }
}

describe('an echo gate', () => {
  it("drops the agent's own words: they neither interrupt it nor are answered", async () => {
    const { talk, dropped } = await speaking()
    await talk.send(new InterimTranscriptionFrame('Would you like'))
    await talk.recognise('Would you like a table for')
    await talk.advance(3000)
    await talk.end()
    expect(dropped).toEqual(['Would you like', 'Would you like a table for'])
    expect(talk.history).toEqual(['user: Hi', `assistant: ${SENTENCE}`])
  })

  it('drops them where the recogniser misheard one of them', async () => {
    const { talk } = await speaking()
    await talk.recognise('could you like a table for')
    await talk.advance(3000)
    await talk.end()
    expect(talk.history).toEqual(['user: Hi', `assistant: ${SENTENCE}`])
  })

  it('lets the words of the user pass', async () => {
    const { talk, dropped } = await speaking()
    await talk.recognise('No, thank you.')
    await talk.advance(1000)
    await talk.end()
    expect(dropped).toEqual([])
    expect(talk.history.slice(2)).toEqual(['user: No, thank you.', `assistant: ${ANSWER}`])
  })

  it("drops an echo also where the user's words behind it have cut the agent in the meantime", async () => {
    const { talk } = await speaking({ turns: { echoGate: true } })
    await talk.send(new InterimTranscriptionFrame('Would you like a table no cancel'))
    await talk.advance(500)
    expect(talk.tags).toContain('BotStoppedSpeakingFrame')
    await talk.recognise('Would you like a table, no, cancel that please.')
    await talk.advance(1000)
    await talk.end()
    expect(talk.history.slice(2)).toEqual(['user: no, cancel that please.', `assistant: ${ANSWER}`])
  })

  it("keeps the user's words behind an echo", async () => {
    const { talk } = await speaking()
    await talk.recognise('Would you like a table, no, cancel that please.')
    await talk.advance(1000)
    await talk.end()
    expect(talk.history.slice(2)).toEqual(['user: no, cancel that please.', `assistant: ${ANSWER}`])
  })

  it('drops what comes back late, and lets a user answer with words of the question', async () => {
    const { talk } = await speaking()
    await talk.advance(3000)
    await talk.recognise('for two on Friday evening')
    await talk.recognise('Friday')
    await talk.advance(1000)
    await talk.end()
    expect(talk.history).toEqual(['user: Hi', `assistant: ${SENTENCE}`, 'user: Friday', `assistant: ${ANSWER}`])
  })

  it('lets everything pass once the agent has been silent for a while', async () => {
    const { talk } = await speaking()
    await talk.advance(4000)
    await talk.recognise('A table for two on Friday evening')
    await talk.advance(1000)
    await talk.end()
    expect(talk.history[2]).toBe('user: A table for two on Friday evening')
  })

  it('opens and closes while the session runs', async () => {
    const { talk, dropped } = await speaking()
    talk.turns.updatePolicies({ echoGate: false })
    await talk.send(new InterimTranscriptionFrame('Would you like'))
    expect([dropped, talk.turns.turnState.status]).toEqual([[], 'userPausing'])
    talk.turns.updatePolicies({ echoGate: { tailSecs: 5 } })
    await talk.advance(100)
    await talk.end()
  })

  it('with false interruptions, an agent that hears its own voice goes on', async () => {
    const { talk, dropped } = await speaking({ turns: { echoGate: true, falseInterruptions: true } })
    await talk.begin()
    await talk.advance(400)
    await talk.finish('you like a table')
    await talk.advance(5000)
    await talk.end()
    expect(dropped).toEqual(['you like a table'])
    expect(talk.history).toEqual(['user: Hi', `assistant: ${SENTENCE}`])
  })

  it.each([{ tailSecs: -1 }, { minWords: 0 }, { minWords: 1.5 }])(
    'takes no number that makes no sense: %o',
    (options) => {
      expect(() => new EchoGate(options)).toThrow(/echoGate: tailSecs is \S+ and minWords \S+; use/)
    },
  )
})
