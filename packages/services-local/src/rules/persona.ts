import { sentence, toSecondPerson } from './second-person.ts'

/** Who the instructions say the assistant is. @internal */
export interface Persona {
  name: string | undefined
  /** With its article: `a friendly pizza waiter`. */
  role: string | undefined
}

/** Reads name and role from instructions such as `You are Jessica, an agent for ...` @internal */
export function personaOf(instructions: readonly string[]): Persona {
  const text = instructions.join('\n')
  const named =
    /\b(?:[Yy]our name is|[Yy]ou are called|[Nn]amed|[Cc]alled)\s+["“]?(\p{Lu}[\p{L}'-]+)/u.exec(text) ??
    /\b[Yy]ou(?: are|'re|’re)\s+(\p{Lu}[\p{L}'-]+)(?=[\s,.])/u.exec(text)
  const role = /\b[Yy]ou(?: are|'re|’re)\s+(?:\p{Lu}[\p{L}'-]+,\s+)?((?:an?|the)\s[^.,;:\n]{3,90})/u.exec(text)?.[1]
  return { name: named?.[1], role: role?.replace(/\s+(?:named|called)\s.*$|\s+(?:who|that|in|on) .*$/, '').trim() }
}

/** `I am Jessica, an agent for ...`, as far as that is known. @internal */
export function introduction({ name, role }: Persona): string {
  const known = [name, role === undefined ? undefined : toSecondPerson(role)].filter((part) => part !== undefined)
  return known.length === 0 ? 'I am your assistant.' : sentence(`I am ${known.join(', ')}`, '.')
}
