import { readdirSync, readFileSync, existsSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'

/** The top of the repository. */
export const root: string = join(import.meta.dirname, '..')

export interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly description?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, unknown>>
  readonly pc?: { readonly status: string; readonly what: string }
}

export interface Package {
  readonly dir: string
  readonly manifest: Manifest
}

const readManifest = (dir: string): Manifest => JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Manifest

/** The workspace packages of a folder, by name. */
export function packagesIn(folder: 'packages' | 'apps'): Package[] {
  return readdirSync(join(root, folder))
    .map((name) => join(root, folder, name))
    .filter((dir) => existsSync(join(dir, 'package.json')))
    .map((dir) => ({ dir, manifest: readManifest(dir) }))
}

/** All files below a folder, build output and dependencies left out. */
export function filesBelow(dir: string): string[] {
  if (!existsSync(dir)) return []
  return readdirSync(dir).flatMap((name) => {
    if (name === 'node_modules' || name === 'dist' || name.startsWith('.')) return []
    const path = join(dir, name)
    return statSync(path).isDirectory() ? filesBelow(path) : [path]
  })
}

export const fromRoot = (path: string): string => relative(root, path)

/** Prints what is wrong and sets the exit code. */
export function report(check: string, problems: readonly string[]): void {
  if (problems.length === 0) {
    console.log(`${check}: fine`)
    return
  }
  for (const problem of problems) console.error(problem)
  console.error(`${check}: ${problems.length} problem${problems.length === 1 ? '' : 's'}`)
  process.exitCode = 1
}
