import type { FileFunction } from './flow-file.ts'

/** A piece of code that belongs to the user, as it is before they write it. */
export interface KeptPart {
  readonly kind: 'handler' | 'action' | 'schema'
  readonly name: string
  readonly stub: string
}

interface Kept {
  part: KeptPart
  readonly constant: string
  readonly args: Set<string>
  readonly returns: Set<string>
}

/** Gives what is generated its names, each once, and collects the types and the user's parts that are named. */
export class Names {
  readonly #taken = new Set<string>(RESERVED)
  readonly #types = new Map<string, string>()
  readonly #kept = new Map<string, Kept>()

  /** A name of its own for a constant. */
  constant(...words: readonly string[]): string {
    return this.#free(camel(words.join(' ')))
  }

  /** The name of a type; equal types of one name are one. */
  type(words: string, definition: string): string {
    const wanted = capital(camel(words))
    for (let count = 1; ; count++) {
      const name = count === 1 ? wanted : `${wanted}${count}`
      const known = this.#types.get(name)
      if (known === definition) return name
      if (known !== undefined || this.#taken.has(name)) continue
      this.#taken.add(name)
      this.#types.set(name, definition)
      return name
    }
  }

  get types(): ReadonlyMap<string, string> {
    return this.#types
  }

  handler({ handler = '', decision }: FileFunction, args: string, returns: string): string {
    const known = this.#keep('handler', handler)
    known.args.add(args)
    known.returns.add(returns)
    const code = decision !== undefined && 'code' in decision ? String(decision['code']) : undefined
    const note =
      code === undefined ? '' : `  // It was in Python: ${code.replaceAll(/\s*[\r\n\u2028\u2029]\s*/g, ' ')}\n`
    known.part = {
      kind: 'handler',
      name: handler,
      stub: `async function ${known.constant}(args: ${[...known.args].join(' | ')}, ctx: FlowContext): Promise<${[...known.returns].join(' | ')}> {\n${note}  throw new Error('The handler "${handler}" is not written yet.')\n}`,
    }
    return known.constant
  }

  action(name: string): string {
    const known = this.#keep('action', name)
    const stub = `function ${known.constant}(action: FlowAction, manager: FlowManagerView): void {\n  throw new Error('The action "${name}" is not written yet.')\n}`
    known.part = { kind: 'action', name, stub }
    return known.constant
  }

  schema(name: string): string {
    const known = this.#keep('schema', name)
    const stub = `const ${known.constant} = jsonSchema<Record<string, unknown>>({ type: 'object' })`
    known.part = { kind: 'schema', name, stub }
    return known.constant
  }

  get kept(): readonly KeptPart[] {
    return [...this.#kept.values()].map(({ part }) => part)
  }

  #keep(kind: KeptPart['kind'], name: string): Kept {
    const key = `${kind} ${name}`
    const known = this.#kept.get(key)
    if (known !== undefined) return known
    const constant = this.#free(
      camel(kind === 'handler' ? `handle ${name}` : kind === 'action' ? `act ${name}` : `${name} schema`),
    )
    const made: Kept = { part: { kind, name, stub: '' }, constant, args: new Set<string>(), returns: new Set<string>() }
    this.#kept.set(key, made)
    return made
  }

  #free(wanted: string): string {
    let name = wanted
    for (let count = 2; this.#taken.has(name); count++) name = `${wanted}${count}`
    this.#taken.add(name)
    return name
  }
}

/** Names that generated files import, or that the language keeps. */
const RESERVED: readonly string[] =
  'defineFlow defineNode flowFunction to stay done speakThen render evaluate valueAt jsonSchema args ctx result input state Json To Stay FlowContext FlowState FlowAction FlowManagerView break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof new null return super switch this throw true try typeof var void while with yield let static await async of Record Readonly Promise Boolean Error'.split(
    ' ',
  )

/** `choose_size now` as `chooseSizeNow`. */
function camel(words: string): string {
  const parts = words.split(/[^\p{L}\p{N}]+/u).filter((part) => part !== '')
  const name = parts
    .map((part, index) => (index === 0 ? part.charAt(0).toLowerCase() + part.slice(1) : capital(part)))
    .join('')
  return /^\p{L}/u.test(name) ? name : `_${name}`
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
