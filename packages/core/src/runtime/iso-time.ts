const MINUTE_MS = 60_000

let minuteMs = Number.NaN
/** The minute, with the colon behind it. */
let head = ''

/** Milliseconds since 1970 as ISO 8601. The platform is asked once a minute: it takes ten times as long. */
export function isoTime(epochMs: number): string {
  const wholeMs = Math.trunc(epochMs)
  const startMs = Math.floor(wholeMs / MINUTE_MS) * MINUTE_MS
  if (startMs !== minuteMs) {
    head = new Date(startMs).toISOString().slice(0, -'00.000Z'.length)
    minuteMs = startMs
  }
  const ms = wholeMs - startMs
  return `${head}${String(Math.floor(ms / 1000)).padStart(2, '0')}.${String(ms % 1000).padStart(3, '0')}Z`
}
