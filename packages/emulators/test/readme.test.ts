import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

it('shows in the README the test that is run here', () => {
  expect(read('../README.md')).toContain('```typescript\n' + read('./example.test.ts') + '```\n')
})
