import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Answer, Talk } from '../../test/talk.ts'
import { messageText } from '../context/messages.ts'
import { InterimTranscriptionFrame, LLMTextFrame, TranscriptionFrame } from '../frames/text.ts'
import { EagerEndOfTurnFrame, VADUserStartedSpeakingFrame, VADUserStoppedSpeakingFrame } from '../frames/turn.ts'
import { sleep } from '../runtime/clock.ts'
import { wordsOf } from '../text/words.ts'

const WORDS = ['one', 'two', 'pay']

const step = fc.oneof(
  fc.record({ kind: fc.constant('pause' as const), ms: fc.integer({ min: 1, max: 900 }) }),
  fc.record({
    kind: fc.constantFrom('interim' as const, 'interim' as const, 'final' as const, 'piece' as const),
    words: fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ kind: fc.constantFrom('voice' as const, 'silence' as const, 'eager' as const) }),
)

/** Answers with the words it was asked, and pays when it is asked to. */
const echo = (delayMs: number): Answer =>
  async function* ({ signal }) {
    const last = this.asked.at(-1)?.at(-1)
    const asked =
      last !== undefined && 'role' in last && last.role === 'user' ? wordsOf(messageText(last)).join(' ') : ''
    const id = `call-${this.asked.length}`
    await sleep(this.runtime.clock, delayMs, signal)
    yield `You said ${asked}. `
    if (asked.includes('pay')) yield { type: 'toolCall', id, name: 'pay', arguments: JSON.stringify({ asked }) }
    await sleep(this.runtime.clock, delayMs, signal)
    yield { type: 'done', finishReason: 'stop' }
  }

test('whatever a recogniser says, one answer per turn is spoken, stored and run, and it is the one to the final words', async () => {
  let ahead = 0
  let answered = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(0, 100, 700),
      fc.constantFrom(0, 0.1, 0.25),
      async (steps, delayMs, stableSecs) => {
        const paid: string[] = []
        const talk = new Talk({
          answers: Array.from({ length: 400 }, () => echo(delayMs)),
          turns: { preemptiveGeneration: { stableSecs } },
          tools: [
            {
              name: 'pay',
              description: 'Pays',
              handler: async (args) => {
                paid.push(String(args['asked']))
                return 'paid'
              },
            },
          ],
        })
        await talk.clock.settle()
        const finals: string[] = []
        let turns = 0
        talk.turns.on('userTurnInferenceTriggered', () => turns++)
        for (const given of steps) {
          switch (given.kind) {
            case 'pause':
              await talk.advance(given.ms)
              break
            case 'interim':
              await talk.send(new InterimTranscriptionFrame(given.words.join(' ')))
              break
            case 'final':
            case 'piece':
              finals.push(...given.words)
              await talk.send(
                new TranscriptionFrame(`${given.words.join(' ')}.`, '', '', { finalized: given.kind === 'final' }),
              )
              break
            case 'voice':
              await talk.send(new VADUserStartedSpeakingFrame(0.2))
              break
            case 'silence':
              await talk.send(new VADUserStoppedSpeakingFrame(0.2))
              break
            case 'eager':
              await talk.send(new EagerEndOfTurnFrame())
          }
        }
        await talk.advance(40_000)
        await talk.end()
        const said = talk.history
          .filter((line) => line.startsWith('user: '))
          .map((line) => wordsOf(line.slice(6)).join(' '))
        expect(said.join(' ')).toBe(finals.join(' '))
        const answers = talk.down.flatMap(({ frame }) => (frame instanceof LLMTextFrame ? [frame.text] : []))
        expect(answers).toEqual([])
        // Every word that was spoken answers a message that stands in the context, ahead of the answer.
        let latest = ''
        for (const line of talk.history) {
          if (line.startsWith('user: ')) latest = wordsOf(line.slice(6)).join(' ')
          if (line.startsWith('assistant: '))
            expect(`You said ${latest}. You said .`).toContain(line.slice('assistant: '.length))
        }
        expect(paid.every((words) => said.includes(words))).toBe(true)
        // Nobody is left without an answer, unless the user went on behind the last words.
        const lastWords = steps.findLastIndex(({ kind }) => kind === 'final' || kind === 'piece')
        const goesOn = steps.slice(lastWords + 1).some(({ kind }) => kind === 'voice' || kind === 'interim')
        if (lastWords >= 0 && !goesOn) {
          expect(talk.history.at(-1)).toMatch(/^assistant: You said/)
          if (said.at(-1)?.includes('pay') === true) expect(paid.at(-1)).toBe(said.at(-1))
          answered++
        }
        expect(paid.length).toBeLessThanOrEqual(turns)
        ahead += talk.model.asked.length - talk.tags.filter((tag) => tag === 'LLMFullResponseStartFrame').length
        expect(talk.errors).toEqual([])
        expect(talk.clock.pending).toBe(0)
      },
    ),
    { numRuns: 150, seed: 20_261_121 },
  )
  // Otherwise nothing was tried.
  expect(ahead).toBeGreaterThan(50)
  expect(answered).toBeGreaterThan(20)
}, 120_000)
