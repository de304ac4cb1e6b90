import { VECTOR_BYTES } from '../../src/memory-layout.ts'
import type { MemoryLayout } from '../../src/memory-layout.ts'
import { SPECTRUM_FRAMES } from '../../src/network-shape.ts'
import type { NetworkShape } from '../../src/network-shape.ts'
import {
  add,
  constant,
  copy,
  define,
  FLOAT_BYTES,
  get,
  integer,
  LANES,
  load,
  loop,
  multiply,
  offset,
  set,
  splat,
  store,
  subtract,
  times,
} from './wat.ts'

/**
 * Puts the context before the window and the mirrored end behind it, and keeps the end of the window as the next
 * context.
 */
export function frameInput({ windowSamples, contextSamples }: NetworkShape, { samples }: MemoryLayout): string {
  const contextBytes = contextSamples * FLOAT_BYTES
  const end = samples + (contextSamples + windowSamples) * FLOAT_BYTES
  return define('frame_input', { parameters: { slot: 'i32' }, pointers: ['at'] }, [
    copy(integer(samples), get('slot'), contextBytes),
    copy(get('slot'), integer(end - contextBytes), contextBytes),
    loop('at', { to: integer(contextBytes), step: FLOAT_BYTES }, [
      `(f32.store offset=${end} ${get('at')} (f32.load (i32.sub ${integer(end - 2 * FLOAT_BYTES)} ${get('at')})))`,
    ]),
  ])
}

/** Real Fourier transform of the four frames at once, one frame per lane, by a complex one of half the size. */
export function magnitudes({ fftSamples, hopSamples }: NetworkShape, layout: MemoryLayout): string {
  const { samples, real, imaginary, spectrum, hann, cosine, negativeSine, reversed } = layout
  const points = fftSamples / 2
  const end = points * VECTOR_BYTES

  const samplesOfFrames = (pointer: string, index: number): string =>
    times(SPECTRUM_FRAMES, (frame) => samples + (frame * hopSamples + index) * FLOAT_BYTES).reduce(
      (vector, address, lane) =>
        lane === 0
          ? `(v128.load32_zero offset=${address} ${pointer})`
          : `(v128.load32_lane offset=${address} ${lane} ${pointer} ${vector})`,
      '',
    )
  const windowed = (index: number): string =>
    multiply(samplesOfFrames(get('pair'), index), splat(get('pair'), hann + index * FLOAT_BYTES))

  // Even samples become real and odd samples imaginary parts, in bit-reversed order.
  const fill = loop('pair', { to: integer(fftSamples * FLOAT_BYTES), step: 2 * FLOAT_BYTES }, [
    set('point', `(i32.load offset=${reversed} (i32.shr_u ${get('pair')} ${integer(1)}))`),
    store(get('point'), real, windowed(0)),
    store(get('point'), imaginary, windowed(1)),
  ])

  const turn = (x: string, y: string): string[] => [
    set('turned_x', subtract(multiply(x, get('cos')), multiply(y, get('sin')))),
    set('turned_y', add(multiply(x, get('sin')), multiply(y, get('cos')))),
  ]

  // Stage by stage, butterflies of two points that are half a span apart.
  const stages = times(Math.log2(points), (stage) => {
    const half = 2 ** stage * VECTOR_BYTES
    const butterfly = [
      ...turn(load(get('low'), real + half), load(get('low'), imaginary + half)),
      set('x', load(get('low'), real)),
      set('y', load(get('low'), imaginary)),
      store(get('low'), real + half, subtract(get('x'), get('turned_x'))),
      store(get('low'), imaginary + half, subtract(get('y'), get('turned_y'))),
      store(get('low'), real, add(get('x'), get('turned_x'))),
      store(get('low'), imaginary, add(get('y'), get('turned_y'))),
    ]
    const angleStep = (points / 2 ** stage) * FLOAT_BYTES
    return [
      set('angle', integer(0)),
      loop(`k${stage}`, { to: integer(half), step: VECTOR_BYTES }, [
        set('cos', splat(get('angle'), cosine)),
        set('sin', splat(get('angle'), negativeSine)),
        loop('low', { from: get(`k${stage}`), to: integer(end), step: 2 * half }, butterfly),
        set('angle', offset(get('angle'), integer(angleStep))),
      ]),
    ].join('\n')
  })

  // Takes the transforms of the even and the odd samples apart and joins them to bins k and points - k.
  const length = (x: string, y: string): string =>
    multiply(constant(0.5), `(f32x4.sqrt ${add(multiply(x, x), multiply(y, y))})`)
  const split = [
    store(integer(0), spectrum, `(f32x4.abs ${add(load(integer(0), real), load(integer(0), imaginary))})`),
    store(integer(end), spectrum, `(f32x4.abs ${subtract(load(integer(0), real), load(integer(0), imaginary))})`),
    set('mirror', integer(end - VECTOR_BYTES)),
    loop('bin', { from: integer(VECTOR_BYTES), to: integer(end / 2 + VECTOR_BYTES), step: VECTOR_BYTES }, [
      set('angle', `(i32.shr_u ${get('bin')} ${integer(Math.log2(LANES))})`),
      set('cos', splat(get('angle'), cosine)),
      set('sin', splat(get('angle'), negativeSine)),
      ...turn(
        add(load(get('bin'), imaginary), load(get('mirror'), imaginary)),
        subtract(load(get('mirror'), real), load(get('bin'), real)),
      ),
      set('even_x', add(load(get('bin'), real), load(get('mirror'), real))),
      set('even_y', subtract(load(get('bin'), imaginary), load(get('mirror'), imaginary))),
      set('x', add(get('even_x'), get('turned_x'))),
      set('y', add(get('even_y'), get('turned_y'))),
      store(get('bin'), spectrum, length(get('x'), get('y'))),
      set('x', subtract(get('even_x'), get('turned_x'))),
      set('y', subtract(get('even_y'), get('turned_y'))),
      store(get('mirror'), spectrum, length(get('x'), get('y'))),
      set('mirror', offset(get('mirror'), integer(-VECTOR_BYTES))),
    ]),
  ]

  const head = {
    pointers: ['pair', 'point', 'low', 'angle', 'bin', 'mirror', ...stages.map((_, stage) => `k${stage}`)],
    vectors: ['x', 'y', 'cos', 'sin', 'turned_x', 'turned_y', 'even_x', 'even_y'],
  }
  return define('magnitudes', head, [fill, ...stages, ...split])
}
