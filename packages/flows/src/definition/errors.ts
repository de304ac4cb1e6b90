import { PcError, type PcErrorOptions } from '@pc/core'

/** Something is wrong with a flow, or went wrong in one. `cause` is what did. */
export class FlowError extends PcError {
  override name: string = 'FlowError'
  constructor(message: string, options: Partial<PcErrorOptions> = {}) {
    super(message, { code: 'flow-failed', kind: 'internal', ...options })
  }
}

/** A flow's definition or file does not hold; the message has one line per fault, with its place and how to mend it. */
export class FlowDefinitionError extends FlowError {
  override name: string = 'FlowDefinitionError'
  readonly faults: readonly FlowFault[]
  constructor(what: string, faults: readonly FlowFault[]) {
    super(`${what}: ${faults.map(faultText).join('\n')}`, {
      code: 'invalid-flow',
      kind: 'config',
    })
    this.faults = faults
  }
}

function faultText({ path, message, line, column }: FlowFault): string {
  return line === undefined ? `${path}: ${message}` : `${line}:${column ?? 1} ${path}: ${message}`
}

/** One thing that is wrong, where, and how to mend it. */
export interface FlowFault {
  /** Such as `nodes.confirm.functions.pay`. */
  readonly path: string
  readonly message: string
  /** Where it stands in the text that was read, counted from 1. */
  readonly line?: number | undefined
  readonly column?: number | undefined
}

/** A flow could not be started or resumed. */
export class FlowInitializationError extends FlowError {
  override name: string = 'FlowInitializationError'
  constructor(message: string, options: Partial<PcErrorOptions> = {}) {
    super(message, { code: 'flow-initialization-failed', ...options })
  }
}

/** The conversation could not move: no such node, or the flow was not started. */
export class FlowTransitionError extends FlowError {
  override name: string = 'FlowTransitionError'
  constructor(message: string, options: Partial<PcErrorOptions> = {}) {
    super(message, { code: 'flow-transition-failed', kind: 'config', ...options })
  }
}

/** A function cannot be offered to a model, or gave what is no result. */
export class InvalidFunctionError extends FlowError {
  override name: string = 'InvalidFunctionError'
  constructor(message: string, options: Partial<PcErrorOptions> = {}) {
    super(message, { code: 'invalid-flow-function', kind: 'config', ...options })
  }
}

/** An action has no type, an unknown one, or failed. */
export class ActionError extends FlowError {
  override name: string = 'ActionError'
  constructor(message: string, options: Partial<PcErrorOptions> = {}) {
    super(message, { code: 'flow-action-failed', ...options })
  }
}

/** No agent of that name. */
export class UnknownAgentError extends FlowError {
  override name: string = 'UnknownAgentError'
  constructor(message: string, options: Partial<PcErrorOptions> = {}) {
    super(message, { code: 'unknown-agent', kind: 'config', ...options })
  }
}

/** What was thrown, as an error of a flow. @internal */
export function asFlowError(cause: unknown): FlowError {
  if (cause instanceof FlowError) return cause
  return new FlowError(textOf(cause), { cause })
}

/** What was thrown, which may be anything, as a text. @internal */
export function textOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message
  try {
    return String(thrown)
  } catch {
    return 'Something was thrown that is no error.'
  }
}
