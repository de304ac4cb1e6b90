/** How loud a message is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Data beside a message; names that hold personal data begin with `pii.`. */
export type LogFields = Readonly<Record<string, unknown>>

/** Where messages go. Nothing is written unless the application passes one. */
export interface Logger {
  enabled(level: LogLevel): boolean
  log(level: LogLevel, message: string, fields?: LogFields): void
}

/** Writes nothing. */
export const silentLogger: Logger = { enabled: () => false, log: () => {} }

const ORDER: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** Writes to the console from `level` up. */
export function consoleLogger(level: LogLevel = 'info'): Logger {
  const enabled = (wanted: LogLevel): boolean => ORDER.indexOf(wanted) >= ORDER.indexOf(level)
  return {
    enabled,
    log(wanted, message, fields) {
      // oxlint-disable-next-line no-console -- the one place that may
      if (enabled(wanted)) console[wanted](message, ...(fields ? [fields] : []))
    },
  }
}
