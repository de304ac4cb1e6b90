import { createRuntime, type Runtime } from '../runtime/runtime.ts'
import { TestClock } from './test-clock.ts'

/** A runtime whose time, chance and ids are the same in every run. */
export function createTestRuntime(clock: TestClock = new TestClock(), seed = 1): Runtime {
  let state = seed
  let ids = 0
  return createRuntime({
    clock,
    random: () => {
      // Park and Miller's minimal standard generator.
      state = (state * 48_271) % 2_147_483_647
      return state / 2_147_483_647
    },
    newId: () => `id-${++ids}`,
  })
}
