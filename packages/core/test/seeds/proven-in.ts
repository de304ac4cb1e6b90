import { readFileSync } from 'node:fs'
import { type ESTree, parseSync } from 'vite'
import { expect, it } from 'vitest'

const packages = new URL('../../../', import.meta.url)

/**
 * Stands for a line that a package above this one fulfils. Registers a test of that title, which fails unless the file
 * holds the test itself under the very same title, once, and vitest runs it there: no todo, not skipped, not behind a
 * condition.
 *
 * @param file - from the folder of the packages on: `flows/test/seeds-checklist.test.ts`.
 */
export function provenIn(title: string, file: string): void {
  it(title, () => {
    expect(file, 'vitest runs no such file').toMatch(/^[a-z-]+\/(src|test)\/(.+\/)?[\w-]+\.test\.ts$/)
    const proofs = testsThatRun(readFileSync(new URL(file, packages), 'utf8')).filter((each) => each === title)
    expect(proofs, `the tests of this title that run in packages/${file}`).toEqual([title])
  })
}

/**
 * The titles of the tests in a file that run whatever happens: plain calls of vitest's `it` or `test`, at the top or in
 * plain calls of `describe`, with a function that cannot skip itself and expects something.
 */
export function testsThatRun(source: string): readonly string[] {
  const { program, errors } = parseSync('proof.test.ts', source)
  if (errors.length > 0) throw new Error(`The file cannot be read: ${errors[0]?.message}`)
  return titlesIn(program.body, namesFromVitest(program.body), source)
}

type Statements = ESTree.Program['body']

function namesFromVitest(body: Statements): ReadonlySet<string> {
  const specifiers = body.flatMap((statement) =>
    statement.type === 'ImportDeclaration' && statement.source.value === 'vitest' ? statement.specifiers : [],
  )
  return new Set(
    specifiers.flatMap((specifier) => {
      if (specifier.type !== 'ImportSpecifier' || specifier.imported.type !== 'Identifier') return []
      return specifier.imported.name === specifier.local.name ? [specifier.local.name] : []
    }),
  )
}

function titlesIn(body: Statements, known: ReadonlySet<string>, source: string): readonly string[] {
  return body.flatMap((statement) => {
    if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'CallExpression') return []
    const { callee, arguments: given } = statement.expression
    if (callee.type !== 'Identifier' || !known.has(callee.name)) return []
    const [title, run] = given
    if (run?.type !== 'ArrowFunctionExpression' && run?.type !== 'FunctionExpression') return []
    if (run.params.length > 0 || run.body?.type !== 'BlockStatement') return []
    if (callee.name === 'describe') return titlesIn(run.body.body, known, source)
    const tests = callee.name === 'it' || callee.name === 'test'
    if (!tests || title?.type !== 'Literal' || typeof title.value !== 'string') return []
    return source.slice(run.start, run.end).includes('expect(') ? [title.value] : []
  })
}
