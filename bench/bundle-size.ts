import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** What a page or a worker loads that runs a flow: all that a flow is usually made of, without `@pc/core`. */
const SOURCE = `export {
  defineFlow, defineNode, done, endConversation, flowFunction, flowKit, FlowManager, jump, runFunction, say,
  silent, speakThen, stay, to,
} from '@pc/flows'`

/** Kilobytes after minification and gzip, XState included. */
export async function bundledKb(): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: SOURCE, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    external: ['@pc/core'],
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
  })
  return outputFiles.reduce((sum, file) => sum + gzipSync(file.contents).length, 0) / 1000
}
