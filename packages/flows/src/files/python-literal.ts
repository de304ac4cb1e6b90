const MAX_CHARACTERS = 1000

/**
 * The value of a literal as Python writes it: a number, `True`, `False`, `None`, a quoted text, or a list or tuple of
 * such. Anything else is a text that nobody quoted.
 */
export function pythonLiteral(source: string): unknown {
  const text = source.trim()
  if (text.length > MAX_CHARACTERS) return text
  const inner = /^\[(.*)\]$|^\((.*)\)$/s.exec(text)
  if (inner !== null) return itemsOf(inner[1] ?? inner[2] ?? '').map(pythonLiteral)
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text)
  const quoted = /^(['"])(.*)\1$/s.exec(text)?.[2]
  if (quoted !== undefined) return quoted.replaceAll(/\\(.)/gs, '$1')
  const constants: ReadonlyMap<string, unknown> = new Map<string, unknown>([
    ['True', true],
    ['true', true],
    ['False', false],
    ['false', false],
    ['None', null],
    ['null', null],
  ])
  return constants.has(text) ? constants.get(text) : text
}

/** The items between commas that stand in neither quotes nor brackets. */
function itemsOf(text: string): string[] {
  const items = ['']
  let quote = ''
  let depth = 0
  for (const letter of text) {
    if (quote === '' && depth === 0 && letter === ',') {
      items.push('')
      continue
    }
    if (quote !== '') quote = letter === quote ? '' : quote
    else if (letter === '"' || letter === "'") quote = letter
    else if ('[('.includes(letter)) depth++
    else if ('])'.includes(letter)) depth--
    items[items.length - 1] += letter
  }
  return items.filter((item) => item.trim() !== '')
}
