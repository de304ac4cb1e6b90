// usage: node w1.mjs <w1|w1single> <adapter:export> [frames] [batch]
const [what, spec, nArg, bArg] = process.argv.slice(2)
const N = +(nArg || 200000),
  BATCH = +(bArg || 500),
  P = 10
const [file, ex] = spec.split(':')
const mod = await import(new URL(`../adapters/${file}.mjs`, import.meta.url))
let count = 0,
  target = 0,
  wake = null
const pl = await mod[ex || 'w1'](P, () => {
  if (++count >= target && wake) {
    const w = wake
    wake = null
    w()
  }
})
const out = { workload: what, peer: spec, node: process.version, processors: P }
async function burst(n) {
  for (let done = 0; done < n;) {
    const b = Math.min(BATCH, n - done)
    target = count + b
    const p = new Promise((r) => {
      wake = r
    })
    for (let i = 0; i < b; i++) pl.push(i)
    await p
    done += b
  }
}
if (what === 'w1') {
  await burst(Math.min(20000, N))
  const c0 = process.cpuUsage(),
    t0 = performance.now()
  await burst(N)
  const wall = (performance.now() - t0) / 1e3,
    c = process.cpuUsage(c0),
    cpu = (c.user + c.system) / 1e6
  Object.assign(out, {
    frames: N,
    wall_s: +wall.toFixed(4),
    cpu_s: +cpu.toFixed(4),
    fps_cpu: Math.round(N / cpu),
    ns_per_hop_cpu: +((cpu / N / P) * 1e9).toFixed(1),
    ns_per_hop_wall: +((wall / N / P) * 1e9).toFixed(1),
  })
} else {
  const lat = []
  for (let i = 0; i < N + 200; i++) {
    target = count + 1
    const p = new Promise((r) => {
      wake = r
    })
    const t0 = performance.now()
    pl.push(i)
    await p
    if (i >= 200) lat.push((performance.now() - t0) * 1e3)
  }
  lat.sort((a, b) => a - b)
  Object.assign(out, {
    frames: N,
    p50_us: +lat[lat.length >> 1].toFixed(2),
    p95_us: +lat[Math.floor(lat.length * 0.95)].toFixed(2),
    p99_us: +lat[Math.floor(lat.length * 0.99)].toFixed(2),
  })
}
out.rss_mb = +(process.memoryUsage().rss / 1048576).toFixed(1)
console.log(JSON.stringify(out))
process.exit(0)
