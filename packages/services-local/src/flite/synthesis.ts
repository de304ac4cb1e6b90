import { runProgram } from './memory-wasi.ts'
import type { WasmModule } from './memory-wasi.ts'
import { speakableWords } from './speakable-text.ts'
import { alignWords, parseTimedPhones, parseWordPhones } from './word-times.ts'
import type { SpokenWord } from './word-times.ts'

/** What flite made of one text. */
export interface Synthesis {
  /** A RIFF WAVE file; no samples when nothing in the text can be spoken. */
  wav: Uint8Array<ArrayBuffer>
  words: SpokenWord[]
}

const rememberedWords = 4096
/** All voices share one lexicon; this one is the quickest to run. */
const lexiconVoice = 'kal'

/** Speaks texts with one compiled flite, and remembers how the words it met are pronounced. */
export class Synthesizer {
  private readonly module: WasmModule
  private readonly pronunciations = new Map<string, string[]>()

  constructor(module: WasmModule) {
    this.module = module
  }

  /** Speaks a text at once, as one sentence. Blocks its thread for about a fiftieth of the speech's length. */
  speak({ text, voice, speed }: { text: string; voice: string; speed: number }): Synthesis {
    const words = speakableWords(text)
    const spoken = words.map((word) => word.spoken).filter((word) => word !== '')
    if (!spoken.some((word) => /[\w$%&@+=#]/.test(word))) {
      return {
        wav: new Uint8Array(0),
        words: words.map(({ text: word }) => ({ text: word, startSecs: 0, endSecs: 0 })),
      }
    }
    const stretch = ['--setf', `duration_stretch=${1 / speed}`]
    const args = ['-voice', voice, ...stretch, '-psdur', '-t', spoken.join(' '), '-o', '/v/out.wav']
    const result = runProgram(this.module, 'flite', { args })
    const wav = result.files.get('out.wav')
    if (result.exitCode !== 0 || wav === undefined) {
      throw new Error(`flite ended with exit code ${result.exitCode} and wrote ${wav === undefined ? 'no' : 'a'} file.`)
    }
    this.learn(spoken)
    const pronounced = words.map((word) => ({ text: word.text, phones: this.pronunciations.get(word.spoken) ?? [] }))
    return { wav, words: alignWords(pronounced, parseTimedPhones(result.stdout)) }
  }

  private learn(spoken: readonly string[]): void {
    if (this.pronunciations.size > rememberedWords) this.pronunciations.clear()
    const unknown = [...new Set(spoken)].filter((word) => !this.pronunciations.has(word))
    if (unknown.length === 0) return
    const text = new TextEncoder().encode(`${unknown.join('\n\n')}\n`)
    const args = ['-voice', lexiconVoice, '-ps', '-f', '/v/words.txt', '-o', 'none']
    const lines = parseWordPhones(runProgram(this.module, 'flite', { args, files: { 'words.txt': text } }).stdout)
    if (lines.length === unknown.length)
      unknown.forEach((word, index) => this.pronunciations.set(word, lines[index] ?? []))
    else for (const word of unknown) this.pronunciations.set(word, guess(word))
  }
}

/** Stand-in sounds for a word whose pronunciation is not known: about as many as it has letters. */
function guess(word: string): string[] {
  return Array.from(word.replace(/[^\w]/g, ''), (letter) => (/[aeiouy]/i.test(letter) ? 'ax' : letter.toLowerCase()))
}
