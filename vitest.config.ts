import { configDefaults, defineConfig } from 'vitest/config'

const all = ['packages/*/{src,test}/**/*.test.ts', 'apps/*/{src,test,page}/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts']

/** They run in real time or in a browser, and mostly wait: two at once. */
const conversations = [
  'apps/voice-assistant/test/{pizza,vendors,killed-server}.test.ts',
  'apps/voice-assistant/page/test/{page,flow-page,firefox}.test.ts',
  'packages/*/test/browser.test.ts',
]

/** They measure time, or run in a browser in real time, and so want the machine for themselves. */
const timed = [
  'apps/voice-assistant/test/e2e.test.ts',
  'apps/voice-assistant/page/test/page-in-time.test.ts',
  'packages/core/test/platform-time.test.ts',
  'packages/vad-silero/test/speed.test.ts',
  'packages/flows/test/types/speed.test.ts',
]

/** They stub globals, change the environment, listen to the process, measure its heap, or start programs. */
const ownProcess = [
  'apps/ui/test/gallery.test.ts',
  'packages/core/src/runtime/clock.test.ts',
  'packages/core/src/turns/turn-machine.model.test.ts',
  'packages/core/test/{determinism,parallel,simulation,soak}.test.ts',
  'packages/flows/src/snapshot/signed-store.test.ts',
  'packages/flows/test/{flow-stores,statements/nodes,statements/odd-handlers,statements/resume,types/types}.test.ts',
  'packages/mcp/**/*.test.ts',
  'packages/rtvi/test/{official-client,seeds-checklist}.test.ts',
  'packages/services-deepgram/src/deepgram-stt-service.test.ts',
  'packages/services-local/src/{flite,pocketsphinx}/**/*.test.ts',
  'packages/services-openai/src/openai-llm-service.test.ts',
  'packages/turn-smart/**/*.test.ts',
  'packages/vad-silero/**/*.test.ts',
]

const elsewhere = [...configDefaults.exclude, ...conversations, ...timed]
// More than a small machine has cores: many wait for other processes.
const first = { maxWorkers: 3, sequence: { groupOrder: 0 } }

export default defineConfig({
  ssr: { resolve: { conditions: ['@pc/source'] } },
  test: {
    testTimeout: 20_000,
    projects: [
      { extends: true, test: { ...first, name: 'own process', include: ownProcess, exclude: elsewhere } },
      {
        extends: true,
        test: {
          ...first,
          name: 'together',
          include: all,
          exclude: [...elsewhere, ...ownProcess],
          // Loading the sources anew for each of some two hundred files took more time than the tests in them.
          isolate: false,
          unstubGlobals: true,
          unstubEnvs: true,
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
