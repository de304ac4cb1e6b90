import { type AnyFunction, isFunction, type Reading } from './border.ts'

const TOKEN = '__function__:'

/** A handler that is given as a function, or by name as `__function__:name`; `undefined` when there is none. */
export function readHandler(value: unknown, path: string, reading: Reading): AnyFunction | undefined {
  if (value === undefined || value === null) return undefined
  if (isFunction(value)) return value
  if (typeof value !== 'string' || !value.startsWith(TOKEN)) {
    reading.fault(path, 'a handler is a function, or the text "__function__:name" of one in handlers')
    return undefined
  }
  const name = value.slice(TOKEN.length)
  const handler = reading.border.handler(name)
  if (isFunction(handler)) {
    reading.border.warn('Handlers by name, "__function__:name", are of an older form: give the functions themselves.')
    return handler
  }
  const { handlerNames } = reading.border
  const known = handlerNames.length === 0 ? 'none was given' : `there are ${handlerNames.join(', ')}`
  reading.fault(path, `no handler is named "${name}": pass it in handlers (${known})`)
  return undefined
}
