/** One triangle over the bins of a spectrum: `weights[i]` belongs to bin `firstBin + i`. */
export interface MelFilter {
  readonly firstBin: number
  readonly weights: Float64Array
}

const LINEAR_MEL_HZ = 200 / 3
const LOG_FROM_HZ = 1000
const LOG_FROM_MEL = LOG_FROM_HZ / LINEAR_MEL_HZ
const LOG_STEP = Math.log(6.4) / 27

/**
 * Triangular filters, evenly spaced on Slaney's mel scale (linear to 1 kHz, logarithmic above) and of equal area, as
 * Whisper uses them: Malcolm Slaney, "Auditory Toolbox", Interval Research technical report 1998-010.
 *
 * @param bins - of the spectrum, from 0 Hz to `topHz`
 */
export function melFilters(count: number, bins: number, topHz: number): MelFilter[] {
  const topMel = melOfHz(topHz)
  const edges = Array.from({ length: count + 2 }, (_, i) => hzOfMel((topMel * i) / (count + 1)))
  return Array.from({ length: count }, (_, i) => {
    const [left, peak, right] = edges.slice(i, i + 3) as [number, number, number]
    const weightOf = (bin: number): number => {
      const hz = (topHz * bin) / (bins - 1)
      return (Math.max(0, Math.min((hz - left) / (peak - left), (right - hz) / (right - peak))) * 2) / (right - left)
    }
    const all = Array.from({ length: bins }, (_, bin) => weightOf(bin))
    const firstBin = Math.max(
      0,
      all.findIndex((weight) => weight > 0),
    )
    const end = all.findLastIndex((weight) => weight > 0) + 1
    return { firstBin, weights: Float64Array.from(all.slice(firstBin, Math.max(firstBin, end))) }
  })
}

function melOfHz(hz: number): number {
  return hz < LOG_FROM_HZ ? hz / LINEAR_MEL_HZ : LOG_FROM_MEL + Math.log(hz / LOG_FROM_HZ) / LOG_STEP
}

function hzOfMel(mel: number): number {
  return mel < LOG_FROM_MEL ? mel * LINEAR_MEL_HZ : LOG_FROM_HZ * Math.exp((mel - LOG_FROM_MEL) * LOG_STEP)
}
