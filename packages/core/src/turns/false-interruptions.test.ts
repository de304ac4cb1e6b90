import { describe, expect, it } from 'vitest'
import { Talk, type TalkOptions } from '../../test/talk.ts'
import { floorMachine, play } from '../../test/turn-script.ts'
import { LLMRunFrame } from '../frames/llm.ts'
import { InterimTranscriptionFrame } from '../frames/text.ts'
import { UserTurnExpectationFrame } from '../frames/turn.ts'
import { BACKCHANNELS, backchannelTest } from './backchannels.ts'
import { doubtRules } from './false-interruptions.ts'

const SENTENCE = 'One two three four five six.'

/** An agent that has been speaking for 0.85 s, of 2.8. */
async function speaking(options: TalkOptions = {}): Promise<{ talk: Talk; goesOn: number[] }> {
  const talk = await Talk.start({
    messages: [{ role: 'user', content: 'Hi' }],
    answers: [[SENTENCE], ['Good.']],
    turns: { falseInterruptions: true },
    ...options,
  })
  const goesOn: number[] = []
  talk.turns.on('falseInterruption', () => goesOn.push(talk.clock.nowMs()))
  await talk.send(new LLMRunFrame())
  await talk.advance(850)
  return { talk, goesOn }
}

const interim = (text: string): InterimTranscriptionFrame => new InterimTranscriptionFrame(text)

describe('a voice while the agent speaks', () => {
  it('holds the agent at once', async () => {
    const { talk } = await speaking()
    await talk.begin()
    const sent = talk.output.written.length
    await talk.advance(600)
    expect([sent, talk.output.written.length]).toEqual([43, 43])
    expect(talk.turns.turnState.status).toBe('listening')
  })

  it('lets the agent go on mid-word when no words follow, and all is heard and stored', async () => {
    const { talk, goesOn } = await speaking()
    await talk.begin()
    await talk.advance(400)
    await talk.pause()
    await talk.advance(3000)
    await talk.end()
    // A recogniser that has not stated its latency is given a second.
    expect(goesOn).toEqual([850 + 400 + 1000])
    expect(talk.output.written.filter(({ contextId }) => contextId !== undefined)).toHaveLength(140)
    expect(talk.history).toEqual(['user: Hi', `assistant: ${SENTENCE}`])
    expect(talk.model.asked).toHaveLength(1)
  })

  it('lets the agent go on as soon as it proves to be a backchannel, which nobody answers', async () => {
    const { talk, goesOn } = await speaking()
    await talk.begin()
    await talk.advance(300)
    await talk.finish('Mhm, okay.')
    await talk.end()
    expect(goesOn).toEqual([850 + 300 + 100])
    expect(talk.history).toEqual(['user: Hi', `assistant: ${SENTENCE}`])
  })

  it('cuts the agent when words follow, where it was held', async () => {
    const { talk, goesOn } = await speaking()
    await talk.begin()
    await talk.advance(500)
    await talk.finish('Please stop.')
    await talk.advance(600)
    await talk.end()
    expect(goesOn).toEqual([])
    expect(talk.history).toEqual(['user: Hi', 'assistant: One two', 'user: Please stop.', 'assistant: Good.'])
  })

  it('cuts the agent at the first words, before they are final', async () => {
    const { talk } = await speaking()
    await talk.begin()
    await talk.send(interim('Uh'))
    expect(talk.turns.turnState.status).toBe('listening')
    await talk.send(interim('Uh please'))
    expect(talk.turns.turnState.status).toBe('userSpeaking')
  })

  it('cuts the agent when it lasts, though no words are known', async () => {
    const { talk } = await speaking()
    await talk.begin()
    await talk.advance(3999)
    expect(talk.turns.turnState.status).toBe('listening')
    await talk.advance(1)
    expect(talk.turns.turnState.status).toBe('userSpeaking')
    await talk.finish('A long story.')
    await talk.advance(600)
    await talk.end()
    expect(talk.history).toEqual(['user: Hi', 'assistant: One two', 'user: A long story.', 'assistant: Good.'])
  })

  it('answers when the agent ends right after what seemed a backchannel', async () => {
    const { talk } = await speaking()
    await talk.advance(1600)
    await talk.recognise('Yeah.')
    await talk.advance(3000)
    await talk.end()
    expect(talk.history).toEqual(['user: Hi', `assistant: ${SENTENCE}`, 'user: Yeah.', 'assistant: Good.'])
  })

  it('answers when a yes or no is expected', async () => {
    const { talk } = await speaking()
    await talk.send(new UserTurnExpectationFrame('yesNo'))
    await talk.say('Yeah.')
    await talk.end()
    expect(talk.history).toEqual(['user: Hi', 'assistant: One two', 'user: Yeah.', 'assistant: Good.'])
  })

  it('holds nothing where interruptions are not allowed', async () => {
    const { talk } = await speaking({ params: { allowInterruptions: false } })
    await talk.begin()
    await talk.advance(600)
    expect(talk.output.written).toHaveLength(73)
  })

  it('holds the agent no longer when the policy is taken away', async () => {
    const { talk, goesOn } = await speaking()
    await talk.begin()
    await talk.advance(100)
    talk.turns.updatePolicies({ falseInterruptions: false })
    await talk.end()
    expect(goesOn).toEqual([950])
    expect(talk.history).toEqual(['user: Hi', `assistant: ${SENTENCE}`])
  })

  it('interrupts at once without the policy, and with it again when it was added', async () => {
    const { talk } = await speaking({ turns: {} })
    await talk.say('Wait.')
    await talk.advance(100)
    talk.turns.updatePolicies({ falseInterruptions: { timeoutSecs: 0.2 } })
    await talk.begin()
    await talk.pause()
    await talk.advance(1000)
    await talk.end()
    expect(talk.history).toEqual(['user: Hi', 'assistant: One two', 'user: Wait.', 'assistant: Good.'])
  })

  it('stays as it was when a change makes no sense', async () => {
    const { talk } = await speaking()
    expect(() => talk.turns.updatePolicies({ falseInterruptions: { timeoutSecs: -1 } })).toThrow('timeoutSecs is -1')
    talk.turns.updatePolicies({ echoGate: true })
    await talk.begin()
    expect(talk.turns.turnState.status).toBe('listening')
    await talk.end()
  })

  it('does not hold the end of the session', async () => {
    const { talk } = await speaking()
    await talk.begin()
    await talk.end()
    expect(talk.history).toEqual(['user: Hi', `assistant: ${SENTENCE}`])
  })
})

describe('the machine of false interruptions', () => {
  const machine = floorMachine({ doubt: doubtRules(true) })

  it.each([
    ['a silent agent is not held', 'voice@0 silence@500 final@600', 'start@0 commit@1100 stop@1100'],
    ['a cough holds it for the latency of the recogniser', 'bot@0 voice@100 silence@400', 'pause@100 resume@1400'],
    [
      'one cough after the other does not hold it for ever',
      'bot@0 voice@100 silence@400 voice@1300 silence@1500 voice@2400 silence@2500 voice@3400 silence@3500',
      'pause@100 resume@4100',
    ],
    ['a backchannel without a voice does not hold it', 'bot@0 mhm@100 botGoesOn@5000', 'keep@100'],
    ['words without a voice interrupt', 'bot@0 final@100 end@200', 'start@100 stop@200'],
    [
      'an agent that ends by itself leaves the floor to the voice',
      'bot@0 voice@100 botEnd@300 end@400',
      'pause@100 start@300 stop@400',
    ],
    [
      'a turn that another part announces is a voice to strategies that do not adopt it',
      'bot@0 voice@100 external@200 final@300 end@400',
      'pause@100 start@300 stop@400',
    ],
  ])('%s', (_title, script, told) => {
    expect(play(machine, script)).toBe(told)
  })

  it.each([{ timeoutSecs: 0 }, { longestSecs: Number.NaN }])('takes no duration that is none: %o', (options) => {
    expect(() => doubtRules(options)).toThrow(/falseInterruptions\.\w+ is \S+; use a number of seconds above 0/)
  })
})

describe('backchannels', () => {
  const isBackchannel = backchannelTest(Object.values(BACKCHANNELS).flat())

  it.each([
    'Mhm.',
    'Uh-huh, okay!',
    'I see. Right.',
    'Ja, genau.',
    'Ach so.',
    "D'accord.",
    'Sí, claro.',
    'ठीक है।',
    'そうですね。',
    '嗯,好的。',
    '...',
  ])('%s is one', (text) => expect(isBackchannel(text)).toBe(true))

  it.each(['Yeah, but wait.', 'Stop.', 'No.', 'Nein.', 'I see him', 'नहीं', 'Okay Google'])('%s is none', (text) => {
    expect(isBackchannel(text)).toBe(false)
  })

  it('takes words of the application', () => {
    const own = backchannelTest([...(BACKCHANNELS['en'] ?? []), 'gotcha'])
    expect([own('Yeah, gotcha.'), own('Genau.')]).toEqual([true, false])
  })
})
