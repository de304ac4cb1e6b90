import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { PcError } from '@pc/core'
import { localError } from '../local-error.ts'
import { modelFiles } from './find-recognizer.ts'
import type { RecognizerProgram } from './find-recognizer.ts'

const keptErrorChars = 2000

/** One pocketsphinx process, which loads its model when it starts and serves one utterance. @internal */
export class RecognizerProcess {
  private readonly program: RecognizerProgram
  private readonly child: ChildProcessWithoutNullStreams
  private readonly exited: Promise<PcError | undefined>
  private readonly printed: Buffer[] = []
  private complaints = ''
  private killedBy: { reason: unknown } | undefined
  private over = false

  constructor(program: RecognizerProgram) {
    this.program = program
    const [command, args] = commandLine(program)
    // A process group of its own, so that the shell and the program end together.
    this.child = spawn(command, args, { stdio: 'pipe', detached: true })
    this.child.stdout.on('data', (part: Buffer) => this.printed.push(part))
    this.child.stderr.on('data', (part: Buffer) => {
      this.complaints = `${this.complaints}${part.toString()}`.slice(-keptErrorChars)
    })
    // A process that dies while it is written to reports a broken pipe here; its exit says why.
    this.child.stdin.on('error', () => undefined)
    this.exited = new Promise((resolve) => {
      this.child.on('error', (error) => {
        this.over = true
        resolve(engineError(`could not be started: ${error.message}`, error))
      })
      this.child.on('close', (code, signal) => {
        this.over = true
        resolve(
          code === 0 ? undefined : engineError(`ended with ${signal ?? `exit code ${code}`}. ${this.complaint()}`),
        )
      })
    })
    this.hold(false)
  }

  /** Whether the process still runs, as far as is known. */
  get alive(): boolean {
    return !this.over && this.killedBy === undefined
  }

  /** The process gets an utterance: from here on it keeps ours alive until it ends. */
  begin(): void {
    this.hold(true)
  }

  /** Settles when the process is gone; never rejects. */
  get gone(): Promise<unknown> {
    return this.exited
  }

  /** Sends the next part of the utterance: 16 kHz, mono, signed 16 bit, little-endian. A dead process takes nothing. */
  write(pcm: Uint8Array): void {
    if (this.alive) this.child.stdin.write(pcm)
  }

  /** Ends the utterance and resolves to its words. */
  async finish(): Promise<string> {
    this.child.stdin.end()
    const failure = await this.exited
    if (this.killedBy !== undefined) throw this.killedBy.reason
    if (failure !== undefined) throw failure
    return readWords(Buffer.concat(this.printed).toString(), this.program)
  }

  /** Ends the process; an utterance in work fails with the given reason. */
  kill(reason: unknown): void {
    if (this.over) return
    this.killedBy ??= { reason }
    killGroup(this.child)
  }

  private complaint(): string {
    const lines = this.complaints.split('\n').filter((line) => line.trim() !== '')
    return (lines.findLast((line) => /ERROR|FATAL/.test(line)) ?? lines.at(-1) ?? '').trim()
  }

  /** Whether this process and its pipes keep ours alive: only while an utterance is in work. */
  private hold(on: boolean): void {
    const handles: object[] = [this.child, this.child.stdin, this.child.stdout, this.child.stderr]
    for (const handle of handles) {
      const change: unknown = Reflect.get(handle, on ? 'ref' : 'unref')
      if (typeof change === 'function') Reflect.apply(change, handle, [])
    }
  }
}

function killGroup(child: ChildProcessWithoutNullStreams): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It ended by itself in the meantime.
  }
}

function commandLine(program: RecognizerProgram): [command: string, args: string[]] {
  const { acoustic, language, dictionary } = modelFiles(program.modelFolder)
  const model = ['-hmm', acoustic, '-lm', language, '-dict', dictionary]
  if (program.commandLine === 'single') return [program.path, ['single', ...model]]
  // The older program opens its input by name, which works for a pipe, but not for the socket that Node makes.
  return ['/bin/sh', ['-c', 'cat | exec "$0" "$@"', program.path, '-infile', '/dev/stdin', ...model]]
}

/** Both programs may print several parts: `continuous` a line each, `single` a line of JSON each. */
function readWords(printed: string, program: RecognizerProgram): string {
  const lines = printed.split('\n').filter((line) => line.trim() !== '')
  const parts = program.commandLine === 'continuous' ? lines : lines.map(textOfJson)
  return parts.join(' ').replace(/\s+/g, ' ').trim()
}

function textOfJson(line: string): string {
  try {
    const value: unknown = JSON.parse(line)
    const text: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 't') : undefined
    if (typeof text === 'string') return text
  } catch (error) {
    throw engineError('printed a line that is not JSON.', error)
  }
  throw engineError('printed a line of JSON without its field t.')
}

function engineError(what: string, cause?: unknown): PcError {
  return localError('pocketsphinx', 'engine-failed', `pocketsphinx ${what}`.trim(), cause)
}
