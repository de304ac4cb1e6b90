import {
  EndFrame,
  ErrorFrame,
  type Frame,
  type FrameProcessor,
  type Logger,
  MetricsFrame,
  type PcError,
  Pipeline,
  type PipelineParamsFields,
  PipelineTask,
  TTSAudioRawFrame,
} from '@pc/core'

/** What came out of a service that ran on the real clock. */
export interface LiveResult {
  readonly down: readonly Frame[]
  readonly errors: readonly PcError[]
  readonly logged: readonly string[]
  /** The samples of all speech. */
  readonly speech: readonly number[]
}

/** Runs a service alone on the real clock until everything queued, and the end behind it, has gone through. */
export async function runLive(
  service: FrameProcessor,
  frames: readonly Frame[],
  params: PipelineParamsFields = {},
): Promise<LiveResult> {
  const down: Frame[] = []
  const errors: PcError[] = []
  const logged: string[] = []
  const log: Logger = {
    enabled: () => true,
    log: (_level, message, fields) => logged.push(message + JSON.stringify(fields ?? {})),
  }
  const task = new PipelineTask(new Pipeline([service]), params, {
    defaultParts: false,
    idleTimeoutSecs: null,
    runtime: { log },
  })
  task.on('frameReachedDownstream', (frame) => down.push(frame))
  task.on('pipelineError', (frame) => {
    if (frame instanceof ErrorFrame) errors.push(frame.error)
  })
  const run = task.run()
  for (const frame of [...frames, new EndFrame()]) await task.queueFrame(frame)
  await run
  const speech = down.flatMap((frame) => (frame instanceof TTSAudioRawFrame ? [...frame.audio] : []))
  return { down: down.filter((frame) => !(frame instanceof MetricsFrame)), errors, logged, speech }
}
