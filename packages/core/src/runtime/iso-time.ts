let knownMs = Number.NaN
let known = ''

/** Milliseconds since 1970 as ISO 8601. What happens in one moment asks for it several times. */
export function isoTime(epochMs: number): string {
  if (epochMs !== knownMs) {
    known = new Date(epochMs).toISOString()
    knownMs = epochMs
  }
  return known
}
