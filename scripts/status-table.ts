import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packagesIn, report, root } from './workspace.ts'

/** Writes the status table of the README from the manifests and from the checklist's open lines; `--check` only compares. */
const START = '<!-- status: written by `pnpm status` -->'
const END = '<!-- /status -->'
const README = join(root, 'README.md')
const CHECKLIST = join(root, 'packages/core/test/seeds/checklist.test.ts')

const STATUS = new Map([
  ['works', 'works'],
  ['emulator-only', 'tested against its emulator only'],
])

function packageRows(): string[] {
  return packagesIn('packages').map(({ manifest }) => {
    const { name, pc } = manifest
    const status = pc && STATUS.get(pc.status)
    if (pc === undefined || status === undefined)
      throw new Error(`${name}: package.json needs "pc": { "status", "what" }`)
    return `| \`${name}\` | ${status} | ${pc.what} |`
  })
}

function planned(): string[] {
  if (!existsSync(CHECKLIST)) return []
  const text = readFileSync(CHECKLIST, 'utf8')
  return [...text.matchAll(/(?:it|test)\.todo\(\s*(['"`])(.*?)\1/gs)].map((match) => match[2]!.replace(/\s+/g, ' '))
}

function table(): string {
  const open = planned()
  return [
    START,
    '',
    '| package | status | what it is |',
    '|---|---|---|',
    ...packageRows(),
    '',
    `<details><summary>Planned: ${open.length} lines of the founding checklist are still to do</summary>`,
    '',
    ...open.map((line) => `- ${line}`),
    '',
    '</details>',
    '',
    END,
  ].join('\n')
}

const readme = readFileSync(README, 'utf8')
const from = readme.indexOf(START)
const to = readme.indexOf(END)
if (from < 0 || to < 0) throw new Error('README.md has no place for the status table')
const next = readme.slice(0, from) + table() + readme.slice(to + END.length)
if (process.argv.includes('--check')) {
  report('status table', next === readme ? [] : ['README.md: the status table is stale; run pnpm status'])
} else writeFileSync(README, next)
