import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { lanAddresses, originPolicy } from './origins.ts'

function from(origin: string | undefined): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  if (origin !== undefined) request.headers.origin = origin
  return request
}

test.each([
  undefined,
  'http://localhost:7860',
  'https://localhost:5173',
  'http://127.0.0.1:1',
  'http://[::1]:7860',
  'http://voice.test:7860',
  ...lanAddresses().map((address) => `https://${address}:7860`),
])('a page of this machine may connect: %s', (origin) => {
  expect(originPolicy('voice.test', []).allows(from(origin))).toBe(true)
})

test.each(['https://evil.test', 'http://localhost.evil.test', 'null', '', 'file://', 'http://192.0.2.1'])(
  'a page from elsewhere may not: %j',
  (origin) => {
    expect(originPolicy('voice.test', ['https://good.test']).allows(from(origin))).toBe(false)
  },
)

test('origins that the application names may connect, all of them by a star', () => {
  expect(originPolicy('', ['https://good.test']).allows(from('https://good.test'))).toBe(true)
  expect(originPolicy('', ['https://good.test']).allows(from('http://good.test'))).toBe(false)
  expect(originPolicy('', ['*']).allows(from('https://any.test'))).toBe(true)
})
