import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { defineFunction } from '../context/function-schema.ts'
import { LLMContext } from '../context/llm-context.ts'
import type { Tools } from '../context/tools.ts'
import { ErrorFrame } from '../frames/control.ts'
import type { Frame } from '../frames/frame.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import { LLMContextFrame } from '../frames/llm.ts'
import {
  FunctionCallCancelFrame,
  FunctionCallInProgressFrame,
  FunctionCallResultFrame,
  FunctionCallsStartedFrame,
} from '../frames/tool.ts'
import { sleep } from '../runtime/clock.ts'
import { runTest } from '../testing/run-test.ts'
import type { LLMEvent, LLMServiceOptions } from './llm-types.ts'
import { LLMService } from './llm-service.ts'

type Call = readonly [name: string, args?: string, id?: string]

/** A model that asks for the given calls in its first answer, and says `Done.` in all others. */
class CallingLLM extends LLMService {
  answers = 0
  readonly #calls: readonly Call[]

  constructor(calls: readonly Call[], options: LLMServiceOptions = {}) {
    super({ name: 'llm', ...options })
    this.#calls = calls
  }

  override async *generate(): AsyncIterable<LLMEvent> {
    if (this.answers++ > 0) {
      yield 'Done.'
      return
    }
    for (const [index, [name, args = '{}', id = `call-${index}`]] of this.#calls.entries()) {
      yield { type: 'toolCall', id, name, arguments: args }
    }
    yield { type: 'done', finishReason: 'tool_calls' }
  }

  delay(ms: number, signal?: AbortSignal): Promise<void> {
    return sleep(this.runtime.clock, ms, signal)
  }
}

const run = (tools?: Tools): LLMContextFrame => new LLMContextFrame(new LLMContext([], tools))

/** The calls' frames in short, downstream. */
function tell(frames: readonly Frame[]): string[] {
  return frames.flatMap((frame) => {
    if (frame instanceof FunctionCallsStartedFrame) return [`started ${frame.functionCalls.length}`]
    if (frame instanceof FunctionCallInProgressFrame) return [`running ${frame.functionName}`]
    if (frame instanceof FunctionCallResultFrame)
      return [`result ${frame.functionName} ${JSON.stringify(frame.result)}`]
    if (frame instanceof FunctionCallCancelFrame) return [`cancel ${frame.functionName}${frame.runLlm ? ' run' : ''}`]
    return []
  })
}

describe('function calls', () => {
  test('run after the end of the response and are told in both directions', async () => {
    const llm = new CallingLLM([['weather', '{"city":"Rome"}']])
    const calls: unknown[] = []
    llm.registerFunction('weather', (args, call) => {
      calls.push([args, call.toolCallId, call.functionName, call.appResources])
      return { degrees: 20 }
    })
    const { down, up } = await runTest(llm, { frames: [run()], appResources: 'app' })
    expect(tell(down)).toEqual(['started 1', 'running weather', 'result weather {"degrees":20}'])
    expect(tell(up)).toEqual(tell(down))
    expect(calls).toEqual([[{ city: 'Rome' }, 'call-0', 'weather', 'app']])
    const types = down.map((frame) => frame.type)
    expect(types.indexOf('LLMFullResponseEndFrame')).toBeLessThan(types.indexOf('FunctionCallsStartedFrame'))
  })

  test('the calls of one answer share a group and run at the same time', async () => {
    const llm = new CallingLLM([['slow'], ['fast']])
    llm.registerFunction('slow', () => llm.delay(200))
    llm.registerFunction('fast', () => llm.delay(100))
    const { down } = await runTest(llm, { frames: [run(), { pauseMs: 300 }] })
    expect(tell(down)).toEqual([
      'started 2',
      'running slow',
      'running fast',
      'result fast {"ok":true}',
      'result slow {"ok":true}',
    ])
    const groups = down.flatMap((frame) => (frame instanceof FunctionCallInProgressFrame ? [frame.groupId] : []))
    expect(groups[0]).toBeDefined()
    expect(groups[0]).toBe(groups[1])
  })

  test('run one after another when so configured, past one that fails and one that is cancelled', async () => {
    const llm = new CallingLLM([['fails'], ['slow'], ['last']], { runInParallel: false })
    llm.registerFunction('fails', () => {
      throw new Error('no')
    })
    llm.registerFunction('slow', (_args, { signal }) => llm.delay(1000, signal), { timeoutSecs: 0.5 })
    llm.registerFunction('last', () => 'ok')
    const { down } = await runTest(llm, { frames: [run(), { pauseMs: 2000 }] })
    expect(tell(down)).toEqual([
      'started 3',
      'running fails',
      'result fails {"error":"The function failed and gave no result."}',
      'running slow',
      'cancel slow run',
      'running last',
      'result last "ok"',
    ])
  })

  test('a handler may answer by its callback, also after it has returned', async () => {
    const llm = new CallingLLM([['deferred']])
    llm.registerFunction('deferred', (_args, { resultCallback }) => {
      void llm.delay(100).then(() => {
        resultCallback('first', { runLlm: false })
        resultCallback('second')
      })
    })
    const { down } = await runTest(llm, { frames: [run(), { pauseMs: 200 }] })
    expect(tell(down)).toEqual(['started 1', 'running deferred', 'result deferred "first"'])
    expect(down.find((frame) => frame instanceof FunctionCallResultFrame)).toMatchObject({
      properties: { runLlm: false },
    })
  })

  test('arguments are checked and converted by the schema', async () => {
    const seen: unknown[] = []
    const order = defineFunction({
      name: 'order',
      description: 'Orders',
      parameters: z.object({ count: z.number(), size: z.string().default('small') }),
      handler: (args) => void seen.push(args),
    })
    const llm = new CallingLLM([
      ['order', '{"count":2}'],
      ['order', '{"count":"two"}'],
      ['order', '{"count":'],
      ['order', '[1]'],
    ])
    const { down, up } = await runTest(llm, { frames: [run([order])] })
    expect(seen).toEqual([{ count: 2, size: 'small' }])
    const results = tell(down).filter((line) => line.startsWith('result'))
    expect(results.filter((line) => line.includes('Invalid arguments'))).toHaveLength(3)
    expect(results.join()).toContain('count: ')
    expect(up.some((frame) => frame instanceof ErrorFrame)).toBe(false)
  })

  test('a handler that throws settles its call, and its words stay out of the context', async () => {
    const llm = new CallingLLM([['book']])
    llm.registerFunction('book', () => Promise.reject(new Error('secret of the database')))
    const { down, up } = await runTest(llm, { frames: [run()] })
    expect(tell(down).at(-1)).toBe('result book {"error":"The function failed and gave no result."}')
    const errors = up.flatMap((frame) => (frame instanceof ErrorFrame ? [frame.error] : []))
    expect(errors.map(({ code, permanent }) => [code, permanent])).toEqual([['function-failed', false]])
    expect(errors[0]?.cause).toMatchObject({ message: 'secret of the database' })
    expect(llm.isUsable).toBe(true)
  })

  test('a call that takes too long is aborted and cancelled, and its late result changes nothing', async () => {
    const llm = new CallingLLM([['slow']], { functionCallTimeoutSecs: 1 })
    let reason: unknown
    llm.registerFunction('slow', async (_args, { signal }) => {
      signal.addEventListener('abort', () => (reason = signal.reason))
      await llm.delay(2000)
      return 'late'
    })
    const cancelled: string[] = []
    llm.on('functionCallsCancelled', (calls) => void cancelled.push(...calls.map(({ functionName }) => functionName)))
    const { down } = await runTest(llm, { frames: [run(), { pauseMs: 3000 }] })
    expect(tell(down)).toEqual(['started 1', 'running slow', 'cancel slow run'])
    expect(reason).toMatchObject({ name: 'AbortError' })
    expect(cancelled).toEqual(['slow'])
  })

  test('an interruption cancels the calls that it may, also those of functions that were removed meanwhile', async () => {
    const llm = new CallingLLM([['short'], ['lasting'], ['background']])
    const wait = (_args: unknown, { signal }: { signal: AbortSignal }): Promise<void> => llm.delay(500, signal)
    llm.registerFunction('short', wait)
    llm.registerFunction('lasting', wait, { cancelOnInterruption: false })
    llm.registerFunction('background', wait, { background: true })
    const { task, clock, down, up } = await runTest(llm, { frames: [run(), { pauseMs: 100 }], end: false })
    llm.unregisterFunction('short')
    await task.queueFrame(new InterruptionFrame())
    await clock.advance(1000)
    expect(tell(down).slice(4)).toEqual(['cancel short', 'result lasting {"ok":true}', 'result background {"ok":true}'])
    expect(up.some((frame) => frame instanceof ErrorFrame)).toBe(false)
    await task.cancel()
  })

  test('a background call may report in between, any other may not', async () => {
    const report = (_args: unknown, { progress }: { progress: (result: unknown) => void }): string => {
      progress('half')
      return 'all'
    }
    const llm = new CallingLLM([['search'], ['plain']])
    llm.registerFunction('search', report, { background: true })
    llm.registerFunction('plain', report)
    const { down } = await runTest(llm, { frames: [run()] })
    const results = down.flatMap((frame) => (frame instanceof FunctionCallResultFrame ? [frame] : []))
    expect(
      results.map(({ functionName, result, properties }) => [functionName, result, properties.isFinal ?? true]),
    ).toEqual([
      ['search', 'half', false],
      ['search', 'all', true],
      ['plain', 'all', true],
    ])
    expect(
      down.flatMap((frame) => (frame instanceof FunctionCallInProgressFrame ? [frame.cancelOnInterruption] : [])),
    ).toEqual([false, true])
  })

  test('a function that does not exist gets a result that says so', async () => {
    const { down } = await runTest(new CallingLLM([['imagined']]), { frames: [run()] })
    expect(tell(down).at(-1)).toBe('result imagined {"error":"The function imagined is not available."}')
  })

  test('a function removed while it waited for its turn is not available', async () => {
    const context = new LLMContext(
      [],
      [
        { name: 'first', description: '', handler: () => context.setTools([]) },
        { name: 'second', description: '', handler: () => 'ran' },
      ],
    )
    const llm = new CallingLLM([['first'], ['second']], { runInParallel: false })
    const { down } = await runTest(llm, { frames: [new LLMContextFrame(context)] })
    expect(tell(down).at(-1)).toBe('result second {"error":"The function second is not available."}')
  })

  test('an explicit registration goes before the handler in the context, a catch-all behind it', async () => {
    const tools = [
      { name: 'both', description: '', handler: () => 'context' },
      { name: 'own', description: '', handler: () => 'context' },
    ]
    const llm = new CallingLLM([['both'], ['own'], ['any']])
    llm.registerFunction('both', () => 'explicit')
    llm.registerFunction(null, (_args, { functionName }) => `any of ${functionName}`)
    const { down } = await runTest(llm, { frames: [run(tools)] })
    expect(tell(down).filter((line) => line.startsWith('result'))).toEqual([
      'result both "explicit"',
      'result own "context"',
      'result any "any of any"',
    ])
  })

  test('an unregistered function stays out while it is offered, and comes back when it is offered anew', async () => {
    const tools = [{ name: 'f', description: '', handler: () => 'ran' }]
    const calls: Call[] = [['f']]
    class Repeating extends CallingLLM {
      override async *generate(): AsyncIterable<LLMEvent> {
        this.answers = 0
        yield* super.generate()
      }
    }
    const llm = new Repeating(calls)
    llm.unregisterFunction('f')
    const { down } = await runTest(llm, { frames: [run(tools), run(tools), run([]), run(tools)] })
    const results = tell(down).filter((line) => line.startsWith('result'))
    expect(results.map((line) => line.includes('ran'))).toEqual([false, false, false, true])
  })

  test('calls without an id, or with the same, get ids of their own', async () => {
    const llm = new CallingLLM([
      ['f', '{}', ''],
      ['f', '{}', 'x'],
      ['f', '', 'x'],
    ])
    llm.registerFunction('f', () => 1)
    const { down } = await runTest(llm, { frames: [run()] })
    const ids = down.flatMap((frame) => (frame instanceof FunctionCallResultFrame ? [frame.toolCallId] : []))
    expect(new Set(ids).size).toBe(3)
    expect(ids).not.toContain('')
  })

  test('the end of the task aborts what still runs', async () => {
    const llm = new CallingLLM([['slow']])
    let aborted = false
    llm.registerFunction('slow', async (_args, { signal }) => {
      signal.addEventListener('abort', () => (aborted = true))
      await llm.delay(1e9)
    })
    const { task } = await runTest(llm, { frames: [run()], end: false })
    await task.cancel()
    expect(aborted).toBe(true)
  })

  test('calls of an answer that broke off do not run', async () => {
    class Broken extends LLMService {
      override async *generate(): AsyncIterable<LLMEvent> {
        yield { type: 'text', text: 'Let me see' }
        yield { type: 'toolCall', id: '1', name: 'f', arguments: '{}' }
      }
    }
    const llm = new Broken()
    let ran = false
    llm.registerFunction('f', () => (ran = true))
    const { down } = await runTest(llm, { frames: [run()] })
    expect(ran).toBe(false)
    expect(tell(down)).toEqual([])
  })

  test('options given with the registration go before those of the function itself', async () => {
    const tools = [
      { name: 'f', description: '', timeoutSecs: 9, cancelOnInterruption: true, handler: () => 'context' },
      { name: 'g', description: '', cancelOnInterruption: false, handler: () => 'context' },
    ]
    const llm = new CallingLLM([['f'], ['g']])
    llm.registerFunction('f', () => new Promise(() => {}), { timeoutSecs: 1, cancelOnInterruption: false })
    const { down } = await runTest(llm, { frames: [run(tools), { pauseMs: 1000 }] })
    const begun = down.flatMap((frame) => (frame instanceof FunctionCallInProgressFrame ? [frame] : []))
    expect(begun.map(({ cancelOnInterruption }) => cancelOnInterruption)).toEqual([false, false])
    expect(tell(down)).toContain('cancel f run')
  })

  test('registerDirectFunction takes the handler and options of a defined function', async () => {
    const f = defineFunction({ name: 'f', description: '', cancelOnInterruption: false, handler: () => 'ran' })
    const llm = new CallingLLM([['f']])
    llm.registerDirectFunction(f)
    const { down } = await runTest(llm, { frames: [run()] })
    expect(tell(down).at(-1)).toBe('result f "ran"')
    expect(down.find((frame) => frame instanceof FunctionCallInProgressFrame)).toMatchObject({
      cancelOnInterruption: false,
    })
    expect(llm.hasFunction('f')).toBe(true)
  })
})
