import OpenAI from 'openai'
import { afterAll, afterEach, expect, test } from 'vitest'
import { startEmulators } from '@pc/emulators'

const emulators = await startEmulators({ speed: Infinity })
afterEach(() => emulators.reset())
afterAll(() => emulators.close())

test('the assistant greets', async () => {
  emulators.openai.chat.reply('Hello there.')
  const client = new OpenAI({ apiKey: 'any', baseURL: emulators.openai.baseUrl })
  const messages = [{ role: 'user' as const, content: 'Hi' }]
  const { choices } = await client.chat.completions.create({ model: 'gpt-5.4', messages })
  expect(choices[0]?.message.content).toBe('Hello there.')
})
