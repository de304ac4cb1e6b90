import { describe, expect, it } from 'vitest'
import {
  CancelFrame,
  EndFrame,
  FrameProcessor,
  type LLMEvent,
  LLMRunFrame,
  LLMService,
  Pipeline,
  PipelineParams,
  PipelineRunner,
  PipelineTask,
  sleep,
  Supervisor,
  TextFrame,
  TTSSpeakFrame,
} from '../../src/index.ts'
import { Probe } from '../support.ts'
import { conversation, Echo, Recogniser, Speaker, Stage } from './stage.ts'

/** The basic assistant on a stage. */
const assistant = ({ transport }: Stage, llm: LLMService = new Echo()): Pipeline =>
  new Pipeline([transport.input(), new Recogniser(), llm, new Speaker(), transport.output()], 'voice-agent-pipeline')

describe('a basic pipeline', () => {
  it('of three processors runs in a task', async () => {
    const stage = new Stage()
    const louder = new Probe('louder', (frame) =>
      frame.type === 'TextFrame' ? frame.with({ text: `${frame.text}!` }) : frame,
    )
    const pipeline = new Pipeline([louder, new Speaker(), stage.transport.output()])
    const task = new PipelineTask(pipeline, {}, stage.options)
    const run = task.run()
    await task.queueFrames([new TextFrame('Hello'), new TextFrame('world'), new EndFrame()])
    await stage.clock.advance(5000)
    await run
    expect(stage.heard).toEqual(['Hello!world!'])
    expect([task.hasFinished(), louder.name]).toEqual([true, 'louder'])
  })

  it('Pipeline.run, queueFrames, getProcessors and getMetrics: a pipeline alone speaks and counts', async () => {
    const tts = new Speaker()
    const spoken: number[] = []
    const sink = new Probe('sink', (frame) => {
      if (frame.type === 'TTSAudioRawFrame') spoken.push(frame.audio.length)
      return frame
    })
    const pipeline = new Pipeline([tts, sink], { name: 'alone', enableDirectMode: true })
    await pipeline.queueFrames([new TTSSpeakFrame('Hello.'), new EndFrame()])
    await pipeline.run({ enableMetrics: true, enableUsageMetrics: true })
    expect(pipeline.getProcessors().map(({ name }) => name)).toEqual(['tts', 'sink'])
    expect(spoken.reduce((sum, length) => sum + length, 0)).toBe('Hello.'.length * 960)
    expect(Object.keys(pipeline.getMetrics()['tts'] ?? {})).toEqual(expect.arrayContaining(['ttfb', 'ttsUsage']))
  })

  it('its name is its own, for logs', () => {
    expect(`Running pipeline: ${assistant(new Stage()).name}`).toBe('Running pipeline: voice-agent-pipeline')
  })
})

describe('frame injection', () => {
  it('frames that are queued beside a running conversation are spoken and remembered', async () => {
    const stage = new Stage()
    const task = new PipelineTask(assistant(stage), {}, stage.options)
    const injectFrames = async (): Promise<void> => {
      await sleep(stage.clock, 5000)
      await task.queueFrames([
        new TextFrame('Emergency announcement.'),
        new TTSSpeakFrame('This is an urgent message.'),
      ])
    }
    const both = Promise.all([task.run(), injectFrames()])
    await stage.clock.settle()
    await stage.say('Hello', 4000)
    await stage.quiet(5000)
    await task.queueFrame(new EndFrame())
    await stage.clock.advance(5000)
    await both
    expect(stage.heard).toEqual(['You said Hello.', 'Emergency announcement.', 'This is an urgent message.'])
    expect(conversation(task)).toEqual([
      'user: Hello',
      'assistant: You said Hello.',
      'assistant: Emergency announcement.',
      'assistant: This is an urgent message.',
    ])
  })
})

describe('lifecycle management', () => {
  it('a timeout around run cancels a pipeline that goes on too long; it says how it ended', async () => {
    const stage = new Stage()
    const told: string[] = []
    const managedPipeline = async (): Promise<void> => {
      const task = new PipelineTask(assistant(stage), {}, { ...stage.options, idleTimeoutSecs: null })
      const timeout = sleep(stage.clock, 300_000).then(() => Promise.reject(new Error('timeout')))
      try {
        await Promise.race([task.run(), timeout])
      } catch {
        told.push('Pipeline timeout, cancelling...')
        await task.cancel()
      } finally {
        told.push(task.hasFinished() ? 'Pipeline completed' : 'Pipeline did not complete', ...conversation(task))
      }
    }
    const managed = managedPipeline()
    await stage.clock.settle()
    await stage.say('Hello')
    expect(told).toEqual([])
    await stage.clock.advance(300_000)
    await managed
    expect(stage.heard).toEqual(['You said Hello.'])
    expect(told).toEqual([
      'Pipeline timeout, cancelling...',
      'Pipeline completed',
      'user: Hello',
      'assistant: You said Hello.',
    ])
  })

  it('an AbortSignal does the same', async () => {
    const stage = new Stage()
    const task = new PipelineTask(assistant(stage), {}, stage.options)
    const controller = new AbortController()
    const run = task.run({ signal: controller.signal })
    await stage.clock.settle()
    await stage.say('Hello')
    controller.abort()
    await run
    expect([task.hasFinished(), stage.heard]).toEqual([true, ['You said Hello.']])
    expect(conversation(task)).toEqual(['user: Hello', 'assistant: You said Hello.'])
  })

  it('the transport is stopped whatever happens, by hand or by the runner', async () => {
    const stage = new Stage()
    const { transport } = stage
    const runPipeline = async (): Promise<void> => {
      const task = new PipelineTask(assistant(stage), {}, stage.options)
      try {
        const run = task.run()
        await task.queueFrames([new TTSSpeakFrame('Goodbye.'), new EndFrame()])
        await run
        expect(conversation(task)).toEqual(['assistant: Goodbye.'])
      } finally {
        await transport.stop()
      }
    }
    const run = runPipeline()
    await stage.clock.advance(5000)
    await run
    expect([stage.heard, transport.stopped]).toEqual([['Goodbye.'], 1])

    const ending = new Probe('ending', (frame, direction, ctx) => {
      ctx.push(frame, direction)
      if (frame.type === 'StartFrame') ctx.push(new CancelFrame())
    })
    await new PipelineRunner().run({ pipeline: new Pipeline([ending]), transport })
    expect(transport.stopped).toBe(2)
  })

  it('an error of the pipeline is reported, and a supervisor starts it again on the same conversation', async () => {
    class Faint extends LLMService {
      override async *generate(): AsyncIterable<LLMEvent> {
        this.pushError(new Error('fainted'), { fatal: true })
        yield 'never'
      }
    }
    const stage = new Stage()
    const errors: string[] = []
    let last: PipelineTask | undefined
    const supervisor = new Supervisor({
      clock: stage.clock,
      start: (attempt) => {
        const fresh = new Stage()
        const task = new PipelineTask(assistant(fresh, attempt === 0 ? new Faint() : new Echo()), {}, stage.options)
        task.eventHandler('on_pipeline_error', ({ error }) => errors.push(error.message))
        if (attempt === 1) last = task
        void task.queueFrame(attempt === 0 ? new LLMRunFrame() : new TTSSpeakFrame('Here I am again.'))
        heard = () => fresh.heard
        return task
      },
    })
    let heard = (): string[] => []
    const run = supervisor.run()
    await stage.clock.advance(10_000)
    await last?.stopWhenDone()
    await stage.clock.advance(10_000)
    await run
    expect(errors).toEqual(['fainted'])
    expect(heard()).toEqual(['Here I am again.'])
    expect(last && conversation(last)).toEqual(['assistant: Here I am again.'])
  })
})

describe('metrics', () => {
  it('a handler of on_metrics gets the time to the first byte and the tokens', async () => {
    class Counted extends Echo {
      override async *generate(...args: Parameters<Echo['generate']>): AsyncIterable<LLMEvent> {
        yield* super.generate(...args)
        yield { type: 'usage', usage: { inputTokens: 5, outputTokens: 2, totalTokens: 7 } }
      }
    }
    const stage = new Stage()
    const params = new PipelineParams({ enableMetrics: true, enableUsageMetrics: true })
    const pipeline = assistant(stage, new Counted())
    const task = new PipelineTask({ pipeline, params, ...stage.options })
    const lines: string[] = []
    task.eventHandler('on_metrics', (metrics) => {
      if (metrics.ttfbMs !== undefined) lines.push(`TTFB: ${metrics.ttfbMs}ms`)
      if (metrics.tokensUsed !== undefined) lines.push(`Tokens: ${metrics.tokensUsed}`)
    })
    void task.run()
    await stage.clock.settle()
    await stage.say('Hello')
    await task.cancel()
    expect(lines).toContain('Tokens: 7')
    expect(lines.some((line) => /^TTFB: \d+ms$/.test(line))).toBe(true)
    expect(pipeline.getMetrics()['llm']).toMatchObject({ llmUsage: { usage: { totalTokens: 7 } } })
    expect(stage.heard).toEqual(['You said Hello.'])
    expect(conversation(task)).toEqual(['user: Hello', 'assistant: You said Hello.'])
  })
})

describe('the events of the documents', () => {
  it('are heard by the names that they have there', async () => {
    const stage = new Stage()
    const pass = new FrameProcessor('pass')
    const task = new PipelineTask(new Pipeline([pass, new Speaker(), stage.transport.output()]), {}, stage.options)
    const seen: string[] = []
    task.eventHandler('on_pipeline_started', () => seen.push('started'))
    task.eventHandler('on_frame_reached_downstream', ({ type }) => type === 'TextFrame' && seen.push(type))
    task.eventHandler('on_pipeline_error', ({ error }) => seen.push(error.message))
    task.eventHandler('on_pipeline_finished', ({ type }) => seen.push(type))
    pass.eventHandler('on_error', ({ processor }) => seen.push(`error of ${processor}`))
    pass.eventHandler('on_connection_error', () => seen.push('connection'))
    const run = task.run()
    await stage.clock.settle()
    pass.pushError(new Error('no matter'))
    await task.queueFrame(new EndFrame())
    await stage.clock.advance(5000)
    await run
    expect(seen).toEqual(['started', 'error of pass', 'no matter', 'EndFrame'])
  })
})
