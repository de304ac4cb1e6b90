import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A source file of the pages. */
export interface SourceFile {
  path: string
  text: string
}

const apps = fileURLToPath(new URL('../..', import.meta.url))

/** Sources of `apps/ui` and of every page under `apps/*`, with these endings; tests and the gallery left out. */
export function pageSources(endings: string): SourceFile[] {
  return globSync(`{ui/src,*/page}/**/*.{${endings}}`, { cwd: apps })
    .filter((path) => !/\.test\.|\/test\/|\/gallery|node_modules|\.d\.ts$/u.test(path))
    .map((path) => ({ path, text: readFileSync(`${apps}/${path}`, 'utf8') }))
}
