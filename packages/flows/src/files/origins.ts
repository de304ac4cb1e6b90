import type { FilePath } from './file-path.ts'

/** Tells where in the file that was read a part of its translation came from. */
export class Origins {
  readonly #places = new Map<string, FilePath>()

  /** What stands at `path` came from `source`, and so did all within it that is not placed itself. */
  place(path: FilePath, source: FilePath): void {
    this.#places.set(JSON.stringify(path), source)
  }

  /** Places the fields of an object that have another name in the source. */
  rename(path: FilePath, source: FilePath, names: Readonly<Record<string, string>>): void {
    this.place(path, source)
    for (const [name, sourceName] of Object.entries(names)) this.place([...path, name], [...source, sourceName])
  }

  sourceOf(path: FilePath): FilePath {
    for (let length = path.length; length >= 0; length--) {
      const found = this.#places.get(JSON.stringify(path.slice(0, length)))
      if (found !== undefined) return [...found, ...path.slice(length)]
    }
    return path
  }
}
