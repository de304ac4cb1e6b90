import {
  type AnyFrame,
  defineProcessor,
  EndFrame,
  type Frame,
  type FrameDirection,
  FrameProcessor,
  type FrameContext,
  InputTransportMessageFrame,
  Pipeline,
  type PipelineElement,
  PipelineTask,
} from '@pc/core'
import { createTestRuntime, TestClock } from '@pc/core/testing'
import { RTVIProcessor, type RTVIProcessorOptions } from '../src/index.ts'

/** A message as the client gets it, after a round of JSON. */
export interface Received {
  type: string
  id?: string
  data?: unknown
}

/** Stands for the output transport: keeps messages, lets everything else pass. */
class Output extends FrameProcessor {
  readonly isOutputTransport = true
  readonly messages: Received[] = []

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    if (frame.type !== 'OutputTransportMessageUrgentFrame') {
      ctx.push(frame, direction)
      return
    }
    const { label, ...message } = JSON.parse(JSON.stringify(frame.message)) as Received & { label: string }
    if (label === 'rtvi-ai') this.messages.push(message)
  }
}

/** A task with RTVI in it, on the test clock. */
export interface Session {
  readonly task: PipelineTask
  readonly rtvi: RTVIProcessor
  readonly clock: TestClock
  readonly messages: Received[]
  /** The frames that came to the end of the pipeline. */
  readonly down: Frame[]
  readonly up: Frame[]
  /** A message of the client comes in. */
  client(type: string, data?: unknown, id?: string): Promise<void>
  raw(message: unknown): Promise<void>
  queue(...frames: Frame[]): Promise<void>
  /** The messages of a type. */
  ofType(type: string): unknown[]
  types(): string[]
  end(): Promise<void>
}

/** How a session is built. */
export interface SessionOptions extends RTVIProcessorOptions {
  /** Between RTVI and the output. */
  between?: readonly PipelineElement[]
  /** RTVI stands beside the pipeline. */
  beside?: boolean
}

export async function startSession({
  between = [],
  beside = false,
  ...options
}: SessionOptions = {}): Promise<Session> {
  const clock = new TestClock()
  const rtvi = new RTVIProcessor(options)
  const input = defineProcessor({ name: 'input', on: {} })
  const output = new Output('output')
  const elements = beside ? [input, ...between, output] : [input, rtvi, ...between, output]
  const task = new PipelineTask(
    new Pipeline(elements),
    {},
    {
      runtime: createTestRuntime(clock),
      defaultParts: false,
      idleTimeoutSecs: null,
    },
  )
  const down: Frame[] = []
  const up: Frame[] = []
  task.on('frameReachedDownstream', (frame) => down.push(frame))
  task.on('frameReachedUpstream', (frame) => up.push(frame))
  if (beside) rtvi.attachTo(task, input)
  const running = task.run()
  await clock.settle()
  let ids = 0
  const queue = async (...frames: Frame[]): Promise<void> => {
    for (const frame of frames) await task.queueFrame(frame)
    await clock.settle()
  }
  const raw = (message: unknown): Promise<void> => queue(new InputTransportMessageFrame(message))
  return {
    task,
    rtvi,
    clock,
    messages: output.messages,
    down,
    up,
    queue,
    raw,
    client: (type, data, id = `m${++ids}`) => raw({ label: 'rtvi-ai', id, type, data }),
    ofType: (type) => output.messages.filter((message) => message.type === type).map(({ data }) => data),
    types: () => output.messages.map(({ type }) => type),
    async end() {
      if (!task.hasFinished()) await task.queueFrame(new EndFrame())
      await clock.advanceUntil(() => task.hasFinished())
      await running
    },
  }
}
