import type { Random } from './seeded-random.ts'

type Node =
  | { readonly kind: 'text'; readonly chars: string }
  | { readonly kind: 'group'; readonly branches: readonly (readonly Node[])[] }
  | { readonly kind: 'times'; readonly node: Node; readonly min: number; readonly max: number }

const DIGITS = '0123456789'
const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const LETTERS = LOWER + LOWER.toUpperCase()
const WORD = `${LETTERS}${DIGITS}_`
const OTHER = ' !#$%&()*+,-./:;<=>?@[]^{|}~'
const ALL = WORD + OTHER
const CLASSES: Readonly<Record<string, string>> = {
  d: DIGITS,
  w: WORD,
  s: ' ',
  D: LETTERS,
  W: '-',
  S: WORD,
  n: '\n',
  t: '\t',
  r: '\r',
}
/** How often something without an upper limit is repeated at most, beyond its lower one. */
const SPREAD = 3

/**
 * A text that matches a pattern, for the common part of regular expressions: literals, classes, groups, alternatives
 * and quantifiers. `undefined` for a pattern with more, such as a look-ahead or a back reference.
 */
export function fromPattern(pattern: string, random: Random): string | undefined {
  let at = 0
  const fail = (): never => {
    throw new UnsupportedPattern()
  }

  function alternatives(): Node {
    const branches: Node[][] = [[]]
    while (at < pattern.length && pattern[at] !== ')') {
      if (pattern[at] === '|') {
        at++
        branches.push([])
        continue
      }
      const node = atom()
      if (node !== undefined) branches.at(-1)!.push(quantified(node))
    }
    return { kind: 'group', branches }
  }

  function atom(): Node | undefined {
    const char = pattern[at++]!
    if (char === '^' || char === '$') return undefined
    if (char === '(') return group()
    if (char === '[') return { kind: 'text', chars: characterClass() }
    if (char === '.') return { kind: 'text', chars: LETTERS }
    return { kind: 'text', chars: char === '\\' ? escaped() : char }
  }

  function group(): Node {
    if (pattern[at] === '?') {
      if (pattern[at + 1] === ':') at += 2
      else at += /^\?<\w+>/.exec(pattern.slice(at))?.[0].length ?? fail()
    }
    const inner = alternatives()
    if (pattern[at++] !== ')') fail()
    return inner
  }

  function escaped(): string {
    const char = pattern[at++] ?? fail()
    if (/[1-9bBpPkuxc]/.test(char)) fail()
    return CLASSES[char] ?? char
  }

  function characterClass(): string {
    const negated = pattern[at] === '^'
    if (negated) at++
    let chars = ''
    while (pattern[at] !== ']') {
      const char = pattern[at++] ?? fail()
      const first = char === '\\' ? escaped() : char
      if (first.length === 1 && pattern[at] === '-' && pattern[at + 1] !== ']') {
        at++
        const end = pattern[at++] ?? fail()
        chars += range(first, end === '\\' ? escaped() : end)
      } else chars += first
    }
    at++
    const allowed = negated
      ? ALL.split('')
          .filter((one) => !chars.includes(one))
          .join('')
      : chars
    return allowed === '' ? fail() : allowed
  }

  function quantified(node: Node): Node {
    const found = /^(?:[*+?]|\{(\d+)(,(\d*))?\})/.exec(pattern.slice(at))
    if (found === null) return node
    at += found[0].length
    if (pattern[at] === '?') at++
    const [sign, least, more, most] = found
    if (sign === '*') return { kind: 'times', node, min: 0, max: SPREAD }
    if (sign === '+') return { kind: 'times', node, min: 1, max: 1 + SPREAD }
    if (sign === '?') return { kind: 'times', node, min: 0, max: 1 }
    const min = Number(least)
    return { kind: 'times', node, min, max: more === undefined ? min : most ? Number(most) : min + SPREAD }
  }

  try {
    const tree = alternatives()
    if (at < pattern.length) return undefined
    const text = write(tree, random)
    return new RegExp(pattern, 'u').test(text) ? text : undefined
  } catch (error) {
    if (error instanceof UnsupportedPattern || error instanceof SyntaxError) return undefined
    throw error
  }
}

class UnsupportedPattern extends Error {}

function range(first: string, last: string): string {
  let chars = ''
  for (let code = first.charCodeAt(0); code <= last.charCodeAt(0); code++) chars += String.fromCharCode(code)
  return chars
}

function write(node: Node, random: Random): string {
  switch (node.kind) {
    case 'text':
      return node.chars[Math.floor(random() * node.chars.length)]!
    case 'group':
      return node.branches[Math.floor(random() * node.branches.length)]!.map((part) => write(part, random)).join('')
    case 'times': {
      const count = node.min + Math.floor(random() * (node.max - node.min + 1))
      return Array.from({ length: count }, () => write(node.node, random)).join('')
    }
  }
}
