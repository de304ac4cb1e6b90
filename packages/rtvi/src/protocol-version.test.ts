import { expect, test } from 'vitest'
import { RTVI_VERSION as OFFICIAL } from './messages.ts'
import { agreeOnVersion } from './protocol-version.ts'

test.each(['2.0.0', '2.1.0', '2.99.7'])('a client of %s gets the version of this server', (version) => {
  expect(agreeOnVersion(version)).toEqual({ major: 2, version: OFFICIAL, complaint: undefined })
})

test.each(['1.0.0', '1.4.12'])('a client of %s gets its own version back', (version) => {
  expect(agreeOnVersion(version)).toEqual({ major: 1, version, complaint: undefined })
})

test.each([
  ['3.0.0', 'RTVI 3.x'],
  ['0.3.5', 'RTVI 0.x'],
  ['2.1', 'three numbers'],
  ['2.1.0-beta', 'three numbers'],
  ['', 'three numbers'],
  [2, 'three numbers'],
  [undefined, 'no RTVI version'],
  [null, 'no RTVI version'],
])('version %s is complained about, and the session goes on with this version', (version, complaint) => {
  const agreed = agreeOnVersion(version)
  expect(agreed).toMatchObject({ major: 2, version: OFFICIAL })
  expect(agreed.complaint).toContain(complaint)
})
