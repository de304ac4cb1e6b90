import { expect, test } from 'vitest'
import { SpokenText } from './spoken-text.ts'

const own = (text: string): [string, boolean] => [text, true]
const bare = (text: string): [string, boolean] => [text, false]

test.each([
  [[own('Hel'), own('lo'), own(' you')], 'Hello you'],
  [[bare('Hello'), bare('you')], 'Hello you'],
  [[bare('Hello '), bare('you')], 'Hello you'],
  [[own('Hello'), bare('you')], 'Hello you'],
  [[own('Hello '), bare('you')], 'Hello you'],
  [[bare('Hello'), own(' you')], 'Hello you'],
  [[bare('Hello'), own('you'), own('!')], 'Hello you!'],
  [[own('  Hello'), own(''), bare(''), own('\n')], 'Hello'],
  [[], ''],
])('%j becomes %j', (pieces, text) => {
  const spoken = new SpokenText()
  for (const [piece, ownSpaces] of pieces) spoken.append(piece, ownSpaces)
  expect(spoken.text).toBe(text)
})
