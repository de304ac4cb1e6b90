import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace.ts'

interface Ours {
  readonly date: string
  readonly machine: { readonly cpu: string; readonly cores: number }
  readonly w1: { readonly nsPerHop: number }
  readonly w2: { readonly p50Ms: number }
  readonly w3: {
    readonly addedP50Ms: number
    readonly addedP95Ms: number
    readonly cpuSecsPerSessionMin: number
    readonly mbPerSession: number
    readonly sessionsPerCore: number
  }
  readonly w5: { readonly readyMs: number; readonly rssMb: number }
}

interface Peer {
  readonly name: string
  readonly date: string
  readonly machine: string
  readonly figures: Readonly<Record<string, string>>
}

const read = <T>(name: string): T => JSON.parse(readFileSync(join(root, 'bench/results', name), 'utf8')) as T

const ROWS: readonly (readonly [key: string, label: string, ours: (results: Ours) => string])[] = [
  ['hop', 'one frame through one processor, CPU', ({ w1 }) => `${w1.nsPerHop.toFixed(1)} ns`],
  ['interruption', 'an interruption with 10,000 frames queued, median', ({ w2 }) => `${w2.p50Ms.toFixed(2)} ms`],
  [
    'latency',
    'latency added to a voice turn, median / p95',
    ({ w3 }) => `${w3.addedP50Ms.toFixed(2)} / ${w3.addedP95Ms.toFixed(2)} ms`,
  ],
  ['cpu', 'CPU seconds per session and minute', ({ w3 }) => w3.cpuSecsPerSessionMin.toFixed(3)],
  ['memory', 'memory per session', ({ w3 }) => `${w3.mbPerSession.toFixed(2)} MB`],
  ['capacity', 'sessions on one core', ({ w3 }) => String(w3.sessionsPerCore)],
  [
    'start',
    'process start to first session ready',
    ({ w5 }) => `${Math.round(w5.readyMs)} ms, ${Math.round(w5.rssMb)} MB`,
  ],
]

/** The table of ours beside the peers, from the results in `bench/results`. */
export function comparison(): string {
  const ours = read<Ours>('latest.json')
  const peers = read<readonly Peer[]>('peers.json')
  return [
    `| | pc | ${peers.map(({ name }) => name).join(' | ')} |`,
    `|---|---|${peers.map(() => '---|').join('')}`,
    ...ROWS.map(
      ([key, label, value]) =>
        `| ${label} | ${value(ours)} | ${peers.map(({ figures }) => figures[key] ?? '').join(' | ')} |`,
    ),
    '',
    `Stub services, one core. pc: ${ours.date.slice(0, 10)}, ${ours.machine.cores} cores of ${ours.machine.cpu}. ${peers
      .map(({ name, date, machine }) => `${name}: ${date}, ${machine}.`)
      .join(' ')} What each row measures, and how to repeat it, is in [bench](bench/README.md).`,
  ].join('\n')
}
