import { describe, expect, test } from 'vitest'
import { LLMContext } from '../context/llm-context.ts'
import { ErrorFrame, LLMUpdateSettingsFrame, MetricsFrame } from '../frames/control.ts'
import type { Frame } from '../frames/frame.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import {
  LLMConfigureOutputFrame,
  LLMContextFrame,
  LLMFullResponseEndFrame,
  LLMFullResponseStartFrame,
  LLMMessagesFrame,
  LLMRunFrame,
  OpenAILLMContextFrame,
} from '../frames/llm.ts'
import { TTSSpeakFrame } from '../frames/speech.ts'
import { LLMTextFrame } from '../frames/text.ts'
import { sleep } from '../runtime/clock.ts'
import { PcError } from '../runtime/errors.ts'
import { runTest } from '../testing/run-test.ts'
import type { GenerateOptions, LLMEvent, LLMServiceOptions } from './llm-types.ts'
import { LLMService } from './llm-service.ts'

type Script = (context: LLMContext, options: GenerateOptions, service: ScriptedLLM) => AsyncIterable<LLMEvent>

class ScriptedLLM extends LLMService {
  readonly requests: { context: LLMContext; options: GenerateOptions }[] = []
  readonly #script: Script

  constructor(script: Script, options: LLMServiceOptions = {}) {
    super({ name: 'llm', ...options })
    this.#script = script
  }

  override generate(context: LLMContext, options: GenerateOptions): AsyncIterable<LLMEvent> {
    this.requests.push({ context, options })
    return this.#script(context, options, this)
  }

  delay(ms: number, signal: AbortSignal): Promise<void> {
    return sleep(this.runtime.clock, ms, signal)
  }
}

const says = (...texts: string[]): Script =>
  async function* () {
    yield* texts
  }

const context = (text = 'Hi'): LLMContext => new LLMContext([{ role: 'user', content: text }])

const tell = (frames: readonly Frame[]): string[] =>
  frames
    .filter((frame) => !(frame instanceof MetricsFrame))
    .map((frame) => (frame instanceof LLMTextFrame ? frame.text : frame.type.replace(/Frame$/, '')))

const errors = (up: readonly Frame[]): string[] =>
  up.flatMap((frame) => (frame instanceof ErrorFrame ? [frame.error.code] : []))

describe('LLMService', () => {
  test('answers a context between start and end of a response', async () => {
    const { down } = await runTest(new ScriptedLLM(says('Hel', 'lo.')), { frames: [new LLMContextFrame(context())] })
    expect(tell(down)).toEqual(['LLMFullResponseStart', 'Hel', 'lo.', 'LLMFullResponseEnd'])
  })

  test('answers downstream a context that came upstream', async () => {
    const frames = [new LLMContextFrame(context())]
    const { down, up } = await runTest(new ScriptedLLM(says('Hello.')), { frames, direction: 'upstream' })
    expect(tell(down)).toEqual(['LLMFullResponseStart', 'Hello.', 'LLMFullResponseEnd'])
    expect(up).toEqual([])
  })

  test('takes the older context frame, plain messages, and a run of the context it was given', async () => {
    const llm = new ScriptedLLM(says('Ok.'))
    const own = context('mine')
    llm.setContext(own)
    const other = context('older')
    const messages = [{ role: 'user', content: 'plain' }] as const
    const frames = [new OpenAILLMContextFrame(other), new LLMMessagesFrame(messages), new LLMRunFrame()]
    const { down } = await runTest(llm, { frames })
    expect(llm.requests.map(({ context }) => context.messages)).toEqual([other.messages, messages, own.messages])
    expect(tell(down).filter((line) => line === 'LLMFullResponseEnd')).toHaveLength(3)
  })

  test('lets a run pass when it has no context of its own', async () => {
    const run = new LLMRunFrame()
    const { down } = await runTest(new ScriptedLLM(says('Ok.')), { frames: [run] })
    expect(down).toEqual([run])
  })

  test('one answer waits for the one before it', async () => {
    const slow: Script = async function* ({ messages }, { signal }, service) {
      yield 'a'
      await service.delay(100, signal)
      yield String(messages.length)
    }
    const two = new LLMContext([
      { role: 'user', content: '1' },
      { role: 'user', content: '2' },
    ])
    const { down } = await runTest(new ScriptedLLM(slow), {
      frames: [new LLMContextFrame(context()), new LLMContextFrame(two)],
    })
    expect(tell(down).join(' ')).toBe(
      'LLMFullResponseStart a 1 LLMFullResponseEnd LLMFullResponseStart a 2 LLMFullResponseEnd',
    )
  })

  test('an interruption aborts the request and drops the rest of the answer', async () => {
    let aborted = false
    const endless: Script = async function* (_context, { signal }, service) {
      signal.addEventListener('abort', () => (aborted = true))
      for (;;) {
        yield 'word '
        await service.delay(10, signal)
      }
    }
    const frames = [new LLMContextFrame(context()), { pauseMs: 25 }, new InterruptionFrame(), { pauseMs: 500 }]
    const { down, up, task } = await runTest(new ScriptedLLM(endless), { frames })
    expect(aborted).toBe(true)
    expect(tell(down)).toEqual(['LLMFullResponseStart', 'word ', 'word ', 'word '])
    expect(errors(up)).toEqual([])
    expect(task.counters.detached).toBe(0)
  })

  test('stamps its output as not to be spoken while so configured', async () => {
    const frames = [
      new LLMConfigureOutputFrame(true),
      new LLMContextFrame(context()),
      new LLMConfigureOutputFrame(false),
    ]
    const { down } = await runTest(new ScriptedLLM(says('Hi.')), {
      frames: [...frames, new LLMContextFrame(context())],
    })
    const flags = down.flatMap((frame) =>
      frame instanceof LLMTextFrame ||
      frame instanceof LLMFullResponseStartFrame ||
      frame instanceof LLMFullResponseEndFrame
        ? [frame.skipTts]
        : [],
    )
    expect(flags).toEqual([true, true, true, undefined, undefined, undefined])
  })

  test('hands tools, choice and settings to the provider, and follows updates', async () => {
    const llm = new ScriptedLLM(says('Ok.'), { settings: { model: 'a', temperature: 0.5 } })
    const tools = new LLMContext({ tools: [{ name: 'f', description: '' }], toolChoice: 'required' })
    const update = new LLMUpdateSettingsFrame({ model: 'b', temperature: null, top_p: 0.9, tier: 'fast' })
    const { down } = await runTest(llm, { frames: [new LLMContextFrame(tools), update, new LLMContextFrame(tools)] })
    expect(llm.requests[0]?.options).toMatchObject({
      toolChoice: 'required',
      settings: { model: 'a', temperature: 0.5 },
    })
    expect(llm.requests[0]?.options.tools?.find('f')?.name).toBe('f')
    expect(llm.requests[1]?.options.settings).toEqual({ model: 'b', topP: 0.9, extra: { tier: 'fast' } })
    expect(down).toContain(update)
  })

  test('an update of the wrong type changes nothing and is reported', async () => {
    const llm = new ScriptedLLM(says('Ok.'), { settings: { temperature: 0.5 } })
    const { up } = await runTest(llm, { frames: [new LLMUpdateSettingsFrame({ model: 'b', temperature: 'hot' })] })
    expect(errors(up)).toEqual(['invalid-settings'])
    expect(llm.settings).toEqual({ temperature: 0.5 })
  })

  test('measures the first output, the whole answer and the tokens', async () => {
    const usage = { inputTokens: 5, outputTokens: 2, totalTokens: 7 }
    const script: Script = async function* (_context, { signal }, service) {
      await service.delay(300, signal)
      yield { type: 'reasoning', text: 'hm' }
      await service.delay(200, signal)
      yield { type: 'text', text: 'Hi.' }
      yield { type: 'usage', usage: { ...usage, totalTokens: 1 } }
      yield { type: 'usage', usage }
      yield { type: 'done', finishReason: 'stop' }
    }
    const params = { enableMetrics: true, enableUsageMetrics: true, sendInitialEmptyMetrics: false }
    const llm = new ScriptedLLM(script, { settings: { model: 'm' } })
    const { down } = await runTest(llm, { frames: [new LLMContextFrame(context())], params })
    const data = down.flatMap((frame) => (frame instanceof MetricsFrame ? frame.data : []))
    expect(data).toEqual([
      { kind: 'ttfb', processor: 'llm', model: 'm', valueSecs: 0.3 },
      { kind: 'llmUsage', processor: 'llm', model: 'm', usage },
      { kind: 'processing', processor: 'llm', model: 'm', valueSecs: 0.5 },
    ])
  })

  describe('when the answer fails', () => {
    const busy = new PcError('busy', { code: 'busy', kind: 'transient' })

    test('the end of the response still comes, then the apology', async () => {
      const script: Script = async function* () {
        yield { type: 'text', text: 'I th' }
        throw busy
      }
      const llm = new ScriptedLLM(script, { onLLMError: { say: 'Sorry, please say that again.' } })
      const { down, up } = await runTest(llm, { frames: [new LLMContextFrame(context())] })
      expect(tell(down)).toEqual(['LLMFullResponseStart', 'I th', 'LLMFullResponseEnd', 'TTSSpeak'])
      expect(down.at(-1)).toMatchObject({ text: 'Sorry, please say that again.' })
      expect(errors(up)).toEqual(['busy'])
      expect(llm.requests).toHaveLength(1)
    })

    test('an apology that is not to be spoken is written', async () => {
      const script: Script = async function* () {
        yield { type: 'text', text: 'I th' }
        throw busy
      }
      const llm = new ScriptedLLM(script, { onLLMError: { say: 'Sorry.' } })
      const { down } = await runTest(llm, {
        frames: [new LLMConfigureOutputFrame(true), new LLMContextFrame(context())],
      })
      expect(tell(down).slice(1)).toEqual(['LLMFullResponseStart', 'I th', 'Sorry.', 'LLMFullResponseEnd'])
    })

    test('a failure that may pass is tried again before anything was said', async () => {
      let failures = 0
      const script: Script = async function* () {
        if (failures++ < 2) throw busy
        yield 'Hello.'
      }
      const llm = new ScriptedLLM(script)
      const { down, up } = await runTest(llm, { frames: [new LLMContextFrame(context())] })
      expect(tell(down)).toEqual(['LLMFullResponseStart', 'Hello.', 'LLMFullResponseEnd'])
      expect(errors(up)).toEqual([])
      expect(llm.requests).toHaveLength(3)
    })

    test('a stream that ends without saying that it is complete is an error, and its text is kept', async () => {
      const script: Script = async function* () {
        yield { type: 'text', text: 'Half an' }
      }
      const { down, up } = await runTest(new ScriptedLLM(script), { frames: [new LLMContextFrame(context())] })
      expect(tell(down)).toEqual(['LLMFullResponseStart', 'Half an', 'LLMFullResponseEnd'])
      expect(errors(up)).toEqual(['stream-truncated'])
    })

    test('a stream that ends without anything is an error too, and tried again', async () => {
      const llm = new ScriptedLLM(says())
      const { up } = await runTest(llm, { frames: [new LLMContextFrame(context())] })
      expect(errors(up)).toEqual(['stream-truncated'])
      expect(llm.requests).toHaveLength(3)
    })

    test('a model that does not begin is asked once more, then the answer fails', async () => {
      const script: Script = async function* (_context, { signal }, service) {
        await service.delay(1e9, signal)
        yield 'too late'
      }
      const llm = new ScriptedLLM(script, { firstOutputTimeoutSecs: 3 })
      let timeouts = 0
      llm.on('completionTimeout', () => timeouts++)
      const { up, clock } = await runTest(llm, { frames: [new LLMContextFrame(context())] })
      expect(llm.requests).toHaveLength(2)
      expect(timeouts).toBe(2)
      expect(errors(up)).toEqual(['first-output-timeout'])
      expect(clock.nowMs()).toBe(6000)
    })

    test('a model that falls silent in the middle is given up', async () => {
      const script: Script = async function* (_context, { signal }, service) {
        yield { type: 'text', text: 'Well' }
        await service.delay(1e9, signal)
      }
      const llm = new ScriptedLLM(script, { idleTimeoutSecs: 2 })
      const { down, up } = await runTest(llm, { frames: [new LLMContextFrame(context())] })
      expect(tell(down)).toEqual(['LLMFullResponseStart', 'Well', 'LLMFullResponseEnd'])
      expect(errors(up)).toEqual(['stream-stalled'])
    })

    test('an answer that said it was complete is not lost by what comes after', async () => {
      const hanging: Script = async function* (_context, { signal }, service) {
        yield { type: 'text', text: 'Hi.' }
        yield { type: 'done', finishReason: 'stop' }
        await service.delay(1e9, signal)
      }
      const breaking: Script = async function* () {
        yield { type: 'text', text: 'Hi.' }
        yield { type: 'done', finishReason: 'stop' }
        throw busy
      }
      for (const [script, limitMs] of [
        [hanging, 1000],
        [breaking, 0],
      ] as const) {
        const { down, up, clock } = await runTest(new ScriptedLLM(script), { frames: [new LLMContextFrame(context())] })
        expect(tell(down)).toEqual(['LLMFullResponseStart', 'Hi.', 'LLMFullResponseEnd'])
        expect(errors(up)).toEqual([])
        expect(clock.nowMs()).toBe(limitMs)
      }
    })

    test('a permanent error marks the service until an answer succeeds', async () => {
      let failures = 0
      const script: Script = async function* () {
        if (failures++ === 0) throw new PcError('no key', { code: 'invalid-key', kind: 'auth' })
        yield 'Hello.'
      }
      const llm = new ScriptedLLM(script)
      const changes: boolean[] = []
      llm.on('usableChanged', (usable) => changes.push(usable))
      await runTest(llm, { frames: [new LLMContextFrame(context()), new LLMContextFrame(context())] })
      expect(changes).toEqual([false, true])
    })
  })

  describe('runInference', () => {
    test('returns the text and pushes nothing', async () => {
      const llm = new ScriptedLLM(says('A ', 'summary.'), { settings: { systemInstruction: 'Talk.', maxTokens: 9 } })
      const { down, task } = await runTest(llm, { frames: [], end: false })
      const text = await llm.runInference(context(), { systemInstruction: 'Summarise.', maxTokens: 100 })
      expect(text).toBe('A summary.')
      expect(llm.requests[0]?.options).toMatchObject({
        tools: undefined,
        settings: { systemInstruction: 'Summarise.', maxTokens: 100 },
      })
      expect(down).toEqual([])
      await task.cancel()
    })

    test('gives null when it is aborted, and throws when it fails', async () => {
      const script: Script = async function* (_context, { signal }, service) {
        yield 'A'
        await service.delay(100, signal)
        throw new PcError('no', { code: 'refused', kind: 'invalid-request' })
      }
      const llm = new ScriptedLLM(script)
      const { task, clock } = await runTest(llm, { frames: [], end: false })
      const controller = new AbortController()
      const aborted = llm.runInference(context(), { signal: controller.signal })
      controller.abort()
      expect(await aborted).toBeNull()
      const failed = expect(llm.runInference(context())).rejects.toMatchObject({ code: 'refused' })
      await clock.advance(200)
      await failed
      await task.cancel()
    })
  })

  test('says nothing of an answer that is not text, and tells what the model thought', async () => {
    const script: Script = async function* () {
      yield { type: 'reasoning', text: 'thin' }
      yield { type: 'reasoning', text: 'king', signature: 's' }
      yield { type: 'done', finishReason: 'stop' }
    }
    const llm = new ScriptedLLM(script)
    const thoughts: string[] = []
    llm.on('thought', (text) => thoughts.push(text))
    const { down } = await runTest(llm, { frames: [new LLMContextFrame(context())] })
    expect(down).toMatchObject([
      { type: 'LLMFullResponseStartFrame' },
      { type: 'LLMThoughtStartFrame', appendToContext: false },
      { type: 'LLMThoughtTextFrame', text: 'thin' },
      { type: 'LLMThoughtTextFrame', text: 'king' },
      { type: 'LLMThoughtEndFrame', signature: 's' },
      { type: 'LLMFullResponseEndFrame' },
    ])
    expect(thoughts).toEqual(['thin', 'king'])
    expect(down.some((frame) => frame instanceof TTSSpeakFrame)).toBe(false)
  })
})
