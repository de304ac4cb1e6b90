import {
  EndFrame,
  type Frame,
  type FrameProcessor,
  LLMTextFrame,
  type Logger,
  type PcError,
  Pipeline,
  PipelineTask,
  type TokenUsage,
} from '@pc/core'

/** What came out of a service that ran on the real clock. */
export interface LiveResult {
  readonly down: readonly Frame[]
  readonly text: string
  readonly usage: readonly TokenUsage[]
  readonly errors: readonly PcError[]
  readonly logged: readonly string[]
}

/** Runs a service alone on the real clock until everything queued, and the end behind it, has gone through. */
export async function runLive(service: FrameProcessor, frames: readonly Frame[]): Promise<LiveResult> {
  const down: Frame[] = []
  const usage: TokenUsage[] = []
  const errors: PcError[] = []
  const logged: string[] = []
  const log: Logger = { enabled: () => true, log: (_level, message) => logged.push(message) }
  const task = new PipelineTask(
    new Pipeline([service]),
    { enableUsageMetrics: true },
    { defaultParts: false, idleTimeoutSecs: null, runtime: { log } },
  )
  task.on('frameReachedDownstream', (frame) => down.push(frame))
  task.on('metrics', ({ data }) =>
    usage.push(...data.flatMap((item) => (item.kind === 'llmUsage' ? [item.usage] : []))),
  )
  task.on('pipelineError', ({ error }) => errors.push(error))
  const run = task.run()
  for (const frame of [...frames, new EndFrame()]) await task.queueFrame(frame)
  await run
  const text = down.flatMap((frame) => (frame instanceof LLMTextFrame ? [frame.text] : [])).join('')
  return { down, text, usage, errors, logged }
}
