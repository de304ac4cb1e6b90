import type { PipelineTask } from '../pipeline/pipeline-task.ts'
import type { TerminalFrame } from '../pipeline/task-options.ts'
import type { ErrorKind } from '../runtime/errors.ts'
import type { SessionEndReason } from './session-types.ts'

const STEPS: Readonly<Record<string, 'start' | 'end'>> = { StartFrame: 'start', EndFrame: 'end', StopFrame: 'end' }

/** Follows a task to its end and says why it came. */
export class EndReason {
  /** The first thing that makes the end inevitable is the reason. */
  #cause: SessionEndReason | undefined = undefined
  #idle = false

  constructor(task: PipelineTask) {
    task.on('idleTimeout', () => {
      this.#idle = true
    })
    task.on('setupTimeout', (holders) => this.because({ type: 'stuck', fault: 'service', step: 'setup', holders }))
    task.on('pipelineTimeout', (type, holders) => {
      const step = STEPS[type]
      if (step !== undefined) this.because({ type: 'stuck', fault: 'service', step, holders })
    })
    task.on('pipelineError', ({ error, processor, fatal }) => {
      if (fatal) this.because({ type: 'failed', fault: faultOf(error.kind), error, processor })
    })
  }

  because(cause: SessionEndReason): void {
    this.#cause ??= cause
  }

  /** @param terminal - what ended the task. */
  of(terminal: TerminalFrame): SessionEndReason {
    if (this.#cause !== undefined) return this.#cause
    const note = terminal.type === 'StopFrame' ? undefined : terminal.reason
    if (terminal.type !== 'CancelFrame') return { type: 'completed', fault: 'nobody', note }
    // What the task's own monitor cancels with.
    if (this.#idle && note === 'idle') return { type: 'userIdle', fault: 'user' }
    return { type: 'cancelled', fault: 'application', note }
  }
}

function faultOf(kind: ErrorKind): 'configuration' | 'application' | 'service' {
  switch (kind) {
    case 'config':
    case 'auth':
    case 'quota':
    case 'invalid-request':
      return 'configuration'
    case 'internal':
      return 'application'
    default:
      return 'service'
  }
}
