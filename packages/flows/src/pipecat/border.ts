import type { FlowFault } from '../definition/errors.ts'
import type { FlowManagerView } from '../definition/flow-context.ts'
import type { PipecatFlowManager } from './pipecat-flow-manager.ts'

/** Anything that can be called; what it takes cannot be known. */
export type AnyFunction = (...args: readonly unknown[]) => unknown

/** What the border between the two shapes takes. */
export interface PipecatOptions {
  /** What `__function__:name` stands for, by name. Nothing else is looked at, globals least of all. */
  readonly handlers?: Readonly<Record<string, (...args: never[]) => unknown>> | undefined
  /** Hears of older forms that still work and of fields that do nothing, of each once. Default: nobody. */
  readonly warn?: ((message: string) => void) | undefined
}

/** Where shapes are translated: knows the handlers, and has spoken of each older form at most once. */
export class Border {
  readonly #handlers: Readonly<Record<string, unknown>>
  readonly #warn: (message: string) => void
  readonly #said = new Set<string>()
  /** The managers that handlers have got. */
  readonly managers: WeakMap<FlowManagerView, PipecatFlowManager> = new WeakMap()

  constructor({ handlers = {}, warn = () => {} }: PipecatOptions = {}) {
    this.#handlers = handlers
    this.#warn = warn
  }

  /** Speaks of an older form, or of what does nothing, the first time. */
  warn(message: string): void {
    if (this.#said.has(message)) return
    this.#said.add(message)
    this.#warn(message)
  }

  /** The handler of this name; only what was given counts, not what all objects inherit. */
  handler(name: string): unknown {
    return Object.hasOwn(this.#handlers, name) ? this.#handlers[name] : undefined
  }

  get handlerNames(): string[] {
    return Object.keys(this.#handlers)
  }
}

/** One import: where it is, and what was wrong so far. */
export class Reading {
  readonly border: Border
  readonly faults: FlowFault[] = []

  constructor(border: Border) {
    this.border = border
  }

  fault(path: string, message: string): void {
    this.faults.push({ path, message })
  }
}

/** `a.b`, or `b` at the top. */
export function below(path: string, key: string | number): string {
  return path === '' ? String(key) : `${path}.${key}`
}

export function isFunction(value: unknown): value is AnyFunction {
  return typeof value === 'function'
}
