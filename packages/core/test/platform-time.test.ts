import { afterEach, describe, expect, it, vi } from 'vitest'
import { type FunctionDefinition, PcError, sleep, TTSSpeakFrame, VADProcessor } from '../src/index.ts'
import { LoudnessVAD, Microphone, ScriptedEars, sound } from './ears.ts'
import { call, Talk } from './talk.ts'

const RealDate = Date

/** Makes every source of time and chance of the platform throw; returns what was asked of them. */
function trap(): string[] {
  const touched: string[] = []
  const forbid = (name: string) => (): never => {
    touched.push(name)
    throw new Error(`${name} of the platform was used`)
  }
  class TrappedDate extends RealDate {
    constructor(...args: [] | [number]) {
      if (args.length === 0) forbid('new Date()')()
      super(...(args as [number]))
    }
    static override now = forbid('Date.now')
  }
  vi.stubGlobal('Date', TrappedDate)
  for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'requestAnimationFrame'])
    vi.stubGlobal(name, forbid(name))
  vi.spyOn(performance, 'now').mockImplementation(forbid('performance.now'))
  vi.spyOn(Math, 'random').mockImplementation(forbid('Math.random'))
  vi.spyOn(crypto, 'randomUUID').mockImplementation(forbid('crypto.randomUUID'))
  vi.spyOn(crypto, 'getRandomValues').mockImplementation(forbid('crypto.getRandomValues'))
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(forbid('AbortSignal.timeout'))
  vi.spyOn(process, 'hrtime').mockImplementation(forbid('process.hrtime'))
  vi.stubGlobal('fetch', forbid('fetch'))
  return touched
}

describe("the platform's clock", () => {
  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  })

  it('is trapped', () => {
    const touched = trap()
    expect(() => Date.now()).toThrow()
    expect(() => new Date()).toThrow()
    expect(() => setTimeout(() => {}, 0)).toThrow()
    expect(() => performance.now()).toThrow()
    expect(new Date(0).toISOString()).toBe('1970-01-01T00:00:00.000Z')
    expect(touched).toEqual(['Date.now', 'new Date()', 'setTimeout', 'performance.now'])
  })

  it('is never touched in a whole conversation from audio to audio: one injected clock times everything', async () => {
    const touched = trap()
    const microphone = new Microphone()
    const ears = new ScriptedEars(
      ['Hello.', 'Stop that.', 'What is the weather?', 'Thanks.'],
      [
        async function* () {
          yield { type: 'open' }
          throw new PcError('lost', { code: 'lost', kind: 'transient' })
        },
      ],
    )
    const weather: FunctionDefinition = {
      name: 'weather',
      description: 'Weather',
      handler: async () => {
        await sleep(talk.clock, 700)
        return 'rain'
      },
    }
    const hanging: FunctionDefinition = {
      name: 'hanging',
      description: 'Never answers',
      timeoutSecs: 2,
      handler: () => new Promise(() => {}),
    }
    const talk = await Talk.start({
      before: [microphone, new VADProcessor({ vadAnalyzer: new LoudnessVAD() }), ears],
      tools: [weather, hanging],
      params: { enableMetrics: true, enableUsageMetrics: true, enableHeartbeats: true },
      task: { idleTimeoutSecs: 300 },
      answers: [
        ['Hello, this is a reply that goes on for much too long.'],
        ['All right. '],
        () => {
          throw new PcError('busy', { code: 'busy', kind: 'transient' })
        },
        ['Let me look. ', call('weather'), call('hanging')],
        ['Rain.'],
      ],
    })
    const hear = async (ms: number, loud: boolean): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 20) {
        microphone.hear(sound(20, loud))
        await talk.advance(20)
      }
    }
    for (const quietMs of [2500, 4000, 8000, 3000]) {
      await hear(800, true)
      await hear(quietMs, false)
    }
    await talk.send(new TTSSpeakFrame('One last word.'))
    await talk.end()
    const traces = [...touched]
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
    expect(traces).toEqual([])
    expect(talk.history).toEqual([
      'user: Hello.',
      'assistant: Hello, this is a',
      'user: Stop that.',
      'assistant: All right.',
      'user: What is the weather?',
      'assistant: Let me look.',
      'calls weather, hanging',
      'tool: "rain"',
      'tool: CANCELLED',
      'assistant: Rain.',
      'user: Thanks.',
      'assistant: Yes.',
      'assistant: One last word.',
    ])
    expect(talk.errorCodes).toEqual(['lost'])
  })
})
