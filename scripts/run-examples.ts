import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { packagesIn, report, root } from './workspace.ts'

/** Commands that the pages name and that the checks run elsewhere, or that only install. */
const KNOWN_COMMANDS = [
  /^npx -y pnpm@12 (dev|test|bench)( .*)?$/,
  /^pnpm --filter @pc\/flows-[\w-]+ dev$/,
  /^(npm|pnpm) (install|add|i) .+$/,
  /^pnpm (dev|test|bench|build|lint|typecheck|changeset|format|layers|unused|examples|pack:check|readme)( .*)?$/,
  /^(git clone|cd|sudo apt-get install|apt-get install|cp) .+$/,
  /^[A-Z_]+=\S+$/,
  /^#.*$/,
]

interface Block {
  readonly language: string
  readonly text: string
  readonly place: string
}

function blocksOf(path: string, place: string): Block[] {
  const text = readFileSync(path, 'utf8')
  return [...text.matchAll(/^```(\w+)[^\n]*\n([\s\S]*?)^```/gm)].map((match) => ({
    language: match[1]!,
    text: match[2]!,
    place: `${place}:${text.slice(0, match.index).split('\n').length}`,
  }))
}

function runTypeScript({ text, place }: Block, dir: string, index: number): string[] {
  const underVitest = /from ['"]vitest['"]/.test(text)
  const folder = join(dir, text.includes(`from './`) ? 'src' : 'test')
  const file = join(folder, `readme-example-${index}${underVitest ? '.test' : ''}.ts`)
  const folderIsNew = mkdirSync(folder, { recursive: true }) !== undefined
  writeFileSync(file, text)
  const [command, args] = underVitest
    ? ['vitest', ['run', '--root', root, file]]
    : ['node', ['--conditions=@pc/source', '--disable-warning=ExperimentalWarning', file]]
  const result = spawnSync(join(root, 'node_modules/.bin', command as string), args as string[], {
    cwd: dir,
    encoding: 'utf8',
    timeout: 60_000,
  })
  rmSync(folderIsNew ? folder : file, { recursive: true, force: true })
  if (result.status === 0) return []
  return [
    `${place}: the example ${result.error ? `did not end: ${result.error.message}` : 'failed'}\n${result.stdout}${result.stderr}`,
  ]
}

function checkShell({ text, place }: Block): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !KNOWN_COMMANDS.some((known) => known.test(line)))
    .map((line) => `${place}: no check runs the command "${line}"`)
}

/** Where an example of the first page has all that it imports. */
const homeOf = ({ text }: Block): string => {
  if (text.includes('@pc/flows')) return join(root, 'packages/flows')
  return join(root, text.includes('@pc/emulators') ? 'packages/services-openai' : 'apps/voice-assistant')
}

const only = process.argv[2]
const pages = [
  { readme: join(root, 'README.md'), dir: '' },
  ...[...packagesIn('packages'), ...packagesIn('apps')].map(({ dir }) => ({ readme: join(dir, 'README.md'), dir })),
].filter(({ readme }) => existsSync(readme) && (only === undefined || readme.includes(only)))

let ran = 0
const problems = pages.flatMap(({ readme, dir }) =>
  blocksOf(readme, readme.slice(root.length + 1)).flatMap((block, index) => {
    if (block.language === 'ts') {
      ran++
      return runTypeScript(block, dir || homeOf(block), index)
    }
    return block.language === 'sh' || block.language === 'bash' ? checkShell(block) : []
  }),
)
const missing = packagesIn('packages')
  .filter(({ dir }) => !existsSync(join(dir, 'README.md')))
  .map(({ manifest }) => `${manifest.name} has no README.md`)
report(`${ran} examples of ${pages.length} pages`, [...problems, ...missing])
