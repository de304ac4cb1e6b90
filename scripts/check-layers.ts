import { readFileSync } from 'node:fs'
import { forbidden } from './layers.ts'
import { filesBelow, fromRoot, type Package, packagesIn, report } from './workspace.ts'

const PORTABLE = new Set(['@pc/audio', '@pc/core'])
const SOURCE_LINES = 400
const TEST_LINES = 800

const isTest = (path: string): boolean => /\.test(-d)?\.tsx?$|\/test\//.test(path)
const isSource = (path: string): boolean => /\.(ts|tsx)$/.test(path) && !path.endsWith('.d.ts')

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => match[1]!)
}

const packageOf = (specifier: string): string => specifier.split('/').slice(0, 2).join('/')

function checkManifest({ manifest, dir }: Package): string[] {
  const real = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  const dev = Object.keys(manifest.devDependencies ?? {})
  const problems = [
    ...real.map((used) => (used.startsWith('@pc/') ? forbidden(manifest.name, used, false) : undefined)),
    ...dev.map((used) => (used.startsWith('@pc/') ? forbidden(manifest.name, used, true) : undefined)),
  ]
  return problems
    .filter((problem) => problem !== undefined)
    .map((problem) => `${fromRoot(dir)}/package.json: ${problem}`)
}

function checkFile(path: string, { manifest }: Package): string[] {
  const text = readFileSync(path, 'utf8')
  const place = fromRoot(path)
  const problems: string[] = []
  const specifiers = importsOf(text)
  for (const specifier of specifiers.filter((name) => name.startsWith('@pc/'))) {
    const why = forbidden(manifest.name, packageOf(specifier), isTest(path))
    if (why) problems.push(`${place}: ${why}`)
  }
  if (PORTABLE.has(manifest.name) && place.includes('/src/') && !isTest(path)) {
    const node = specifiers.filter((name) => name.startsWith('node:'))
    if (node.length > 0) problems.push(`${place}: imports ${node.join(', ')}; this package runs in browsers too`)
  }
  if (/import \{[^}]*\bz\b[^}]*\} from ['"]zod['"]/.test(text)) {
    problems.push(`${place}: write import * as z from 'zod'; the named import is four times the size`)
  }
  const limit = isTest(path) ? TEST_LINES : SOURCE_LINES
  const lines = text.split('\n').length - 1
  if (lines > limit && !path.endsWith('.generated.ts') && !path.endsWith('.test-d.ts')) {
    problems.push(`${place}: ${lines} lines, the limit is ${limit}`)
  }
  return problems
}

const problems = [...packagesIn('packages'), ...packagesIn('apps')].flatMap((entry) => [
  ...checkManifest(entry),
  ...filesBelow(entry.dir)
    .filter(isSource)
    .flatMap((path) => checkFile(path, entry)),
])
report('layers, portability and file length', problems)
