import { expect, test } from 'vitest'
import { createFourierTransform } from './fourier.ts'

test.each([[[4, 4]], [[5, 5]], [[4, 5]], [[5, 4]], [[4, 4, 5, 5]], [[5, 4, 4, 5]]])(
  'a transform by the radices %j is the sum that defines it',
  (radices) => {
    const length = radices.reduce((product, radix) => product * radix, 1)
    const re = Float64Array.from({ length }, (_, i) => Math.sin(i * i))
    const im = Float64Array.from({ length }, (_, i) => Math.cos(3 * i * i + 1))
    const expected = Array.from({ length }, (_, k) => {
      let sumR = 0
      let sumI = 0
      for (let n = 0; n < length; n++) {
        const angle = (-2 * Math.PI * ((n * k) % length)) / length
        sumR += re[n]! * Math.cos(angle) - im[n]! * Math.sin(angle)
        sumI += re[n]! * Math.sin(angle) + im[n]! * Math.cos(angle)
      }
      return [sumR, sumI] as const
    })
    createFourierTransform(radices)(re, im)
    for (const [k, [sumR, sumI]] of expected.entries()) {
      expect(re[k]).toBeCloseTo(sumR, 9)
      expect(im[k]).toBeCloseTo(sumI, 9)
    }
  },
)

test('a radix that has no butterfly, and a number of passes that ends in the work space, are refused', () => {
  expect(() => createFourierTransform([4, 3])).toThrow(RangeError)
  expect(() => createFourierTransform([4, 4, 5])).toThrow(RangeError)
})
