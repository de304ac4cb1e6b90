import { EXPONENT_LIMIT } from '../../src/forward-pass.ts'
import { add, call, constant, define, divide, get, integer, max, min, multiply, set, subtract } from './wat.ts'

/**
 * e^x to about 1e-7: x = n ln 2 + r with a whole n, a polynomial in r, and 2^n put together from its exponent bits.
 * ln 2 in two parts and the coefficients are those of `expf` in the Cephes library.
 */
export function exponential(): string {
  const coefficients = [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 0.5]
  const x = get('x')
  const r = get('r')
  const polynomial = coefficients.map(constant).reduce((sum, coefficient) => add(multiply(sum, r), coefficient))
  return define('exponential', { parameters: { x: 'v128' }, result: 'v128', vectors: ['n', 'r'] }, [
    set('x', min(max(x, constant(-EXPONENT_LIMIT)), constant(EXPONENT_LIMIT))),
    set('n', `(f32x4.nearest ${multiply(x, constant(Math.LOG2E))})`),
    set('r', subtract(x, multiply(get('n'), constant(0.693359375)))),
    set('r', subtract(r, multiply(get('n'), constant(-2.1219444e-4)))),
    multiply(
      add(add(multiply(multiply(polynomial, r), r), r), constant(1)),
      `(i32x4.shl (i32x4.add (i32x4.trunc_sat_f32x4_s ${get('n')}) (i32x4.splat ${integer(127)})) ${integer(23)})`,
    ),
  ])
}

/** 1 / (1 + e^-x) */
export function sigmoid(): string {
  const grown = call('exponential', `(f32x4.neg ${get('x')})`)
  return define('sigmoid', { parameters: { x: 'v128' }, result: 'v128' }, [
    divide(constant(1), add(constant(1), grown)),
  ])
}

/** tanh(x) = 2 sigmoid(2x) - 1 */
export function hyperbolicTangent(): string {
  const doubled = add(get('x'), get('x'))
  return define('tanh', { parameters: { x: 'v128' }, result: 'v128' }, [
    subtract(multiply(constant(2), call('sigmoid', doubled)), constant(1)),
  ])
}
