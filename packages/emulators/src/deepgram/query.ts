import type { Answer, RequestHead } from '../mount.ts'
import { invalidParameter } from './errors.ts'

/** Thrown by the readers below, answered by {@link checked}. */
class InvalidParameter extends Error {
  readonly parameter: string

  constructor(parameter: string, reason: string) {
    super(reason)
    this.parameter = parameter
  }
}

/** Refuses a parameter inside {@link checked}. */
export const reject = (parameter: string, reason: string): never => {
  throw new InvalidParameter(parameter, reason)
}

/** Reads the query of a request; what {@link reject} refuses becomes an answer with status 400. */
export const checked = <T>(request: RequestHead, read: (query: URLSearchParams) => T): T | Answer => {
  try {
    return read(request.query)
  } catch (error) {
    if (error instanceof InvalidParameter) return invalidParameter(error.parameter, error.message, request)
    throw error
  }
}

/** A boolean parameter; only `true` and `false` are allowed, absent is false. */
export const flag = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name)
  if (value !== null && value !== 'true' && value !== 'false') reject(name, `expected true or false, got '${value}'`)
  return value === 'true'
}

/** A number parameter in a range, ends included. */
export const numberIn = (
  query: URLSearchParams,
  name: string,
  [least, most]: readonly [number, number],
): number | undefined => {
  const text = query.get(name)
  if (text === null) return undefined
  const value = Number(text)
  if (text === '' || !(value >= least && value <= most)) {
    return reject(name, `expected a number from ${least} to ${most}, got '${text}'`)
  }
  return value
}

/** A whole number parameter in a range, ends included. */
export const integerIn = (
  query: URLSearchParams,
  name: string,
  range: readonly [number, number],
): number | undefined => {
  const value = numberIn(query, name, range)
  if (value !== undefined && !Number.isInteger(value)) return reject(name, `expected a whole number, got '${value}'`)
  return value
}

/** A parameter that must be one of the values. */
export const oneOf = <Value extends string>(
  query: URLSearchParams,
  name: string,
  values: readonly Value[],
): Value | undefined => {
  const text = query.get(name)
  if (text === null) return undefined
  return values.find((value) => value === text) ?? reject(name, `'${text}' is not one of ${values.join(', ')}`)
}
