import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { comparison } from './comparison.ts'
import { packagesIn, report, root } from './workspace.ts'

/** Writes the parts of the README that come from code: the bot, the comparison, the status. `--check` only compares. */
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

/** The lines of the checklist that no test holds yet. */
function planned(): string[] {
  if (!existsSync(CHECKLIST)) return []
  const text = readFileSync(CHECKLIST, 'utf8')
  return [...text.matchAll(/(?:it|test)\.todo\(\s*(['"`])(.*?)\1/gs)].map((match) => match[2]!.replace(/\s+/g, ' '))
}

function statusTable(): string {
  const open = planned()
  return [
    '| package | status | what it is |',
    '|---|---|---|',
    ...packageRows(),
    '',
    `<details><summary>Planned: ${open.length} lines of the founding checklist are still to do</summary>`,
    '',
    ...open.map((line) => `- ${line}`),
    '',
    '</details>',
  ].join('\n')
}

const codeBlock = (path: string): string => `\`\`\`ts\n${readFileSync(join(root, path), 'utf8')}\`\`\``

const parts: Readonly<Record<string, () => string>> = {
  bot: () => codeBlock('apps/voice-assistant/src/bot.ts'),
  comparison,
  status: statusTable,
}

function render(readme: string): string {
  return Object.entries(parts).reduce((text, [name, make]) => {
    const [start, end] = [`<!-- ${name}: written by \`pnpm readme\` -->`, `<!-- /${name} -->`]
    const [from, to] = [text.indexOf(start), text.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`README.md has no place for ${name}`)
    return `${text.slice(0, from) + start}\n\n${make()}\n\n${text.slice(to)}`
  }, readme)
}

const readme = readFileSync(README, 'utf8')
const next = render(readme)
if (process.argv.includes('--check')) {
  report('README', next === readme ? [] : ['README.md: parts that come from code are stale; run pnpm readme'])
} else writeFileSync(README, next)
