/**
 * Expressions of the WebAssembly text format as strings: just the instructions that the engine uses, named as in
 * mathematics. A pointer is an i32 expression; the `address` beside it is a constant that the instruction adds.
 */
export type Expression = string

export const FLOAT_BYTES = 4

/** Floats in a SIMD vector. */
export const LANES = 4

/** Unrolls: one result of `each` per integer from 0 to `count - 1`. */
export function times<T>(count: number, each: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => each(index))
}

export function get(local: string): Expression {
  return `(local.get $${local})`
}

export function set(local: string, value: Expression): string {
  return `(local.set $${local} ${value})`
}

export function integer(value: number): Expression {
  return `(i32.const ${value})`
}

export function offset(pointer: Expression, bytes: Expression): Expression {
  return `(i32.add ${pointer} ${bytes})`
}

/** A vector with the same number in all four lanes. */
export function constant(value: number): Expression {
  const text = value === -Infinity ? '-inf' : String(value)
  return `(v128.const f32x4 ${text} ${text} ${text} ${text})`
}

export function add(a: Expression, b: Expression): Expression {
  return `(f32x4.add ${a} ${b})`
}

export function subtract(a: Expression, b: Expression): Expression {
  return `(f32x4.sub ${a} ${b})`
}

export function multiply(a: Expression, b: Expression): Expression {
  return `(f32x4.mul ${a} ${b})`
}

export function divide(a: Expression, b: Expression): Expression {
  return `(f32x4.div ${a} ${b})`
}

/** NaN if either is NaN. */
export function max(a: Expression, b: Expression): Expression {
  return `(f32x4.max ${a} ${b})`
}

/** NaN if either is NaN. */
export function min(a: Expression, b: Expression): Expression {
  return `(f32x4.min ${a} ${b})`
}

export function load(pointer: Expression, address: number): Expression {
  return `(v128.load offset=${address} ${pointer})`
}

/** One float in all four lanes. */
export function splat(pointer: Expression, address: number): Expression {
  return `(v128.load32_splat offset=${address} ${pointer})`
}

export function store(pointer: Expression, address: number, value: Expression): string {
  return `(v128.store offset=${address} ${pointer} ${value})`
}

export function copy(to: Expression, from: Expression, bytes: number): string {
  return `(memory.copy ${to} ${from} ${integer(bytes)})`
}

export function call(name: string, ...values: Expression[]): Expression {
  return `(call $${name} ${values.join(' ')})`
}

/** `for (counter = from; counter < to; counter += step)`, for ranges that are never empty. */
export function loop(
  counter: string,
  range: { from?: Expression; to: Expression; step: number },
  body: readonly string[],
): string {
  return [
    set(counter, range.from ?? integer(0)),
    `(loop $next_${counter}`,
    ...body,
    set(counter, offset(get(counter), integer(range.step))),
    `(br_if $next_${counter} (i32.lt_u ${get(counter)} ${range.to})))`,
  ].join('\n')
}

type ValueType = 'i32' | 'f32' | 'v128'

interface FunctionHead {
  readonly exported?: boolean
  readonly parameters?: Readonly<Record<string, ValueType>>
  readonly result?: ValueType
  readonly pointers?: readonly string[]
  readonly vectors?: readonly string[]
}

/** A function; the last line of `body` is its result, if it has one. */
export function define(name: string, head: FunctionHead, body: readonly string[]): string {
  return [
    `(func $${name}`,
    head.exported ? `(export "${name}")` : '',
    ...Object.entries(head.parameters ?? {}).map(([parameter, type]) => `(param $${parameter} ${type})`),
    head.result ? `(result ${head.result})` : '',
    ...(head.pointers ?? []).map((local) => `(local $${local} i32)`),
    ...(head.vectors ?? []).map((local) => `(local $${local} v128)`),
    ...body,
    ')',
  ].join('\n')
}
