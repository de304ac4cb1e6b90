import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { bundledKb } from './bundle-size.ts'
import { CheckFailed, drive, interleaved, median } from './drive.ts'
import { type Figures, goals, holds, table } from './goals.ts'
import { capacity, runSessions } from './sessions.ts'

/** On a machine with other work a figure is called broken only when it is this many times worse than it must be. */
const SLACK = 4

const quick = process.argv.includes('--quick')
const repeats = quick ? 1 : 3

function build(): void {
  const { status, error } = spawnSync('turbo', ['run', 'build', '--filter=@pc/flows...', '--output-logs=errors-only'], {
    cwd: join(import.meta.dirname, '..'),
    stdio: 'inherit',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
  })
  if (status !== 0) throw new Error(`the build failed: ${error?.message ?? `code ${status}`}`)
}

async function engine(): Promise<Pick<Figures, 'w1' | 'w1m' | 'w1s' | 'w2'>> {
  const frames = quick ? 300_000 : 1_000_000
  const rounds = quick ? 105 : 205
  const runs = await interleaved(repeats, {
    w1: () => drive('w1', 'w1', 'ours:w1', frames),
    w1Floor: () => drive('w1', 'w1', 'floor:sync', frames),
    w1m: () => drive('w1', 'w1', 'ours:w1m', frames),
    w1mFloor: () => drive('w1', 'w1', 'floor:w1m', frames),
    w1s: () => drive('w1', 'w1single', 'ours:w1', 20_000),
    w1sFloor: () => drive('w1', 'w1single', 'floor:sync', 20_000),
    w2: () => drive('w2', 'ours', 10_000, 'spread', rounds),
    w2Floor: () => drive('w2', 'floor', 10_000, 'spread', rounds),
  })
  return {
    w1: { nsPerHop: median(runs.w1, 'ns_per_hop_cpu'), floorNsPerHop: median(runs.w1Floor, 'ns_per_hop_cpu') },
    w1m: { nsPerHop: median(runs.w1m, 'ns_per_hop_cpu'), floorNsPerHop: median(runs.w1mFloor, 'ns_per_hop_cpu') },
    w1s: {
      p50Us: median(runs.w1s, 'p50_us'),
      p95Us: median(runs.w1s, 'p95_us'),
      floorP50Us: median(runs.w1sFloor, 'p50_us'),
      floorP95Us: median(runs.w1sFloor, 'p95_us'),
    },
    w2: {
      p50Ms: median(runs.w2, 'p50_ms'),
      p95Ms: median(runs.w2, 'p95_ms'),
      floorP50Ms: median(runs.w2Floor, 'p50_ms'),
      floorP95Ms: median(runs.w2Floor, 'p95_ms'),
    },
  }
}

async function voice(): Promise<Figures['w3']> {
  // Two runs of 48 s give 160 replies.
  const latency = await interleaved(quick ? 1 : 2, { ours: () => runSessions('ours', 10, quick ? 12 : 48) })
  const floorLatency = await interleaved(1, { floor: () => runSessions('floor', 10, quick ? 6 : 18) })
  const load = await interleaved(quick ? 1 : 3, {
    ours: () => runSessions('ours', 200, quick ? 6 : 12),
    floor: () => runSessions('floor', 200, quick ? 6 : 12),
  })
  const small = quick ? undefined : await runSessions('ours', 200, 12, ['--max-semi-space-size=4'])
  return {
    addedP50Ms: median(latency.ours, 'lat_ms.p50'),
    cpuSecsPerSessionMin: median(load.ours, 'cpu_s_per_session_min'),
    ...(!quick && {
      addedP95Ms: median(latency.ours, 'lat_ms.p95'),
      mbPerSession: median(load.ours, 'rss_per_session_mb'),
      ...(small !== undefined && { mbPerSessionSmallYoung: small.number('rss_per_session_mb') }),
      sessionsPerCore: await capacity('ours', 12),
    }),
    floorAddedP50Ms: median(floorLatency.floor, 'lat_ms.p50'),
    floorCpuSecsPerSessionMin: median(load.floor, 'cpu_s_per_session_min'),
    ...(!quick && { floorMbPerSession: median(load.floor, 'rss_per_session_mb') }),
  }
}

async function start(): Promise<Figures['w5']> {
  const runs = await interleaved(quick ? 3 : 7, {
    ours: () => drive('w5', 'ours', 'ready'),
    floor: () => drive('w5', 'floor', 'ready'),
  })
  return {
    readyMs: median(runs.ours, 'since_process_start_ms'),
    rssMb: median(runs.ours, 'rss_ready_mb'),
    floorReadyMs: median(runs.floor, 'since_process_start_ms'),
    floorRssMb: median(runs.floor, 'rss_ready_mb'),
  }
}

async function flows(): Promise<Figures['flows']> {
  const runs = await interleaved(repeats, {
    enter: () => drive('flows', 'enter', 3000),
    idle: () => drive('flows', 'idle', 1000),
  })
  return {
    enterP50Ms: median(runs.enter, 'enter_ms.p50'),
    enterP95Ms: median(runs.enter, 'enter_ms.p95'),
    idleMb: median(runs.idle, 'idle_mb'),
    gzipKb: await bundledKb(),
  }
}

function save(figures: Figures): void {
  const date = new Date().toISOString().slice(0, 10)
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism() }
  const dir = join(import.meta.dirname, 'results')
  mkdirSync(dir, { recursive: true })
  const text = JSON.stringify({ date, node: process.version, machine, ...figures }, rounded, 2)
  writeFileSync(join(dir, 'latest.json'), `${text}\n`)
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value
}

async function main(): Promise<void> {
  build()
  const figures: Figures = { ...(await engine()), w5: await start(), w3: await voice(), flows: await flows() }
  const rows = goals(figures)
  console.log(table(rows))
  if (!quick) save(figures)
  const broken = rows.filter((goal) => !holds(goal, SLACK))
  for (const { measure } of broken) console.error(`${measure}: more than ${SLACK} times worse than it must be`)
  if (broken.length > 0) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  if (!(error instanceof CheckFailed)) throw error
  console.error(error.message)
  process.exitCode = 1
}
