import { PcError } from '@pc/core'
import { afterEach, describe, expect, test, vi } from 'vitest'

import { noisySpeech } from '../test/recordings.ts'
import { SileroModel } from './model.ts'
import type { SileroSession } from './model.ts'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

const speech = noisySpeech(16000)

/** Probabilities of the first seconds of the recording, which begins with a pause and then has clear speech. */
function listen(session: SileroSession, windows = 100): number[] {
  return Array.from({ length: windows }, (_, i) => session.process(speech.subarray(i * 512, (i + 1) * 512)))
}

async function errorOf(run: () => unknown): Promise<PcError> {
  try {
    await run()
  } catch (error) {
    if (PcError.is(error)) return error
  }
  throw new Error('no PcError was thrown')
}

describe('loading', () => {
  test('a model is loaded once per rate and engine', async () => {
    const [first, second] = await Promise.all([SileroModel.load(16000), SileroModel.load(16000)])
    expect(second).toBe(first)
    expect(await SileroModel.load(16000, { engine: 'wasm' })).toBe(first)
    expect(await SileroModel.load(8000)).not.toBe(first)
    expect(await SileroModel.load(16000, { engine: 'javascript' })).not.toBe(first)
  })

  test('a model says its rate, its window and its engine', async () => {
    expect(await SileroModel.load(16000)).toMatchObject({ sampleRate: 16000, windowSamples: 512, engine: 'wasm' })
    expect(await SileroModel.load(8000, { engine: 'javascript' })).toMatchObject({
      sampleRate: 8000,
      windowSamples: 256,
      engine: 'javascript',
    })
  })

  test('any other rate is refused with the advice to resample', async () => {
    // @ts-expect-error the types refuse it too
    const error = await errorOf(() => SileroModel.load(44100))
    expect(error).toMatchObject({ code: 'unsupported-sample-rate', kind: 'config' })
    expect(error.message).toContain('44100')
    expect(error.message).toContain('resample')
  })

  for (const [host, webAssembly] of [
    ['without WebAssembly', undefined],
    ['without SIMD', { instantiate: () => Promise.reject(new TypeError('invalid opcode 0xfd')) }],
  ] as const) {
    test(`a host ${host} runs the JavaScript engine`, async () => {
      vi.stubGlobal('WebAssembly', webAssembly)
      vi.resetModules()
      const fresh = await import('./model.ts')
      const model = await fresh.SileroModel.load(16000)
      expect(model.engine).toBe('javascript')
      expect(model.session().process(new Int16Array(512))).toBeLessThan(0.1)
    })
  }

  test('the WASM engine, asked for and not to be had, is a typed error with its cause', async () => {
    vi.stubGlobal('WebAssembly', undefined)
    vi.resetModules()
    const fresh = await import('./model.ts')
    const error = await errorOf(() => fresh.SileroModel.load(16000, { engine: 'wasm' }))
    expect(error).toMatchObject({ code: 'wasm-unavailable', kind: 'config' })
    expect(error.cause).toBeInstanceOf(TypeError)
  })

  test('a failed load is tried again by the next one', async () => {
    vi.stubGlobal('WebAssembly', undefined)
    vi.resetModules()
    const fresh = await import('./model.ts')
    await errorOf(() => fresh.SileroModel.load(16000, { engine: 'wasm' }))
    vi.unstubAllGlobals()
    expect((await fresh.SileroModel.load(16000, { engine: 'wasm' })).engine).toBe('wasm')
  })
})

for (const engine of ['wasm', 'javascript'] as const) {
  describe(`a session of the ${engine} engine`, async () => {
    const model = await SileroModel.load(16000, { engine })

    test('hears speech and silence apart', () => {
      const session = model.session()
      const probabilities = listen(session)
      expect(Math.max(...probabilities)).toBeGreaterThan(0.95)
      expect(Math.max(...probabilities.slice(0, 8))).toBeLessThan(0.1)
      const silence = Array.from({ length: 30 }, () => session.process(new Int16Array(512)))
      expect(silence.at(-1)).toBeLessThan(0.05)
      session.close()
    })

    test('takes 16-bit samples and floats alike', () => {
      const [integers, floats] = [model.session(), model.session()]
      for (let i = 0; i < 60; i++) {
        const window = speech.subarray(i * 512, (i + 1) * 512)
        expect(floats.process(Float32Array.from(window, (sample) => sample / 32768))).toBe(integers.process(window))
      }
      integers.close()
      floats.close()
    })

    test('does not keep or change the window', () => {
      const [session, other] = [model.session(), model.session()]
      const expected = listen(other, 50)
      const reused = new Int16Array(512)
      const probabilities = Array.from({ length: 50 }, (_, i) => {
        const window = speech.subarray(i * 512, (i + 1) * 512)
        reused.set(window)
        const probability = session.process(reused)
        expect(reused).toEqual(window)
        reused.fill(12345)
        return probability
      })
      expect(probabilities).toEqual(expected)
      session.close()
      other.close()
    })

    test('is not touched by another session between its windows', () => {
      const [alone, between, other] = [model.session(), model.session(), model.session()]
      const expected = listen(alone)
      const probabilities = expected.map((_, i) => {
        other.process(speech.subarray((i + 40) * 512, (i + 41) * 512))
        return between.process(speech.subarray(i * 512, (i + 1) * 512))
      })
      expect(probabilities).toEqual(expected)
      for (const session of [alone, between, other]) session.close()
    })

    test('begins anew after reset', () => {
      const session = model.session()
      const expected = listen(session)
      expect(listen(session)).not.toEqual(expected)
      session.reset()
      expect(listen(session)).toEqual(expected)
      session.close()
    })

    test('gets nothing from the closed session whose memory it takes', () => {
      const first = model.session()
      const expected = listen(first)
      first.close()
      const second = model.session()
      expect(listen(second)).toEqual(expected)
      second.close()
    })

    test('is right beside hundreds of others', () => {
      const sessions = Array.from({ length: 300 }, () => model.session())
      const expected = listen(model.session(), 40)
      expect(listen(sessions[0]!, 40)).toEqual(expected)
      expect(listen(sessions[299]!, 40)).toEqual(expected)
      for (const session of sessions) session.close()
    })

    test('a window with one NaN sample counts as 0, and the stream begins anew after it', () => {
      const session = model.session()
      const expected = listen(session)
      expect(session.process(new Float32Array(512).fill(Number.NaN, 100, 101))).toBe(0)
      expect(listen(session)).toEqual(expected)
      session.close()
    })

    test('infinite samples do no lasting harm', () => {
      const session = model.session()
      listen(session)
      const probability = session.process(new Float32Array(512).fill(Number.POSITIVE_INFINITY, 100, 101))
      const after = listen(session)
      expect([probability, ...after].every((value) => value >= 0 && value <= 1)).toBe(true)
      expect(Math.max(...after)).toBeGreaterThan(0.95)
      session.close()
    })

    test('refuses a window of the wrong size and goes on as if it had not been there', async () => {
      const [session, other] = [model.session(), model.session()]
      const expected = listen(other, 20)
      const error = await errorOf(() => session.process(new Int16Array(256)))
      expect(error).toMatchObject({ code: 'wrong-window-size', kind: 'invalid-request' })
      expect(error.message).toMatch(/256 samples .* 512/)
      expect(listen(session, 20)).toEqual(expected)
      session.close()
      other.close()
    })

    test('is closed once, and of no use afterwards', async () => {
      const session = model.session()
      session.close()
      session.close()
      const [first, second] = [model.session(), model.session()]
      expect(listen(first, 60)).toEqual(listen(second, 60))
      expect(await errorOf(() => session.process(new Int16Array(512)))).toMatchObject({ code: 'session-closed' })
      expect(await errorOf(() => session.reset())).toMatchObject({ code: 'session-closed' })
      first.close()
      second.close()
    })
  })
}
