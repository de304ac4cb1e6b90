import { configDefaults, defineConfig } from 'vitest/config'

/** They run in real time or in a browser, and mostly wait: two at once. */
const conversations = [
  'apps/voice-assistant/test/{pizza,vendors,killed-server}.test.ts',
  'apps/voice-assistant/page/test/firefox.test.ts',
  'packages/*/test/browser.test.ts',
]

/** They measure time, or run in a browser in real time, and so want the machine for themselves. */
const timed = [
  'apps/voice-assistant/test/e2e.test.ts',
  'apps/voice-assistant/page/test/{page,flow-page}.test.ts',
  'packages/core/test/platform-time.test.ts',
  'packages/vad-silero/test/speed.test.ts',
  'packages/flows/test/types/speed.test.ts',
]

export default defineConfig({
  ssr: { resolve: { conditions: ['@pc/source'] } },
  test: {
    testTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: [
            'packages/*/{src,test}/**/*.test.ts',
            'apps/*/{src,test,page}/**/*.test.{ts,tsx}',
            'scripts/**/*.test.ts',
          ],
          exclude: [...configDefaults.exclude, ...conversations, ...timed],
          // More than a small machine has cores: many wait for other processes.
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'conversations', include: conversations, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: { name: 'alone', include: timed, maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
    ],
  },
})
