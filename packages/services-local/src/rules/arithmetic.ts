import { numbersIn } from './numbers.ts'
import { numeral } from './results.ts'
import { wordsOf } from './words.ts'

interface Step {
  operator: '+' | '-' | '*' | '/'
  value: number
}

const operators: readonly (readonly [RegExp, Step['operator']])[] = [
  [/^(?:plus|add|added|and|\+)/, '+'],
  [/^(?:minus|less|subtract|take away|-)/, '-'],
  [/^(?:times|multiplied|x|\*|×)/, '*'],
  [/^(?:divided|over|÷|\/)/, '/'],
]

/** Answers a simple sum such as `what is five plus three times two`; `undefined` for anything else. @internal */
export function arithmeticAnswer(text: string): string | undefined {
  const plain = text
    .toLowerCase()
    .replace(/(\d)\s*([+*/×÷])\s*(?=\d)/g, '$1 $2 ')
    .replace(/(\d)\s+-\s+(?=\d)/g, '$1 minus ')
    .replaceAll('+', ' plus ')
    .replaceAll(/[*×]/g, ' times ')
    .replaceAll(/[/÷]/g, ' divided by ')
  const words = wordsOf(plain)
  const said = words.map((word) => word.lower)
  const numbers = numbersIn(words)
  const [first, second] = numbers
  if (first === undefined) return undefined
  if (said.includes('root') && said.includes('square') && first.value >= 0) return told(Math.sqrt(first.value))
  if (second === undefined) return said.includes('squared') ? told(first.value ** 2) : undefined
  if (said[first.to] === 'percent' && said[first.to + 1] === 'of') return told((first.value / 100) * second.value)
  const steps: Step[] = []
  for (const [index, number] of numbers.slice(1).entries()) {
    const previous = numbers[index]
    const between = said.slice(previous?.to ?? 0, number.from).join(' ')
    const isNegative = number.value < 0 && between === ''
    const operator = isNegative ? '-' : operators.find(([pattern]) => pattern.test(between))?.[1]
    if (operator === undefined || (between.startsWith('and') && !said.includes('add') && !said.includes('sum')))
      return undefined
    steps.push({ operator, value: isNegative ? -number.value : number.value })
  }
  return told(evaluated(first.value, steps))
}

function evaluated(first: number, steps: readonly Step[]): number {
  const terms = [first]
  for (const { operator, value } of steps) {
    const last = terms.length - 1
    if (operator === '+') terms.push(value)
    else if (operator === '-') terms.push(-value)
    else terms[last] = operator === '*' ? (terms[last] ?? 0) * value : (terms[last] ?? 0) / value
  }
  return terms.reduce((sum, term) => sum + term, 0)
}

function told(value: number): string {
  return Number.isFinite(value) ? `That is ${numeral(value)}.` : 'That cannot be calculated.'
}
