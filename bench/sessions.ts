import { CheckFailed, drive, driveWith, type Output } from './drive.ts'

/** Output may be this late, milliseconds at the 95th percentile, while a core still holds its sessions. */
const LATE_MS = 20
/** Counts to try; the search stops between two neighbours. */
const LADDER: readonly number[] = [100, 200, 400, 600, 800, 1000, 1200, 1500]

/** The warm-up must see one full cycle of 6 s. */
const WARM_SECS = 7

/** Voice sessions in real time. Fails when replies or audio are missing. */
export async function runSessions(
  adapter: string,
  sessions: number,
  secs: number,
  flags: readonly string[] = [],
): Promise<Output> {
  const output = await driveWith(flags, 'w3', adapter, sessions, WARM_SECS, secs)
  const missing = shortfall(output)
  if (missing !== undefined) throw new CheckFailed(`w3 ${adapter}, ${sessions} sessions: ${missing}`)
  return output
}

/** A cycle may end just outside of the window: one reply in twenty, and one a run, may be missing. */
function shortfall(output: Output): string | undefined {
  const replies = output.number('replies')
  const expected = output.number('expected_replies')
  if (replies < expected * 0.95 - 1) return `${replies} of ${expected} replies`
  const audioSecs = output.number('audio_s')
  const expectedSecs = output.number('expected_audio_s')
  if (audioSecs < expectedSecs * 0.95 - 3.2) return `${audioSecs} of ${expectedSecs} s of audio`
  return undefined
}

/** The largest count whose sessions all get their replies in time, searched by halves. */
export async function capacity(adapter: string, secs: number): Promise<number> {
  const fits = async (sessions: number): Promise<boolean> => {
    const output = await drive('w3', adapter, sessions, WARM_SECS, secs)
    return shortfall(output) === undefined && output.number('late_ms.p95') <= LATE_MS
  }
  let holds = 0
  let from = 0
  let to = LADDER.length
  for (let middle = LADDER.indexOf(800); from < to; middle = (from + to) >> 1) {
    const sessions = LADDER[middle] ?? 0
    // A second try, since one stall of the machine is enough to fail.
    if ((await fits(sessions)) || (await fits(sessions))) {
      holds = sessions
      from = middle + 1
    } else to = middle
  }
  return holds
}
