import { expect, test } from 'vitest'
import { type FlowDrawing, type FlowLayout, type FlowWay, layoutFlow } from './flow-layout.ts'

function drawing(initial: string, ...ways: readonly string[]): FlowDrawing {
  const parsed = ways.map((way): FlowWay => {
    const [from = '', to = '', via = 'go', global] = way.split(' ')
    return { from, to, via, global: global === 'global' }
  })
  const ids = new Set([initial, ...parsed.flatMap(({ from, to }) => [from, to])])
  return { initial, ways: parsed, steps: [...ids].map((id) => ({ id, final: false, automatic: false })) }
}

const order = drawing(
  'start',
  'start pizza',
  'start sushi',
  'pizza pizza',
  'pizza confirm',
  'sushi confirm',
  'confirm start revise',
  'confirm end',
  'start end cancel',
)

const places = (layout: FlowLayout) => new Map(layout.steps.map((step) => [step.id, step]))

test('each step stands below those that lead to it, and ways back go up', () => {
  const layout = layoutFlow(order, 400)
  const at = places(layout)
  for (const { from, to, kind } of layout.ways) {
    const fall = (at.get(to)?.y ?? NaN) - (at.get(from)?.y ?? NaN)
    expect(Math.sign(fall), `${from} to ${to}`).toBe({ down: 1, up: -1, loop: 0 }[kind])
  }
  expect(layout.ways.filter(({ kind }) => kind === 'up').map(({ from, to }) => `${from} ${to}`)).toEqual([
    'confirm start',
  ])
})

test('a way begins at its step and ends at the other', () => {
  const layout = layoutFlow(order, 400)
  const at = places(layout)
  for (const { from, to, points, kind } of layout.ways) {
    for (const [point, id] of [
      [points[0], from],
      [points.at(-1), to],
    ] as const) {
      const step = at.get(id)
      const [dx, dy] = [Math.abs((point?.x ?? NaN) - (step?.x ?? NaN)), Math.abs((point?.y ?? NaN) - (step?.y ?? NaN))]
      expect(dx).toBeLessThanOrEqual(layout.stepWidth / 2)
      if (kind !== 'loop') expect(dy).toBe(layout.stepHeight / 2)
    }
  }
})

test.each([280, 358, 420, 900])('no two steps overlap, and all are within %i pixels', (width) => {
  const wide = drawing('hub', ...Array.from({ length: 9 }, (_, index) => [`hub a${index}`, `a${index} end`]).flat())
  for (const flow of [order, wide, drawing('only')]) {
    const layout = layoutFlow(flow, width)
    expect(layout.width).toBeLessThanOrEqual(width)
    for (const a of layout.steps) {
      expect(a.x - layout.stepWidth / 2).toBeGreaterThanOrEqual(0)
      expect(a.x + layout.stepWidth / 2).toBeLessThanOrEqual(width)
      expect(a.y + layout.stepHeight / 2).toBeLessThanOrEqual(layout.height)
      for (const b of layout.steps) {
        if (a.id >= b.id) continue
        const apart = Math.abs(a.x - b.x) >= layout.stepWidth || Math.abs(a.y - b.y) >= layout.stepHeight
        expect(apart, `${a.id} and ${b.id}`).toBe(true)
      }
    }
  }
})

test('a long way goes round the steps between', () => {
  const layout = layoutFlow(drawing('a', 'a b', 'b c', 'a c'), 400)
  const at = places(layout)
  const long = layout.ways.find(({ from, to }) => from === 'a' && to === 'c')
  const passage = long?.points[1]
  expect(passage?.y).toBe(at.get('b')?.y)
  expect(Math.abs((passage?.x ?? 0) - (at.get('b')?.x ?? 0))).toBeGreaterThan(layout.stepWidth / 2)
})

test('functions that lead the same way share a line, and a step that leads to itself has a loop', () => {
  const { ways } = layoutFlow(drawing('a', 'a b yes', 'a b no', 'a a again', 'a a more'), 400)
  expect(ways.map(({ vias, kind }) => ({ vias, kind }))).toEqual([
    { vias: ['yes', 'no'], kind: 'down' },
    { vias: ['again', 'more'], kind: 'loop' },
  ])
})

test('what may be called everywhere draws no line, but marks where it leads', () => {
  const { ways, steps } = layoutFlow(drawing('a', 'a b', 'a help help global', 'b help help global'), 400)
  expect(ways).toHaveLength(1)
  expect(steps.filter(({ fromAnywhere }) => fromAnywhere).map(({ id }) => id)).toEqual(['help'])
})

test('steps that nothing leads to, circles and ways to unknown steps are laid out too', () => {
  const circle = {
    ...drawing('a', 'b c', 'c b'),
    ways: [...drawing('a', 'b c', 'c b').ways, ...drawing('a', 'a zz').ways],
  }
  const layout = layoutFlow(circle, 300)
  expect(layout.steps.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
  expect(layout.ways.map(({ kind }) => kind)).toEqual(['down', 'up'])
  expect(layoutFlow({ initial: 'a', steps: [], ways: [] }, 300).steps).toEqual([])
})
