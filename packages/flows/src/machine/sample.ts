/** What a sample is made of. */
export interface SampleParts {
  /** What it is where a number is wanted, and how many items it has where a list is. */
  readonly number: number
  /** What it is where a text is wanted. */
  readonly text: string
}

/**
 * Stands for JSON that nobody knows yet: any property of it is a sample again, in a text it is its own name, in an
 * arithmetic expression a number, in a loop a short list.
 */
export function sample(parts: SampleParts): Record<string, unknown> {
  const items = (): unknown[] => (parts.number > 0 ? [sample(parts)] : [])
  // Without a hint it is added or made a date of: a text would break what follows, a number only reads oddly.
  const primitive = (hint: unknown): string | number => (hint === 'string' ? parts.text : parts.number)
  const value = (key: string | symbol): unknown => {
    if (key === Symbol.toPrimitive) return primitive
    if (key === 'length') return items().length
    if (key === 'toJSON' || key === 'toString' || key === 'valueOf') return () => parts.text
    for (const owner of key === 'constructor' ? [] : [items(), parts.text, parts.number]) {
      const method: unknown = Reflect.get(Object(owner), key)
      if (typeof method === 'function') return method.bind(owner)
    }
    if (typeof key === 'symbol' || key === 'then') return undefined
    return sample({ ...parts, text: parts.text === '' ? '' : key })
  }
  return new Proxy<Record<string, unknown>>(
    {},
    {
      get: (_, key) => value(key),
      has: () => true,
      set: () => true,
      deleteProperty: () => true,
    },
  )
}

/** A state of which some is known: what it has, and samples for the rest. */
export function sampleState(known: Readonly<Record<string, unknown>>, parts: SampleParts): Record<string, unknown> {
  const rest = sample(parts)
  return new Proxy<Record<string, unknown>>(structuredClone(known), {
    get: (own, key) => (Object.hasOwn(own, key) ? Reflect.get(own, key) : Reflect.get(rest, key)),
    has: () => true,
  })
}
