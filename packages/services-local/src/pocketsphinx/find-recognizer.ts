import { constants } from 'node:fs'
import { access, realpath } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'

/** A pocketsphinx on this machine. */
export interface RecognizerProgram {
  /** Absolute path of the program. */
  path: string
  /** Its command line: `continuous` is `pocketsphinx_continuous` (before version 5), `single` is `pocketsphinx` 5. */
  commandLine: 'continuous' | 'single'
  /** Folder with the acoustic model `en-us`, the language model `en-us.lm.bin` and `cmudict-en-us.dict`. */
  modelFolder: string
}

/** Where {@link findRecognizer} looks. */
export interface FindRecognizerOptions {
  /** Folders to search for the program, separated as in `PATH`. Default: the environment variable `PATH`. */
  searchPath?: string
  /** Folder of the English model. Default: beside the program (`share/pocketsphinx`), then the usual places. */
  modelFolder?: string
}

const programs = [
  ['pocketsphinx_continuous', 'continuous'],
  ['pocketsphinx', 'single'],
] as const

const usualShares = ['/usr/share', '/usr/local/share', '/opt/homebrew/share']

/**
 * Looks for pocketsphinx and its English model. Resolves to `undefined` when the program or the model is missing;
 * on Debian and Ubuntu both come with `apt-get install pocketsphinx pocketsphinx-en-us`.
 */
export async function findRecognizer(options: FindRecognizerOptions = {}): Promise<RecognizerProgram | undefined> {
  const folders = (options.searchPath ?? process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  for (const [name, commandLine] of programs) {
    for (const folder of folders) {
      const path = join(folder, name)
      if (!(await allowed(path, constants.X_OK))) continue
      const modelFolder = await findModel(path, options.modelFolder)
      if (modelFolder !== undefined) return { path, commandLine, modelFolder }
    }
  }
  return undefined
}

async function findModel(program: string, given: string | undefined): Promise<string | undefined> {
  const own = join(dirname(dirname(await realpath(program))), 'share')
  const shares = [own, ...usualShares].map((share) => join(share, 'pocketsphinx', 'model', 'en-us'))
  for (const folder of given === undefined ? shares : [given]) {
    const parts = modelFiles(folder)
    const found = await Promise.all([parts.acoustic, parts.language, parts.dictionary].map((part) => allowed(part)))
    if (found.every(Boolean)) return folder
  }
  return undefined
}

/** The three parts of the English model in its folder. @internal */
export function modelFiles(folder: string): { acoustic: string; language: string; dictionary: string } {
  return {
    acoustic: join(folder, 'en-us'),
    language: join(folder, 'en-us.lm.bin'),
    dictionary: join(folder, 'cmudict-en-us.dict'),
  }
}

async function allowed(path: string, mode: number = constants.R_OK): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  )
}
