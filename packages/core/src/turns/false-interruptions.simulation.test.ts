import { expect, test } from 'vitest'
import { randomScenario, simulate } from '../testing/index.ts'
import { UserTurnProcessor } from './turn-processor.ts'

const COUNT = 150

test(`with false interruptions, ${COUNT} random conversations keep every promise`, async () => {
  const done = { pauseOutput: 0, resumeOutput: 0 }
  const broken: string[] = []
  for (let seed = 1; seed <= COUNT; seed++) {
    const { violations } = await simulate(randomScenario(seed), {
      turns: ({ speechTimeoutSecs }) => {
        const turns = new UserTurnProcessor({
          userSpeechTimeoutSecs: speechTimeoutSecs,
          falseInterruptions: { timeoutSecs: 0.5, longestSecs: 2 },
        })
        turns.on('turnEvent', (_event, _state, effects) => {
          for (const { type } of effects) if (type === 'pauseOutput' || type === 'resumeOutput') done[type]++
        })
        return turns
      },
    })
    broken.push(...violations.map(({ invariant, detail }) => `${seed}: ${invariant}: ${detail}`))
  }
  expect(broken).toEqual([])
  // Otherwise nothing was tried.
  expect(done.pauseOutput).toBeGreaterThan(50)
  expect(done.resumeOutput).toBeGreaterThan(10)
}, 60_000)
