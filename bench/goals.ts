/** What one run of the bench found. */
export interface Figures {
  readonly w1: { readonly nsPerHop: number; readonly floorNsPerHop: number }
  readonly w1m: { readonly nsPerHop: number; readonly floorNsPerHop: number }
  readonly w1s: {
    readonly p50Us: number
    readonly p95Us: number
    readonly floorP50Us: number
    readonly floorP95Us: number
  }
  readonly w2: {
    readonly p50Ms: number
    readonly p95Ms: number
    readonly floorP50Ms: number
    readonly floorP95Ms: number
  }
  readonly w3: {
    readonly addedP50Ms: number
    readonly cpuSecsPerSessionMin: number
    // A quick run has too few replies and too little time for these.
    readonly addedP95Ms?: number
    readonly mbPerSession?: number
    /** With a young generation of 4 MB a half space. */
    readonly mbPerSessionSmallYoung?: number
    readonly sessionsPerCore?: number
    readonly floorAddedP50Ms: number
    readonly floorCpuSecsPerSessionMin: number
    readonly floorMbPerSession?: number
  }
  readonly w5: {
    readonly readyMs: number
    readonly rssMb: number
    readonly floorReadyMs: number
    readonly floorRssMb: number
  }
  readonly flows: {
    readonly enterP50Ms: number
    readonly enterP95Ms: number
    /** Of 1,000 flows that have begun and wait. */
    readonly idleMb: number
    /** Of the main entry with XState. */
    readonly gzipKb: number
  }
}

/** A measure with what it must reach and what it aims for. */
export interface Goal {
  readonly measure: string
  readonly ours: number
  /** The same work without a framework. */
  readonly floor?: number
  readonly must: number
  readonly aim: number
  /** Larger is better. */
  readonly atLeast?: true
}

/** All goals with a figure. */
export function goals({ w1, w1m, w1s, w2, w3, w5, flows }: Figures): Goal[] {
  const all: (Omit<Goal, 'ours'> & { readonly ours: number | undefined })[] = [
    { measure: 'W1 CPU per hop, ns', ours: w1.nsPerHop, floor: w1.floorNsPerHop, must: 15, aim: 11 },
    { measure: 'W1 CPU per hop, times the floor', ours: w1.nsPerHop / w1.floorNsPerHop, must: 4, aim: 3 },
    { measure: 'W1m 40 frame types, CPU per hop, ns', ours: w1m.nsPerHop, floor: w1m.floorNsPerHop, must: 25, aim: 17 },
    { measure: 'W1s one frame through ten, p50, µs', ours: w1s.p50Us, floor: w1s.floorP50Us, must: 1, aim: 0.5 },
    { measure: 'W2 interruption, p50, ms', ours: w2.p50Ms, floor: w2.floorP50Ms, must: 0.3, aim: 0.1 },
    { measure: 'W2 interruption, p95, times the floor', ours: w2.p95Ms / w2.floorP95Ms, must: 2, aim: 1 },
    { measure: 'W3 added latency, p50, ms', ours: w3.addedP50Ms, floor: w3.floorAddedP50Ms, must: 0.4, aim: 0.2 },
    { measure: 'W3 added latency, p95, ms', ours: w3.addedP95Ms, must: 1.5, aim: 0.8 },
    {
      measure: 'W3 CPU per session-minute at 200, s',
      ours: w3.cpuSecsPerSessionMin,
      floor: w3.floorCpuSecsPerSessionMin,
      must: 0.06,
      aim: 0.04,
    },
    {
      measure: 'W3 memory per session at 200, MB',
      ours: w3.mbPerSession,
      ...(w3.floorMbPerSession !== undefined && { floor: w3.floorMbPerSession }),
      must: 0.25,
      aim: 0.15,
    },
    {
      measure: 'the same with --max-semi-space-size=4, MB',
      ours: w3.mbPerSessionSmallYoung,
      must: 0.25,
      aim: 0.15,
    },
    { measure: 'W3 sessions per core', ours: w3.sessionsPerCore, must: 800, aim: 1200, atLeast: true },
    { measure: 'W5 process start to ready, ms', ours: w5.readyMs, floor: w5.floorReadyMs, must: 80, aim: 60 },
    { measure: 'W5 memory when ready, MB', ours: w5.rssMb, floor: w5.floorRssMb, must: 58, aim: 52 },
    { measure: 'flows: to enter a node, p95, ms', ours: flows.enterP95Ms, must: 1, aim: 0.1 },
    { measure: 'flows: 1,000 that wait, MB', ours: flows.idleMb, must: 10, aim: 5 },
    { measure: 'flows: main entry with XState, gzip, KB', ours: flows.gzipKb, must: 30, aim: 25 },
  ]
  return all.filter((goal): goal is Goal => goal.ours !== undefined)
}

/** Whether a goal is reached, or missed by no more than `slack` times. */
export function holds({ ours, must, atLeast }: Goal, slack = 1): boolean {
  return atLeast ? ours * slack >= must : ours <= must * slack
}

/** The goals as a table of text. */
export function table(rows: readonly Goal[]): string {
  const cells = [
    ['measure', 'ours', 'floor', 'must', 'aim', 'holds'],
    ...rows.map((goal) => {
      const { measure, ours, floor, must, aim, atLeast } = goal
      const sign = atLeast ? '>=' : '<='
      const reached = holds({ ...goal, must: aim }) ? 'aim' : holds(goal) ? 'must' : 'no'
      return [
        measure,
        short(ours),
        floor === undefined ? '' : short(floor),
        `${sign} ${must}`,
        `${sign} ${aim}`,
        reached,
      ]
    }),
  ]
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  return cells
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString()
}
