import { once } from 'node:events'
import { expect, test, vi } from 'vitest'
import { SystemClock } from './clock.ts'

test('a timer whose time has passed fires at once, and Node has nothing to warn of', async () => {
  const warned = vi.fn()
  process.on('warning', warned)
  const fired = new EventTarget()
  new SystemClock().setTimeout(() => fired.dispatchEvent(new Event('fired')), -0.01)
  await once(fired, 'fired')
  process.off('warning', warned)
  expect(warned).not.toHaveBeenCalled()
})
