import { describe, expect, it } from 'vitest'
import {
  randomScenario,
  type Scenario,
  shrinkScenario,
  simulate,
  type SimulationOptions,
} from '../src/testing/index.ts'
import { PLANTED_FAULTS } from './planted-faults.ts'

const CONVERSATIONS = 2000
const SEEDS_PER_FAULT = 150

/** The first of these scenarios in which one of these promises is broken. */
async function firstBroken(
  scenarios: Iterable<Scenario>,
  { invariants, options }: { invariants?: readonly string[]; options?: SimulationOptions | undefined } = {},
): Promise<{ scenario: Scenario; violation: string } | undefined> {
  for (const scenario of scenarios) {
    const { violations } = await simulate(scenario, options)
    const found = violations.find(({ invariant }) => invariants?.includes(invariant) ?? true)
    if (found) return { scenario, violation: `${found.invariant}: ${found.detail}` }
  }
  return undefined
}

function* randomScenarios(count: number, changes: Partial<Scenario> = {}): Generator<Scenario> {
  for (let seed = 1; seed <= count; seed++) yield { ...randomScenario(seed), ...changes }
}

describe('a simulated conversation', () => {
  it(`breaks no promise, whatever happens in ${CONVERSATIONS} of them`, { timeout: 180_000 }, async () => {
    const broken = await firstBroken(randomScenarios(CONVERSATIONS))
    // Replay it with: pnpm simulate --seed <the seed> --replay
    expect(broken && `seed ${broken.scenario.seed}: ${broken.violation}`).toBeUndefined()
  })

  it('is the same again with the same seed, to the last event', async () => {
    const run = async (): Promise<readonly string[]> => {
      const hashes: string[] = []
      for (const scenario of randomScenarios(40)) hashes.push((await simulate(scenario)).hash)
      return hashes
    }
    const [one, two] = [await run(), await run()]
    expect(two).toEqual(one)
    expect(new Set(one).size).toBe(one.length)
  })

  it('is the same again beside another one in the same process', async () => {
    const [scenario, other] = [randomScenario(1), randomScenario(2)]
    const alone = await simulate(scenario)
    const [beside] = await Promise.all([simulate(scenario), simulate(other)])
    expect(beside.timeline).toEqual(alone.timeline)
  })

  it('holds what a conversation may hold: barge-ins, failures, functions, words lost, late and guessed', async () => {
    const seen = new Map<string, number>()
    const words = [
      'turn     startTurn',
      'model    aborted',
      'model    failed',
      'error    stream-stalled of voice',
      'error    write-timeout',
      'error    function-failed',
      'tool     look returns',
      'ears     recognise',
      'ears     closes',
      'makes noise',
      'and cuts in',
      'announces',
      'asks for the end: cancel',
      'stopTimeout',
      'turn     speculate',
      'turn     withdrawSpeculation',
      'was asked ahead',
      'turn     fill',
      'turn     pauseOutput',
      'turn     resumeOutput',
      'turn     keepTranscript',
      'turn     releaseTranscript',
      'is heard to say',
    ]
    for (const scenario of randomScenarios(400)) {
      const timeline = (await simulate(scenario)).timeline.join('\n')
      for (const word of words) if (timeline.includes(word)) seen.set(word, (seen.get(word) ?? 0) + 1)
    }
    expect(words.filter((word) => !seen.has(word))).toEqual([])
  })
})

describe('the simulator', () => {
  it.each(PLANTED_FAULTS)('notices $name', async ({ breaks, plant, options, scenario }) => {
    const mend = plant?.()
    let broken: Awaited<ReturnType<typeof firstBroken>>
    try {
      broken = await firstBroken(randomScenarios(SEEDS_PER_FAULT, scenario), { invariants: breaks, options })
    } finally {
      mend?.()
    }
    if (broken === undefined) throw new Error('the fault went unnoticed')
    // The same conversation without the fault is in order.
    const mended = await simulate(broken.scenario, plant === undefined ? {} : options)
    expect(mended.violations).toEqual([])
  })

  it('makes a conversation that fails smaller, and it still fails', async () => {
    const fault = PLANTED_FAULTS.find(({ name }) => name.includes('asks the model twice'))
    const mend = fault?.plant?.()
    try {
      const fails = async (scenario: Scenario): Promise<boolean> =>
        (await simulate(scenario)).violations.some(({ invariant }) => invariant === 'one answer a question')
      const found = await firstBroken(randomScenarios(SEEDS_PER_FAULT), { invariants: ['one answer a question'] })
      if (found === undefined) throw new Error('nothing to make smaller')
      const small = await shrinkScenario(found.scenario, fails)
      expect(await fails(small)).toBe(true)
      expect(small.acts).toHaveLength(1)
      expect([...small.answers, ...small.speeches].filter(({ fault: some }) => some !== undefined)).toEqual([])
    } finally {
      mend?.()
    }
  })
})
