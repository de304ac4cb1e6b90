import type { FrameProcessor } from '../processor/frame-processor.ts'
import { PcError } from '../runtime/errors.ts'

/** What may stand in a pipeline's list. */
export type PipelineElement = FrameProcessor | Pipeline | { toProcessor(): FrameProcessor } | (() => FrameProcessor)

/** The rarer options of {@link Pipeline}. */
export interface PipelineOptions {
  name?: string
}

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
export class Pipeline {
  readonly name: string
  readonly elements: readonly (FrameProcessor | Pipeline)[]

  constructor(processors: readonly PipelineElement[], options: string | PipelineOptions = {}) {
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
