// usage: node w2.mjs <adapter> [pending=10000] [spread|one] [rounds=205]
const [ad, pArg, shape = 'spread', rArg] = process.argv.slice(2)
const PEND = +(pArg || 10000),
  ROUNDS = +(rArg || 205),
  P = 10
const mod = await import(new URL(`../adapters/${ad}.mjs`, import.meta.url))
let ack = null
const h = await mod.w2(P, () => ack?.())
const lat = [],
  out = { workload: 'w2', peer: mod.name ?? ad, shape, node: process.version, processors: P, pending: PEND }
const sleep = (ms) => new Promise((r) => setTimeout(r, ms))
for (let r = 0; r < ROUNDS; r++) {
  if (shape === 'one') h.fill(0, PEND)
  else for (let k = 0; k < P - 1; k++) h.fill(k, Math.floor(PEND / (P - 1)))
  await sleep(10)
  const seen0 = h.seen(),
    pend0 = h.pending()
  if (pend0 < PEND * 0.9) throw new Error('queue not pending ' + pend0)
  const done = new Promise((res) => {
    ack = res
  })
  const t0 = performance.now()
  h.interrupt()
  const ok = await Promise.race([done.then(() => true), sleep(5000).then(() => false)])
  const dt = performance.now() - t0
  if (!ok) {
    out.error = 'no acknowledgement within 5 s'
    break
  }
  await sleep(5)
  if (h.pending() !== 0) {
    out.error = 'queues not dropped: ' + h.pending()
    break
  }
  if (h.seen() !== seen0) {
    out.error = 'frames leaked'
    break
  }
  if (r >= 5) lat.push(dt)
}
lat.sort((a, b) => a - b)
if (lat.length)
  Object.assign(out, {
    rounds: lat.length,
    p50_ms: +lat[lat.length >> 1].toFixed(4),
    p95_ms: +lat[Math.floor(lat.length * 0.95)].toFixed(4),
    max_ms: +lat.at(-1).toFixed(4),
  })
console.log(JSON.stringify(out))
process.exit(0)
