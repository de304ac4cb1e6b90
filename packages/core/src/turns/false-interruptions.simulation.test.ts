import { expect, test } from 'vitest'
import { randomScenario, simulate } from '../testing/index.ts'

const COUNT = 150

test(`with false interruptions, ${COUNT} random conversations keep every promise`, async () => {
  const done = { pauseOutput: 0, resumeOutput: 0 }
  const broken: string[] = []
  for (let seed = 1; seed <= COUNT; seed++) {
    const scenario = randomScenario(seed)
    const falseInterruptions = { timeoutSecs: 0.5, longestSecs: 2 }
    const policies = { ...scenario.policies, falseInterruptions }
    const { violations, timeline } = await simulate({ ...scenario, policies })
    for (const line of timeline)
      for (const type of ['pauseOutput', 'resumeOutput'] as const) if (line.includes(type)) done[type]++
    broken.push(...violations.map(({ invariant, detail }) => `${seed}: ${invariant}: ${detail}`))
  }
  expect(broken).toEqual([])
  // Otherwise nothing was tried.
  expect(done.pauseOutput).toBeGreaterThan(50)
  expect(done.resumeOutput).toBeGreaterThan(10)
}, 60_000)
