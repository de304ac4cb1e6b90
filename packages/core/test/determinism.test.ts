import { describe, expect, it } from 'vitest'
import { type FunctionDefinition, PcError, sleep } from '../src/index.ts'
import { type Answer, call, type Delivery, Talk, Trace } from './talk.ts'

const TEN_MINUTES_MS = 600_000
const SENTENCES = [
  'The kitchen is open until ten. ',
  'We have a table by the window for you. ',
  'Shall I write that down? ',
  'One moment, please. ',
  'The soup of the day is made of leeks and potatoes. ',
]

/** A number from 0 to 1 per step: the user's own dice, the same in every run. */
function dice(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

/** How providers behave: by the chance of their runtime, or always alike. */
type Chance = (random: () => number) => number
const byChance: Chance = (random) => random()
const alike: Chance = () => 0.5

function answers(chance: Chance): Answer[] {
  let asked = 0
  const answer: Answer = async function* ({ signal }) {
    const roll = (): number => chance(this.runtime.random)
    asked++
    await sleep(this.runtime.clock, 200 + 600 * roll(), signal)
    // Asked again by core, after a wait of its own.
    if (asked % 7 === 0 && chance === byChance) throw new PcError('busy', { code: 'busy', kind: 'transient' })
    const sentences = 1 + Math.floor(4 * roll())
    for (let i = 0; i < sentences; i++) {
      for (const word of (SENTENCES[(asked + i) % SENTENCES.length] ?? '').split(/(?<= )/)) {
        yield { type: 'text', text: word }
        await sleep(this.runtime.clock, 20 + 60 * roll(), signal)
      }
    }
    if (asked % 4 === 0) yield call('book')
    yield { type: 'done', finishReason: 'stop' }
  }
  return Array.from({ length: 500 }, () => answer)
}

const speaking = (chance: Chance): Delivery =>
  async function* (text, { sampleRate, signal }) {
    await sleep(this.runtime.clock, 80 + 200 * chance(this.runtime.random), signal)
    for (const { 0: word, index } of text.matchAll(/\S+/g))
      yield { type: 'word', text: word, startUs: (index * 1e6) / 15 }
    for (let left = Math.round((text.length * sampleRate) / 15); left > 0; left -= sampleRate / 4) {
      yield new Int16Array(Math.min(left, sampleRate / 4)).fill(1000)
      await sleep(this.runtime.clock, 50, signal)
    }
  }

/** Ten minutes of talk in which the user often cuts in. */
async function tenMinutes(seed: number, chance: Chance) {
  const book: FunctionDefinition = {
    name: 'book',
    description: 'Book',
    handler: async (_args, { signal }) => {
      await sleep(talk.clock, 1500, signal)
      return { booked: true }
    },
  }
  const trace = new Trace()
  const beganMs = performance.now()
  const talk: Talk = await Talk.start({
    seed,
    answers: answers(chance),
    tools: [book],
    voice: { delivery: speaking(chance) },
    params: { enableMetrics: true, enableUsageMetrics: true },
    task: { observers: [trace.observer] },
  })
  const roll = dice(7)
  for (let turn = 1; talk.clock.nowMs() < TEN_MINUTES_MS; turn++) {
    await talk.begin()
    await talk.advance(300 + 1500 * roll())
    await talk.finish(`This is my sentence number ${turn}.`)
    await talk.advance(600 + 9000 * roll())
  }
  await talk.end()
  const history = talk.context.messages.map((message) => JSON.stringify(message))
  return { lines: trace.lines, history, counters: talk.task.counters, talk, tookMs: performance.now() - beganMs }
}

describe('a ten-minute conversation with barge-ins on the test clock', () => {
  it('takes well under five seconds, and gives the same trace again', async () => {
    const one = await tenMinutes(1, byChance)
    expect(one.tookMs).toBeLessThan(5000)
    expect(one.talk.clock.nowMs()).toBeGreaterThan(TEN_MINUTES_MS)
    const cut = one.lines.filter((line) => line.includes(' BotSpeechHeardFrame ') && line.includes('final=true'))
    expect(cut.length).toBeGreaterThan(20)
    expect(one.lines.length).toBeGreaterThan(10_000)
    expect(one.history.length).toBeGreaterThan(100)
    const again = await tenMinutes(1, byChance)
    // Line by line first: a difference of all is too much to read.
    expect(again.lines.find((line, index) => line !== one.lines[index])).toBeUndefined()
    expect([again.lines.length, again.history, again.counters]).toEqual([one.lines.length, one.history, one.counters])
  })

  it('differs by its seed where chance is used, and only there', async () => {
    const [one, two] = [await tenMinutes(1, byChance), await tenMinutes(2, byChance)]
    const first = one.lines.findIndex((line, index) => line !== two.lines[index])
    expect(one.lines[first]).toMatch(/LLMTextFrame|MetricsFrame/)
    expect(two.history).not.toEqual(one.history)
    const [three, four] = [await tenMinutes(1, alike), await tenMinutes(2, alike)]
    expect(four.lines.find((line, index) => line !== three.lines[index])).toBeUndefined()
    expect(four.history).toEqual(three.history)
  })
})
