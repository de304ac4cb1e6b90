import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript-5.9'

/** One error of a compiler. */
export interface TypeError {
  /** Relative to the folder of the project, with `/`. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** With all that the compiler says to explain it. */
  readonly message: string
}

const run = promisify(execFile)
const { resolve } = createRequire(import.meta.url)

/** The compiler of this repository: a script for Node. */
export const nativeCompiler: string = join(dirname(resolve('typescript/package.json')), 'bin', 'tsc')

/** What the compiler of this repository finds. */
export async function errorsOfNative(config: string): Promise<TypeError[]> {
  const folder = dirname(config)
  const args = [nativeCompiler, '-p', config, '--pretty', 'false']
  const { stdout } = await run(process.execPath, args, { cwd: folder, maxBuffer: 1e8 }).catch(failed)
  const errors: TypeError[] = []
  for (const line of stdout.split('\n')) {
    const [, file, at, message] = /^(.+)\((\d+),\d+\): error TS\d+: (.*)$/.exec(line) ?? []
    const last = errors.at(-1)
    if (file !== undefined && message !== undefined) errors.push({ file, line: Number(at), message })
    else if (last !== undefined) errors[errors.length - 1] = { ...last, message: `${last.message}\n${line}` }
  }
  return errors
}

/** A compiler that found errors ends with code 1 or 2; anything else is a failure of the test. */
function failed(error: unknown): { readonly stdout: string } {
  if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string' && error.stdout !== '') {
    return { stdout: error.stdout }
  }
  throw error
}

/** What the oldest compiler that is supported finds. It looks at the files of the project only, not at what they import. */
export function errorsOfOldest(config: string): TypeError[] {
  const folder = dirname(config)
  const { config: json } = ts.readConfigFile(config, ts.sys.readFile)
  const { options, fileNames } = ts.parseJsonConfigFileContent(json, ts.sys, folder)
  const program = ts.createProgram(fileNames, options)
  return fileNames.flatMap((name) => {
    const source = program.getSourceFile(name)
    if (source === undefined) throw new Error(`${name} is not in the program`)
    const diagnostics = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    return diagnostics.map(({ start = 0, messageText }) => ({
      file: relative(folder, name).replaceAll('\\', '/'),
      line: source.getLineAndCharacterOfPosition(start).line + 1,
      message: ts.flattenDiagnosticMessageText(messageText, '\n'),
    }))
  })
}
