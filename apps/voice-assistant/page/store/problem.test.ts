import { expect, test } from 'vitest'
import { agentProblem, closeProblem, microphoneProblem, startProblem } from './problem.ts'

test.each([
  ['not-found', 'no-microphone'],
  ['constraints', 'no-microphone'],
  ['permissions', 'mic-denied'],
  ['in-use', 'mic-busy'],
  ['undefined-mediadevices', 'insecure-origin'],
  ['unknown', 'mic-failed'],
])('a device error of type %s is %s and leaves typing', (type, kind) => {
  const problem = microphoneProblem(type, 'Something')
  expect(problem).toMatchObject({ kind, fatal: false })
  expect(problem.wayOut).toContain('Typing works all the same.')
})

test('plain http names the cure', () => {
  expect(microphoneProblem('undefined-mediadevices', '').wayOut).toContain('`pnpm dev --https`')
})

test.each([
  [1000, undefined],
  [1001, 'server-closing'],
  [1006, 'server-gone'],
  [1011, 'server-gone'],
  [4003, 'origin-refused'],
])('a connection closed with %i is %s', (code, kind) => {
  expect(closeProblem(code)?.kind).toBe(kind)
})

test.each([
  ['the sky is falling', 'auth', 'key-refused'],
  ['the sky is falling', undefined, 'agent-fault'],
  ['401 Unauthorized: bad API key', 'internal', 'agent-fault'],
  ['401 Unauthorized: bad API key', undefined, 'agent-fault'],
])('"%s" of the kind %s is %s, whatever its words', (message, kind, expected) => {
  expect(agentProblem({ message, fatal: false, kind }).kind).toBe(expected)
})

test.each([
  ['OpenAILLMService#0', 'Check OPENAI_API_KEY'],
  ['DeepgramSTTService#0', 'Check DEEPGRAM_API_KEY'],
  ['acme', 'the key in the environment of the server'],
  [undefined, 'the key in the environment of the server'],
])('a key that %s lacks is named by its variable', (service, advice) => {
  expect(agentProblem({ message: 'no', fatal: false, kind: 'auth', service }).wayOut).toContain(advice)
})

test('a start that was refused carries the reason, one that failed says where to look', () => {
  expect(startProblem('no transport', 400).title).toBe('The server did not start the call: no transport.')
  expect(startProblem('not yours', 403).kind).toBe('origin-refused')
  expect(startProblem('Failed to fetch').wayOut).toContain('`pnpm dev`')
})
