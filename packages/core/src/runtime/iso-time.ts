const MINUTE_MS = 60_000

let minute = Number.NaN
let upToMinute = ''

/**
 * Milliseconds since 1970 as ISO 8601. The platform takes tens of microseconds for it in a path that is seldom run, as
 * that of a reply is, so the part up to the minute is kept.
 */
export function isoTime(epochMs: number): string {
  const ms = Math.trunc(epochMs)
  const inMinute = ms - Math.floor(ms / MINUTE_MS) * MINUTE_MS
  if (ms - inMinute !== minute) {
    upToMinute = new Date(ms).toISOString().slice(0, -7)
    minute = ms - inMinute
  }
  const secs = Math.floor(inMinute / 1000)
  const thousandths = inMinute - secs * 1000
  return `${upToMinute}${secs < 10 ? '0' : ''}${secs}.${thousandths < 100 ? (thousandths < 10 ? '00' : '0') : ''}${thousandths}Z`
}
