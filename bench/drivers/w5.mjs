// usage: node w5.mjs <adapter|none> <import|ready>
const t0 = performance.now()
const [ad, what] = process.argv.slice(2)
const rss = () => +(process.memoryUsage.rss() / 1048576).toFixed(1)
const out = { workload: 'w5', peer: ad, node: process.version, rss_bare_mb: rss() }
if (ad !== 'none') {
  const mod = await import(new URL(`../adapters/${ad}.mjs`, import.meta.url))
  out.import_ms = +(performance.now() - t0).toFixed(1)
  out.rss_import_mb = rss()
  if (what === 'ready') {
    const { Sink } = await import('./scenario.mjs')
    const t = performance.now()
    await mod.session(new Sink(() => {}), 0)
    out.ready_ms = +(performance.now() - t).toFixed(1)
    out.rss_ready_mb = rss()
    out.since_process_start_ms = +performance.now().toFixed(1)
  }
}
console.log(JSON.stringify(out))
process.exit(0)
