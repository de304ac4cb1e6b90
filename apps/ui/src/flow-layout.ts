/** A step of a flow, as it is drawn. */
export interface FlowStep {
  readonly id: string
  /** The conversation ends in it. */
  readonly final: boolean
  /** It moves on by itself. */
  readonly automatic: boolean
}

/** A way from one step to another, or back to the same. */
export interface FlowWay {
  readonly from: string
  readonly to: string
  /** The function that leads along it, or what else does. */
  readonly via: string
  /** It may be gone from every step. */
  readonly global: boolean
}

/** A flow to be drawn. */
export interface FlowDrawing {
  readonly initial: string
  readonly steps: readonly FlowStep[]
  readonly ways: readonly FlowWay[]
}

/** A point, in pixels. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** A step with its place; `x` and `y` are of its middle. */
export interface PlacedStep extends FlowStep, Point {
  /** Some way leads here from everywhere. */
  readonly fromAnywhere: boolean
}

/** All ways from one step to another as one line; the points lead from the one to the other. */
export interface PlacedWay {
  readonly from: string
  readonly to: string
  readonly vias: readonly string[]
  readonly kind: 'down' | 'up' | 'loop'
  readonly points: readonly Point[]
}

/** A drawing of a flow, from top to bottom. */
export interface FlowLayout {
  readonly width: number
  readonly height: number
  readonly stepWidth: number
  readonly stepHeight: number
  readonly steps: readonly PlacedStep[]
  readonly ways: readonly PlacedWay[]
}

const stepHeight = 34
const widest = 168
const narrowest = 84
const gap = 20
const laneWidth = 14
/** Room for the loops at the right, and for lines at the left. */
const margin = 26
const rowPitch = 74
const top = 26

/** What stands in a row: a step, or the passage of a long way. */
interface Place {
  readonly id: string
  readonly step: boolean
  readonly above: Place[]
  readonly below: Place[]
  x: number
}

interface Line {
  readonly upper: string
  readonly lower: string
  readonly reversed: boolean
  readonly vias: string[]
}

/**
 * Lays a flow out in rows, each step below those that lead to it. Ways back are drawn upwards beside the others, and
 * what may happen everywhere is a mark at the step where it leads. A row that does not fit `width` becomes two.
 */
export function layoutFlow(flow: FlowDrawing, width: number): FlowLayout {
  const known = new Set(flow.steps.map(({ id }) => id))
  const ways = flow.ways.filter(({ from, to }) => known.has(from) && known.has(to))
  const own = ways.filter(({ global }) => !global)
  const lines = linesOf(flow, own)
  const room = Math.max(width - 2 * margin, narrowest)
  const perRow = Math.max(1, Math.floor((room + gap) / (narrowest + 24 + gap)))
  const ranks = splitRows(flow, rankSteps(flow, lines), perRow)
  const { rows, chains } = placesOf(flow, lines, ranks)
  orderRows(rows)
  const stepWidth = fittingWidth(rows, room)
  setColumns(rows, stepWidth, room)

  const xOf = (place: Place): number => place.x + margin
  const yOf = (row: number): number => top + row * rowPitch + stepHeight / 2
  const placeOf = new Map(rows.flat().map((place) => [place.id, place]))
  const half = stepHeight / 2
  const everywhere = new Set(ways.filter(({ global }) => global).map(({ to }) => to))
  const steps = flow.steps.map((step): PlacedStep => {
    const place = placeOf.get(step.id)
    const x = place === undefined ? 0 : xOf(place)
    return { ...step, x, y: yOf(ranks.get(step.id) ?? 0), fromAnywhere: everywhere.has(step.id) }
  })
  const placed = new Map(steps.map((step) => [step.id, step]))

  const drawn = lines.map((line, index): PlacedWay => {
    const chain = chains[index] ?? []
    const [upper, lower] = [placed.get(line.upper), placed.get(line.lower)]
    if (upper === undefined || lower === undefined) throw new RangeError('A way without its steps was laid out.')
    // Ways back leave room for those down between the same steps.
    const aside = line.reversed ? Math.min(stepWidth / 4, 24) : 0
    const passages = chain.map((place) => ({ x: xOf(place), y: yOf(Number(place.id.split(' ')[1])) }))
    const points = [{ x: upper.x + aside, y: upper.y + half }, ...passages, { x: lower.x + aside, y: lower.y - half }]
    return line.reversed
      ? { from: line.lower, to: line.upper, vias: line.vias, kind: 'up', points: points.toReversed() }
      : { from: line.upper, to: line.lower, vias: line.vias, kind: 'down', points }
  })
  const loops = merged(own.filter(({ from, to }) => from === to)).map(({ from, vias }): PlacedWay => {
    const { x, y } = placed.get(from) ?? { x: 0, y: 0 }
    const right = x + stepWidth / 2
    const points = [
      { x: right, y: y - 8 },
      { x: right + 18, y },
      { x: right, y: y + 8 },
    ]
    return { from, to: from, vias, kind: 'loop', points }
  })
  const height = top + Math.max(0, rows.length - 1) * rowPitch + stepHeight + 10
  return { width: room + 2 * margin, height, stepWidth, stepHeight, steps, ways: [...drawn, ...loops] }
}

function merged(ways: readonly FlowWay[]): { from: string; to: string; vias: string[] }[] {
  const found = new Map<string, { from: string; to: string; vias: string[] }>()
  for (const { from, to, via } of ways) {
    const key = JSON.stringify([from, to])
    const line = found.get(key)
    if (line === undefined) found.set(key, { from, to, vias: [via] })
    else if (!line.vias.includes(via)) line.vias.push(via)
  }
  return [...found.values()]
}

/** The lines between different steps; those that would close a circle are turned round. */
function linesOf(flow: FlowDrawing, ways: readonly FlowWay[]): Line[] {
  const pairs = merged(ways.filter(({ from, to }) => from !== to))
  const next = Map.groupBy(pairs, ({ from }) => from)
  const state = new Map<string, 'open' | 'done'>()
  const back = new Set<object>()
  const visit = (id: string): void => {
    state.set(id, 'open')
    for (const pair of next.get(id) ?? []) {
      const seen = state.get(pair.to)
      if (seen === 'open') back.add(pair)
      else if (seen === undefined) visit(pair.to)
    }
    state.set(id, 'done')
  }
  for (const id of [flow.initial, ...flow.steps.map((step) => step.id)]) {
    if (!state.has(id)) visit(id)
  }
  return pairs.map((pair) =>
    back.has(pair)
      ? { upper: pair.to, lower: pair.from, reversed: true, vias: pair.vias }
      : { upper: pair.from, lower: pair.to, reversed: false, vias: pair.vias },
  )
}

/** The row of each step: below all that lead to it. */
function rankSteps(flow: FlowDrawing, lines: readonly Line[]): Map<string, number> {
  const into = Map.groupBy(lines, ({ lower }) => lower)
  const ranks = new Map<string, number>()
  const rankOf = (id: string): number => {
    const known = ranks.get(id)
    if (known !== undefined) return known
    const above = (into.get(id) ?? []).map(({ upper }) => rankOf(upper) + 1)
    const rank = Math.max(0, ...above)
    ranks.set(id, rank)
    return rank
  }
  for (const { id } of flow.steps) rankOf(id)
  return ranks
}

function splitRows(flow: FlowDrawing, ranks: Map<string, number>, perRow: number): Map<string, number> {
  const result = new Map<string, number>()
  const rows = Map.groupBy(flow.steps, ({ id }) => ranks.get(id) ?? 0)
  let row = 0
  for (const rank of [...rows.keys()].toSorted((a, b) => a - b)) {
    const steps = rows.get(rank) ?? []
    const parts = Math.ceil(steps.length / perRow)
    const size = Math.ceil(steps.length / parts)
    steps.forEach(({ id }, index) => result.set(id, row + Math.floor(index / size)))
    row += parts
  }
  return result
}

function placesOf(
  flow: FlowDrawing,
  lines: readonly Line[],
  ranks: ReadonlyMap<string, number>,
): { rows: Place[][]; chains: Place[][] } {
  const rows: Place[][] = []
  const add = (id: string, row: number, step: boolean): Place => {
    const place: Place = { id, step, above: [], below: [], x: 0 }
    ;(rows[row] ??= []).push(place)
    return place
  }
  const places = new Map(flow.steps.map(({ id }) => [id, add(id, ranks.get(id) ?? 0, true)]))
  const chains = lines.map((line, index) => {
    const chain: Place[] = []
    const [from = 0, to = 0] = [ranks.get(line.upper), ranks.get(line.lower)]
    for (let row = from + 1; row < to; row++) chain.push(add(`${index} ${row}`, row, false))
    const stops = [places.get(line.upper), ...chain, places.get(line.lower)]
    stops.forEach((stop, at) => {
      const after = stops[at + 1]
      if (stop === undefined || after === undefined) return
      stop.below.push(after)
      after.above.push(stop)
    })
    return chain
  })
  return { rows, chains }
}

/** Sorts each row by the middle of what it is connected to, down and up some times: fewer lines cross. */
function orderRows(rows: Place[][]): void {
  const number = (row: Place[]): void => row.forEach((place, index) => (place.x = index))
  rows.forEach(number)
  const sort = (row: Place[], side: 'above' | 'below'): void => {
    const keys = new Map(row.map((place) => [place, mean(place[side].map(({ x }) => x)) ?? place.x]))
    row.sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0))
    number(row)
  }
  for (let pass = 0; pass < 4; pass++) {
    for (const row of rows) sort(row, 'above')
    for (const row of rows.toReversed()) sort(row, 'below')
  }
}

function fittingWidth(rows: readonly Place[][], room: number): number {
  const widths = rows.map((row) => {
    const steps = row.filter(({ step }) => step).length
    const rest = (row.length - steps) * laneWidth + (row.length - 1) * gap
    return steps === 0 ? widest : (room - rest) / steps
  })
  return Math.max(narrowest, Math.min(widest, Math.floor(Math.min(...widths, room))))
}

/** Moves what is connected below each other, as far as the order of the rows and the room allow. */
function setColumns(rows: readonly Place[][], stepWidth: number, room: number): void {
  const sizeOf = ({ step }: Place): number => (step ? stepWidth : laneWidth)
  const spread = (row: Place[], wanted: (place: Place) => number): void => {
    const total = row.reduce((sum, place) => sum + sizeOf(place), 0)
    const space = row.length < 2 ? gap : Math.min(gap, (room - total) / (row.length - 1))
    const offsets: number[] = []
    let at = 0
    for (const place of row) {
      offsets.push(at + sizeOf(place) / 2)
      at += sizeOf(place) + space
    }
    const free = Math.max(0, room - (at - space))
    const columns = inOrder(row.map((place, index) => wanted(place) - (offsets[index] ?? 0)))
    row.forEach((place, index) => {
      place.x = Math.min(free, Math.max(0, columns[index] ?? 0)) + (offsets[index] ?? 0)
    })
  }
  const middle = room / 2
  for (const row of rows) spread(row, () => middle)
  for (let pass = 0; pass < 6; pass++) {
    for (const row of rows.slice(1)) spread(row, (place) => mean(place.above.map(({ x }) => x)) ?? place.x)
    for (const row of rows.toReversed()) {
      spread(row, (place) => mean([...place.above, ...place.below].map(({ x }) => x)) ?? place.x)
    }
  }
}

/** The closest numbers that do not fall from left to right: neighbours in the wrong order get their mean. */
function inOrder(values: readonly number[]): number[] {
  const pools: { sum: number; count: number }[] = []
  for (const value of values) {
    pools.push({ sum: value, count: 1 })
    for (let last = pools.at(-1), before = pools.at(-2); last !== undefined && before !== undefined;) {
      if (before.sum / before.count <= last.sum / last.count) break
      before.sum += last.sum
      before.count += last.count
      pools.pop()
      last = before
      before = pools.at(-2)
    }
  }
  return pools.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count))
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}
