// usage: node w3.mjs <adapter> <sessions> <warm_s> <measure_s>
import { CH, CYCLE, SPEECH, STOPN, TONE, SIL, Sink, pct } from './scenario.mjs'
const [ad, n, warm, meas] = process.argv.slice(2)
const N = +n
const t_imp = performance.now()
const mod = await import(new URL(`../adapters/${ad}.mjs`, import.meta.url))
const importMs = performance.now() - t_imp
const LAT = [],
  LATE = [],
  PUSH = []
let measuring = false
if (global.gc) gc()
const rss0 = process.memoryUsage.rss() / 1048576
const t0 = performance.now()
const S = []
for (let i = 0; i < N; i++) {
  const s = {
    i,
    await: false,
    tDec: 0,
    t0: 0,
    played: 0,
    replies: 0,
    ms: 0,
    pos: N > 1 ? (i * 37) % CYCLE : 0,
    live: false,
  }
  const sink = new Sink((now, ms) => {
    if (s.await) {
      s.await = false
      s.t0 = now
      s.played = ms
      s.replies++
      if (measuring) LAT.push(now - s.tDec)
    } else {
      if (measuring) LATE.push(now - (s.t0 + s.played))
      s.played += ms
    }
    s.ms += ms
  })
  s.sess = await mod.session(sink, i)
  S.push(s)
}
const startMs = performance.now() - t0
const rssReady = process.memoryUsage.rss() / 1048576
const buckets = new Map()
for (const s of S) {
  const b = s.i % 20
  ;(buckets.get(b) ?? buckets.set(b, []).get(b)).push(s)
}
const base = performance.now() + 100
let stop = false
function tick(s) {
  const pos = s.pos
  s.pos = (pos + 1) % CYCLE
  if (pos === 0) s.live = true
  if (pos === SPEECH + STOPN - 1 && s.live) {
    s.await = true
    s.tDec = performance.now()
  }
  s.sess.push(pos < SPEECH && s.live ? TONE : SIL)
}
for (const [b, g] of buckets) {
  let nxt = base + b
  const f = () => {
    if (stop) return
    if (measuring) PUSH.push(performance.now() - nxt)
    for (const s of g) tick(s)
    nxt += CH
    const d = nxt - performance.now()
    setTimeout(f, d > 0 ? d : 0)
  }
  setTimeout(f, nxt - performance.now())
}
await new Promise((r) => setTimeout(r, warm * 1e3))
const r0 = S.reduce((a, s) => a + s.replies, 0),
  m0 = S.reduce((a, s) => a + s.ms, 0)
measuring = true
const c0 = process.cpuUsage(),
  w0 = performance.now()
await new Promise((r) => setTimeout(r, meas * 1e3))
measuring = false
const c = process.cpuUsage(c0),
  wall = (performance.now() - w0) / 1e3,
  cpu = (c.user + c.system) / 1e6
stop = true
for (const a of [LAT, LATE, PUSH]) a.sort((x, y) => x - y)
const rss = process.memoryUsage.rss() / 1048576
let heap = null
if (global.gc) {
  gc()
  heap = +(process.memoryUsage().heapUsed / 1048576).toFixed(1)
}
console.log(
  JSON.stringify({
    workload: 'w3',
    peer: mod.name ?? ad,
    node: process.version,
    sessions: N,
    wall_s: +wall.toFixed(2),
    replies: S.reduce((a, s) => a + s.replies, 0) - r0,
    expected_replies: Math.round((N * wall) / 6),
    audio_s: +((S.reduce((a, s) => a + s.ms, 0) - m0) / 1e3).toFixed(1),
    expected_audio_s: +(((N * wall) / 6) * 3.2).toFixed(1),
    lat_ms: { p50: pct(LAT, 0.5), p95: pct(LAT, 0.95), p99: pct(LAT, 0.99) },
    late_ms: { p50: pct(LATE, 0.5), p95: pct(LATE, 0.95), p99: pct(LATE, 0.99) },
    feed_late_p95: pct(PUSH, 0.95),
    cpu_util: +(cpu / wall).toFixed(4),
    cpu_s_per_session_min: +(cpu / ((N * wall) / 60)).toFixed(4),
    rss0_mb: +rss0.toFixed(1),
    rss_ready_mb: +rssReady.toFixed(1),
    rss_mb: +rss.toFixed(1),
    rss_per_session_mb: +((rss - rss0) / N).toFixed(3),
    heap_after_gc_mb: heap,
    start_ms_per_session: +(startMs / N).toFixed(2),
    import_ms: +importMs.toFixed(0),
  }),
)
process.exit(0)
