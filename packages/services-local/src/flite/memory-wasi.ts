/** A compiled WebAssembly module; opaque here. */
export type WasmModule = object

declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<WasmModule>
  Instance: new (module: WasmModule, imports: Record<string, Record<string, unknown>>) => { exports: object }
}

/** Compiles WebAssembly bytes. */
export function compileWasm(bytes: Uint8Array): Promise<WasmModule> {
  return WebAssembly.compile(bytes)
}

/** What a command-line program left behind. */
export interface ProgramResult {
  exitCode: number
  stdout: string
  stderr: string
  /** The files of its folder after the run, by name. */
  files: Map<string, Uint8Array<ArrayBuffer>>
}

/** One run of a command-line program. */
export interface ProgramRun {
  /** Arguments after the program's own name. */
  args: readonly string[]
  /** Files the program finds in its folder `/v`, by name. */
  files?: Readonly<Record<string, Uint8Array>>
}

const errno = { success: 0, badFile: 8, invalid: 28, noEntry: 44 } as const
const fileType = { character: 2, directory: 3, regular: 4 } as const
const folderFd = 3

interface OpenFile {
  bytes: Uint8Array
  size: number
  position: number
  name: string
}

class ExitSignal {
  readonly code: number
  constructor(code: number) {
    this.code = code
  }
}

/**
 * Runs a WebAssembly command-line program with its standard streams and one folder, `/v`, in memory: nothing touches
 * the disk, and its clock stands still, so equal runs give equal results. Holds the thirteen calls of WASI preview 1
 * that flite imports (https://github.com/WebAssembly/WASI, `wasi_snapshot_preview1`).
 */
export function runProgram(module: WasmModule, name: string, run: ProgramRun): ProgramResult {
  const host = new MemoryHost([name, ...run.args], run.files ?? {})
  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: host.imports() })
  host.attach(Reflect.get(instance.exports, 'memory'))
  const start: unknown = Reflect.get(instance.exports, '_start')
  if (typeof start !== 'function') throw new TypeError('The WebAssembly module exports no _start function.')
  let exitCode = 0
  try {
    start()
  } catch (error) {
    if (!(error instanceof ExitSignal)) throw error
    exitCode = error.code
  }
  return { exitCode, ...host.result() }
}

class MemoryHost {
  private readonly args: Uint8Array[]
  private readonly files = new Map<string, OpenFile>()
  private readonly open = new Map<number, OpenFile>()
  private readonly streams = [newFile('stdin'), newFile('stdout'), newFile('stderr')] as const
  private memory: { buffer: ArrayBuffer } | undefined
  private nextFd = folderFd + 1

  constructor(args: readonly string[], files: Readonly<Record<string, Uint8Array>>) {
    const encoder = new TextEncoder()
    this.args = args.map((arg) => encoder.encode(`${arg.replaceAll('\0', ' ')}\0`))
    for (const [name, bytes] of Object.entries(files)) {
      this.files.set(name, { bytes, size: bytes.length, position: 0, name })
    }
    this.streams.forEach((stream, fd) => this.open.set(fd, stream))
  }

  attach(memory: unknown): void {
    if (typeof memory !== 'object' || memory === null || !('buffer' in memory)) {
      throw new TypeError('The WebAssembly module exports no memory.')
    }
    this.memory = {
      get buffer(): ArrayBuffer {
        const buffer = memory.buffer
        if (buffer instanceof ArrayBuffer) return buffer
        throw new TypeError('The memory of the WebAssembly module has no buffer.')
      },
    }
  }

  result(): Omit<ProgramResult, 'exitCode'> {
    const decoder = new TextDecoder()
    const [, stdout, stderr] = this.streams
    return {
      stdout: decoder.decode(contents(stdout)),
      stderr: decoder.decode(contents(stderr)),
      files: new Map([...this.files.values()].map((file) => [file.name, contents(file)])),
    }
  }

  imports(): Record<string, (...args: never[]) => number> {
    return {
      args_get: (pointers: number, text: number) => {
        let at = text
        this.args.forEach((arg, index) => {
          this.view().setUint32(pointers + index * 4, at, true)
          this.bytes().set(arg, at)
          at += arg.length
        })
        return errno.success
      },
      args_sizes_get: (count: number, size: number) => {
        this.view().setUint32(count, this.args.length, true)
        const total = this.args.reduce((sum, arg) => sum + arg.length, 0)
        this.view().setUint32(size, total, true)
        return errno.success
      },
      clock_time_get: (_clock: number, _precision: bigint, time: number) => {
        this.view().setBigUint64(time, 0n, true)
        return errno.success
      },
      fd_close: (fd: number) => (this.open.delete(fd) ? errno.success : errno.badFile),
      fd_fdstat_get: (fd: number, stat: number) => this.describe(fd, stat),
      fd_fdstat_set_flags: () => errno.success,
      fd_prestat_get: (fd: number, stat: number) => {
        if (fd !== folderFd) return errno.badFile
        this.view().setUint32(stat, 0, true)
        this.view().setUint32(stat + 4, 2, true)
        return errno.success
      },
      fd_prestat_dir_name: (fd: number, path: number, length: number) => {
        if (fd !== folderFd || length < 2) return errno.invalid
        this.bytes().set(new TextEncoder().encode('/v'), path)
        return errno.success
      },
      fd_read: (fd: number, vectors: number, count: number, done: number) =>
        this.transfer(fd, { vectors, count, done, move: (file, part) => readInto(file, part) }),
      fd_write: (fd: number, vectors: number, count: number, done: number) =>
        this.transfer(fd, { vectors, count, done, move: (file, part) => append(file, part) }),
      fd_seek: (fd: number, offset: bigint, whence: number, position: number) =>
        this.seek(fd, Number(offset), { whence, position }),
      path_open: (...args: [number, number, number, number, number, bigint, bigint, number, number]) => {
        const [fd, , path, length, flags, , , , opened] = args
        if (fd !== folderFd) return errno.badFile
        return this.openPath(new TextDecoder().decode(this.bytes().slice(path, path + length)), flags, opened)
      },
      proc_exit: (code: number) => {
        throw new ExitSignal(code)
      },
    }
  }

  private describe(fd: number, stat: number): number {
    if (fd !== folderFd && !this.open.has(fd)) return errno.badFile
    const type = fd === folderFd ? fileType.directory : fd < folderFd ? fileType.character : fileType.regular
    const view = this.view()
    view.setUint8(stat, type)
    view.setUint16(stat + 2, 0, true)
    view.setBigUint64(stat + 8, 0xffff_ffff_ffff_ffffn, true)
    view.setBigUint64(stat + 16, 0xffff_ffff_ffff_ffffn, true)
    return errno.success
  }

  private transfer(
    fd: number,
    job: { vectors: number; count: number; done: number; move: (file: OpenFile, part: Uint8Array) => number },
  ): number {
    const file = this.open.get(fd)
    if (file === undefined) return errno.badFile
    const view = this.view()
    let total = 0
    for (let index = 0; index < job.count; index += 1) {
      const at = view.getUint32(job.vectors + index * 8, true)
      const length = view.getUint32(job.vectors + index * 8 + 4, true)
      total += job.move(file, this.bytes().subarray(at, at + length))
    }
    view.setUint32(job.done, total, true)
    return errno.success
  }

  private seek(fd: number, offset: number, to: { whence: number; position: number }): number {
    const file = this.open.get(fd)
    if (file === undefined) return errno.badFile
    const target = offset + (to.whence === 0 ? 0 : to.whence === 1 ? file.position : file.size)
    if (target < 0) return errno.invalid
    file.position = target
    this.view().setBigUint64(to.position, BigInt(target), true)
    return errno.success
  }

  private openPath(name: string, flags: number, opened: number): number {
    const create = (flags & 1) !== 0
    const truncate = (flags & 8) !== 0
    const known = this.files.get(name)
    if (known === undefined && !create) return errno.noEntry
    const file = known ?? newFile(name)
    if (truncate) file.size = 0
    file.position = 0
    this.files.set(name, file)
    this.open.set(this.nextFd, file)
    this.view().setUint32(opened, this.nextFd, true)
    this.nextFd += 1
    return errno.success
  }

  // The buffer of a WebAssembly memory is replaced when it grows, so views are made anew for each call.
  private view(): DataView {
    return new DataView(this.buffer())
  }

  private bytes(): Uint8Array {
    return new Uint8Array(this.buffer())
  }

  private buffer(): ArrayBuffer {
    if (this.memory === undefined) throw new TypeError('The program ran before its memory was known.')
    return this.memory.buffer
  }
}

function newFile(name: string): OpenFile {
  return { bytes: new Uint8Array(0), size: 0, position: 0, name }
}

function contents(file: OpenFile): Uint8Array<ArrayBuffer> {
  return new Uint8Array(file.bytes.subarray(0, file.size))
}

function readInto(file: OpenFile, part: Uint8Array): number {
  const taken = file.bytes.subarray(file.position, Math.min(file.size, file.position + part.length))
  part.set(taken)
  file.position += taken.length
  return taken.length
}

function append(file: OpenFile, part: Uint8Array): number {
  const end = file.position + part.length
  if (end > file.bytes.length) {
    const grown = new Uint8Array(Math.max(end, file.bytes.length * 2, 4096))
    grown.set(file.bytes.subarray(0, file.size))
    file.bytes = grown
  }
  file.bytes.set(part, file.position)
  file.position = end
  file.size = Math.max(file.size, end)
  return part.length
}
