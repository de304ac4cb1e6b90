import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Package, packagesIn, report, root } from './workspace.ts'

const bin = (name: string): string => join(root, 'node_modules/.bin', name)

function run(command: string, args: readonly string[], cwd: string): { readonly ok: boolean; readonly output: string } {
  const result = spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, NODE_ENV: 'production' } })
  return { ok: result.status === 0, output: `${result.stdout}${result.stderr}` }
}

/** Packs every package as it would be published. */
function pack(packages: readonly Package[], to: string): Map<string, string> {
  const tarballs = new Map<string, string>()
  for (const { manifest, dir } of packages) {
    const { ok, output } = run('pnpm', ['pack', '--pack-destination', to], dir)
    if (!ok) throw new Error(`${manifest.name} does not pack:\n${output}`)
    const prefix = `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}`
    const file = readdirSync(to).find((name) => name.startsWith(prefix))
    if (file === undefined) throw new Error(`${manifest.name} packed to no file named ${prefix}`)
    tarballs.set(manifest.name, join(to, file))
  }
  return tarballs
}

function checkTarball(name: string, tarball: string): string[] {
  const publint = run(bin('publint'), ['run', tarball, '--strict'], root)
  const attw = run(bin('attw'), [tarball, '--profile', 'esm-only'], root)
  return [
    ...(publint.ok ? [] : [`${name}: publint\n${publint.output}`]),
    ...(attw.ok ? [] : [`${name}: attw\n${attw.output}`]),
  ]
}

const entriesOf = ({ manifest }: Package): string[] =>
  Object.keys(manifest.exports ?? {})
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => manifest.name + entry.slice(1))

/** A project of somebody else: npm, the tarballs, strict, and every declaration checked. */
function checkForeignProject(
  packages: readonly Package[],
  tarballs: ReadonlyMap<string, string>,
  dir: string,
): string[] {
  const write = (name: string, value: unknown): void => writeFileSync(join(dir, name), JSON.stringify(value))
  const files = Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]))
  write('package.json', {
    name: 'foreign',
    private: true,
    type: 'module',
    dependencies: { ...files, zod: '^4.6.7', '@types/node': '^24.9.0', '@types/ws': '^8.18.2' },
    overrides: files,
  })
  write('tsconfig.json', {
    compilerOptions: {
      target: 'es2023',
      lib: ['es2024', 'dom', 'dom.asynciterable'],
      module: 'nodenext',
      moduleResolution: 'nodenext',
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      types: ['node'],
    },
    files: ['main.ts'],
  })
  const entries = packages.flatMap(entriesOf)
  const imports = entries.map((entry, index) => `import * as entry${index} from '${entry}'`)
  writeFileSync(
    join(dir, 'main.ts'),
    `${imports.join('\n')}\nconsole.log(${entries.map((_, index) => `Object.keys(entry${index}).length`).join(', ')})\n`,
  )
  const install = run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], dir)
  if (!install.ok) return [`the foreign project does not install:\n${install.output}`]
  const types = run(bin('tsc'), ['-p', 'tsconfig.json'], dir)
  const start = run(bin('node'), ['main.ts'], dir)
  return [
    ...(types.ok ? [] : [`the foreign project does not type-check:\n${types.output}`]),
    ...(start.ok ? [] : [`the foreign project does not start:\n${start.output}`]),
  ]
}

const packages = packagesIn('packages').filter(({ manifest }) => manifest.private !== true)
const dir = mkdtempSync(join(tmpdir(), 'pc-packages-'))
const foreign = mkdtempSync(join(tmpdir(), 'pc-foreign-'))
try {
  const build = run(
    'pnpm',
    ['exec', 'turbo', 'run', 'build', '--filter=./packages/*', '--output-logs=errors-only'],
    root,
  )
  if (!build.ok) throw new Error(`the packages do not build:\n${build.output}`)
  const tarballs = pack(packages, dir)
  report(`${packages.length} packages`, [
    ...[...tarballs].flatMap(([name, tarball]) => checkTarball(name, tarball)),
    ...checkForeignProject(packages, tarballs, foreign),
  ])
} finally {
  rmSync(dir, { recursive: true, force: true })
  rmSync(foreign, { recursive: true, force: true })
}
