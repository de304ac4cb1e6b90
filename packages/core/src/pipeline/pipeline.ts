import type { Frame } from '../frames/frame.ts'
import type { MetricsData } from '../observers/metrics.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import { PcError } from '../runtime/errors.ts'
import type { PipelineParams, PipelineParamsFields } from './pipeline-params.ts'
import { PipelineTask } from './pipeline-task.ts'

/** What may stand in a pipeline's list. */
export type PipelineElement = FrameProcessor | Pipeline | { toProcessor(): FrameProcessor } | (() => FrameProcessor)

/** The rarer options of {@link Pipeline}. */
export interface PipelineOptions {
  name?: string
  /**
   * Taken for compatibility and without effect: frames always go straight from handler to handler, and a queue is used
   * only where one has to wait.
   */
  enableDirectMode?: boolean
}

/** What every composition of processors has. */
export interface BasePipeline {
  readonly name: string
  getProcessors(): readonly FrameProcessor[]
}

/** The latest measurement of each kind, by the name of its processor. */
export type PipelineMetrics = Readonly<Record<string, { readonly [K in MetricsData['kind']]?: MetricsData }>>

let unnamed = 0

/**
 * Processors in series. Pipelines nest; every processor keeps its place in one order.
 *
 * ```ts
 * new Pipeline([transport.input(), stt, llm, tts, transport.output()])
 * ```
 *
 * @throws PcError `invalid-pipeline-element` for anything that is not an element, with its place.
 */
export class Pipeline implements BasePipeline {
  readonly name: string
  readonly elements: readonly (FrameProcessor | Pipeline)[]
  #task: PipelineTask | undefined
  readonly #beforeTask: Frame[] = []
  readonly #metrics: Record<string, { [K in MetricsData['kind']]?: MetricsData }> = {}

  /** Takes `(processors, name?, enableDirectMode?)`, or the rest in one object. */
  constructor(processors: readonly PipelineElement[], options: string | PipelineOptions = {}, _direct?: boolean) {
    this.name = (typeof options === 'string' ? options : options.name) ?? `Pipeline#${++unnamed}`
    this.elements = processors.map((element, index) => resolveElement(element, `${this.name}[${index}]`))
  }

  /** The processors in order, nested pipelines opened. */
  get processors(): readonly FrameProcessor[] {
    return this.elements.flatMap((element) => (element instanceof Pipeline ? element.processors : [element]))
  }

  /** The seeds' name of {@link processors}. */
  getProcessors(): readonly FrameProcessor[] {
    return this.processors
  }

  /**
   * Runs the pipeline to its end, as its task would; it makes a task of its own, with these parameters, where it has none.
   * What was queued before goes in first.
   *
   * @throws PcError `task-already-run` while it runs.
   */
  run(params?: PipelineParams | PipelineParamsFields): Promise<void> {
    return (this.#task ?? new PipelineTask(this, params)).run()
  }

  /** Puts frames in one after another, before or while it runs. */
  async queueFrames(frames: Iterable<Frame> | AsyncIterable<Frame>): Promise<void> {
    for await (const frame of frames) {
      if (this.#task === undefined) this.#beforeTask.push(frame)
      else await this.#task.queueFrame(frame)
    }
  }

  /** What was measured so far, when the task measures: see `enableMetrics` and `enableUsageMetrics`. */
  getMetrics(): PipelineMetrics {
    return Object.fromEntries(Object.entries(this.#metrics).map(([name, kinds]) => [name, { ...kinds }]))
  }

  /** @internal The task that runs it. */
  attach(task: PipelineTask): void {
    this.#task = task
    for (const frame of this.#beforeTask.splice(0)) void task.queueFrame(frame)
    task.on('metrics', ({ data }) => {
      for (const item of data) this.#metrics[item.processor] = { ...this.#metrics[item.processor], [item.kind]: item }
    })
  }
}

function resolveElement(element: PipelineElement, place: string): FrameProcessor | Pipeline {
  if (element instanceof Pipeline) return element
  if (typeof element === 'function') return resolveElement(element(), place)
  if (typeof element === 'object' && element !== null) {
    if ('toProcessor' in element && typeof element.toProcessor === 'function') return element.toProcessor()
    if ('processFrame' in element && typeof element.processFrame === 'function') return element
  }
  throw new PcError(
    `${place} is ${describe(element)}, not a pipeline element: use a FrameProcessor, a Pipeline, an analyzer with toProcessor(), or a function that returns a processor.`,
    { code: 'invalid-pipeline-element', kind: 'config' },
  )
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (typeof value === 'object') return `an object of class ${value.constructor?.name ?? 'none'}`
  return `a ${typeof value}`
}
