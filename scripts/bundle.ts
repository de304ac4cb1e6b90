import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

/**
 * Joins the modules of the package in the working folder to one file per entry, with what entries share beside them.
 * Loading 140 modules costs Node 50 ms and 11 MB more than loading one. Declarations come from the compiler.
 */
const dir = process.cwd()
const { exports } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { readonly '@pc/source': string }>
}
const sources = Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [] : [entry['@pc/source']]))
const entries = Object.fromEntries(
  sources.map((path) => [path.replace('./src/', '').replace('.ts', ''), join(dir, path)]),
)

for (const old of readdirSync(join(dir, 'dist'))) if (old.startsWith('shared-')) rmSync(join(dir, 'dist', old))
await build({
  root: dir,
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  build: {
    outDir: 'dist',
    emptyOutDir: false,
    target: 'es2023',
    minify: false,
    sourcemap: true,
    lib: { entry: entries, formats: ['es'] },
    rolldownOptions: {
      external: (id) => !id.startsWith('.') && !id.startsWith('/'),
      output: { entryFileNames: '[name].js', chunkFileNames: 'shared-[hash].js' },
    },
  },
})
for (const name of Object.keys(entries)) {
  if (!existsSync(join(dir, 'dist', `${name}.js`))) throw new Error(`dist/${name}.js was not written`)
}
