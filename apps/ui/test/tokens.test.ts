import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const css = readFileSync(new URL('../src/tokens.css', import.meta.url), 'utf8')

type Look = 'light' | 'dark'
type Rgb = [red: number, green: number, blue: number]

function tokensOf(look: Look): Map<string, Rgb> {
  const tokens = new Map<string, Rgb>()
  for (const [, name, light, dark] of css.matchAll(/--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/gu)) {
    const hex = look === 'light' ? light : dark
    if (name === undefined || hex === undefined) continue
    const value = Number.parseInt(hex.slice(1), 16)
    tokens.set(name, [value >> 16, (value >> 8) & 255, value & 255])
  }
  return tokens
}

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map((each) => {
    const share = each / 255
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(a: Rgb, b: Rgb): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

function mixed(a: Rgb, b: Rgb, share: number): Rgb {
  const [red, green, blue] = a.map((each, at) => Math.round(each * share + (b[at] ?? 0) * (1 - share)))
  return [red ?? 0, green ?? 0, blue ?? 0]
}

const grounds = ['paper', 'surface']
const textPairs: [text: string, ground: string][] = [
  ...['ink', 'ink-2', 'ink-3', 'agent', 'good', 'warn', 'fault'].flatMap((text) =>
    grounds.map((ground): [string, string] => [text, ground]),
  ),
  ['ink', 'sunken'],
  ['ink-2', 'sunken'],
  ['ink-3', 'sunken'],
  ['ink', 'raised'],
  ['surface', 'ink'],
  ['surface', 'ink-2'],
  ['on-agent', 'agent-fill'],
  ['agent', 'agent-tint'],
  ['good', 'good-tint'],
  ['warn', 'warn-tint'],
  ['fault', 'fault-tint'],
  ['ink', 'warn-tint'],
  ['ink', 'fault-tint'],
]
const controlPairs: [part: string, ground: string][] = ['edge', 'agent', 'agent-fill'].flatMap((part) =>
  grounds.map((ground): [string, string] => [part, ground]),
)

describe.each<Look>(['light', 'dark'])('the %s look', (look) => {
  const tokens = tokensOf(look)
  const token = (name: string): Rgb => {
    const colour = tokens.get(name)
    if (colour === undefined) throw new Error(`tokens.css has no --${name}`)
    return colour
  }

  test('has every token of the language', () => {
    expect(tokens.size).toBe(19)
  })

  test.each(textPairs)('text in --%s on --%s has a contrast of at least 4.5', (text, ground) => {
    expect(contrast(token(text), token(ground))).toBeGreaterThanOrEqual(4.5)
  })

  test.each(controlPairs)('a control in --%s on --%s has a contrast of at least 3', (part, ground) => {
    expect(contrast(token(part), token(ground))).toBeGreaterThanOrEqual(3)
  })

  test.each([16, 28, 42])('ink on the latency tint of %i percent has a contrast of at least 4.5', (percent) => {
    const tint = mixed(token('agent-fill'), token('surface'), percent / 100)
    expect(contrast(token('ink'), tint)).toBeGreaterThanOrEqual(4.5)
  })
})

test('the measure itself gives 21 for black on white', () => {
  expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5)
})
