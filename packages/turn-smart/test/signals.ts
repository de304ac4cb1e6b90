/** Names of {@link testSignal}. */
export type TestSignal = 'voice' | 'noise' | 'offset' | 'faint'

/** 16-bit audio by whole-number arithmetic only, the same as that of `fixtures/make_log_mel_reference.py`. */
export function testSignal(name: TestSignal, samples: number): Int16Array {
  let state = 1
  return Int16Array.from({ length: samples }, (_, n) => {
    state = (state * 48_271) % 2_147_483_647
    const noise = (state % 4001) - 2000
    const period = 60 + (Math.floor(n / 4000) % 7) * 23
    const triangle = Math.floor((Math.abs((n % period) * 2 - period) * 16_000) / period) - 8000
    switch (name) {
      case 'voice':
        return Math.floor(n / 3200) % 3 === 2 ? Math.floor(noise / 64) : triangle + Math.floor(noise / 4)
      case 'noise':
        return noise * 16
      case 'offset':
        return 3000 + Math.floor(noise / 1000)
      case 'faint':
        return n % 2
    }
  })
}
