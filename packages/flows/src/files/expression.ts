import { isRecord } from '../definition/is-record.ts'
import { sameJson } from './check-json.ts'
import { ownEntry } from './file-path.ts'

/** The operators that compare two values. */
export type ComparisonOperator = '<' | '<=' | '==' | '>=' | '>' | '!=' | 'in' | 'notIn'

/** A literal, a path such as `{ path: 'args.count' }`, or an operator and what it applies to. */
export type Expression =
  | string
  | number
  | boolean
  | null
  | readonly Expression[]
  | { readonly path: string }
  | { readonly op: ComparisonOperator | 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly op: 'not'; readonly left: Expression }

/** What paths begin with, by name: `args`, `state`, `result`, `input`. */
export type Scope = Readonly<Record<string, unknown>>

/** The value at a path of own properties; `undefined` where there is none. `Value` is what the caller says it is. */
export function valueAt<Value = unknown>(scope: Scope, path: string): Value {
  return walk(scope, path) as Value
}

function walk(scope: Scope, path: string): unknown {
  let at: unknown = scope
  for (const part of path.split('.')) {
    if (Array.isArray(at)) at = /^\d+$/.test(part) ? at[Number(part)] : part === 'length' ? at.length : undefined
    else at = isRecord(at) ? ownEntry(at, part) : undefined
  }
  return at
}

/**
 * The value of an expression. `==` compares JSON without conversion; `<` and its like hold between two numbers or two
 * texts only; `in` looks into a list or a text; `and`, `or` and `not` take `false`, `null`, `0` and `''` for no.
 */
export function evaluate(expression: Expression, scope: Scope): unknown {
  if (typeof expression !== 'object' || expression === null) return expression
  if (isList(expression)) return expression.map((item) => evaluate(item, scope))
  if ('path' in expression) return valueAt(scope, expression.path)
  const left = evaluate(expression.left, scope)
  if (expression.op === 'not') return !left
  if (expression.op === 'and') return Boolean(left) && Boolean(evaluate(expression.right, scope))
  if (expression.op === 'or') return Boolean(left) || Boolean(evaluate(expression.right, scope))
  return compare(expression.op, left, evaluate(expression.right, scope))
}

function compare(op: ComparisonOperator, left: unknown, right: unknown): boolean {
  switch (op) {
    case '==':
      return sameJson(left, right)
    case '!=':
      return !sameJson(left, right)
    case 'in':
      return isIn(left, right)
    case 'notIn':
      return !isIn(left, right)
    default:
      return order(op, left, right)
  }
}

function order(op: '<' | '<=' | '>' | '>=', left: unknown, right: unknown): boolean {
  const numbers = typeof left === 'number' && typeof right === 'number'
  const texts = typeof left === 'string' && typeof right === 'string'
  if (!numbers && !texts) return false
  if (left === right) return op === '<=' || op === '>='
  return op.startsWith('<') ? left < right : left > right
}

function isIn(item: unknown, holder: unknown): boolean {
  if (typeof holder === 'string') return typeof item === 'string' && holder.includes(item)
  return Array.isArray(holder) && holder.some((entry) => sameJson(entry, item))
}

function isList(expression: object): expression is readonly Expression[] {
  return Array.isArray(expression)
}
