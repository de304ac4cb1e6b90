import { readFileSync } from 'node:fs'

/** Prints "passed failed" of a vitest report. A test that was skipped counts as failed: whatever is missing can be installed. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

const report = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Report
const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults)
const skipped = tests.filter(({ status }) => status === 'skipped' || status === 'pending')
for (const { fullName } of skipped) console.error(`skipped: ${fullName}`)
const todo = tests.filter(({ status }) => status === 'todo').length
console.error(`${todo} lines of the seed checklist are still to do`)
const brokenFiles = report.testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
)
for (const { name } of brokenFiles) console.error(`did not load: ${name}`)
console.log(`${report.numPassedTests} ${report.numFailedTests + skipped.length + brokenFiles.length}`)
