import type { PlacedWay, Point } from './flow-layout.ts'

/** A way as the data of an SVG path: smooth from row to row, through the passages between steps. */
export function pathOf({ points, kind }: Pick<PlacedWay, 'points' | 'kind'>): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  if (kind === 'loop') return loopPath(points)
  let path = `M${at(first)}`
  let from = first
  for (const point of rest) {
    const half = (point.y - from.y) / 2
    path += ` C${at({ x: from.x, y: from.y + half })} ${at({ x: point.x, y: point.y - half })} ${at(point)}`
    from = point
  }
  return path
}

function loopPath([out, far, back]: readonly Point[]): string {
  if (out === undefined || far === undefined || back === undefined) return ''
  return `M${at(out)} C${at({ x: far.x, y: out.y - 6 })} ${at({ x: far.x, y: back.y + 6 })} ${at(back)}`
}

const at = ({ x, y }: Point): string => `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`
