/** Which package may use which. A package sees only lower layers, and of its own layer only the exceptions. */
const LAYERS: readonly (readonly [layer: number, pattern: RegExp])[] = [
  [-1, /^@pc\/audio$/],
  [0, /^@pc\/core$/],
  [2, /^@pc\/runner$/],
  [3, /^@pc\/(cli|ui|bench|voice-assistant|flows-[a-z-]+)$/],
  [1, /^@pc\//],
]

/** May be used by every service, in tests or for real. */
const SHARED_BASE = '@pc/services-openai-compatible'
const TEST_SERVER = '@pc/emulators'

export function layerOf(name: string): number {
  return LAYERS.find(([, pattern]) => pattern.test(name))?.[0] ?? Number.POSITIVE_INFINITY
}

/** Why `user` may not use `used`, or `undefined` when it may. */
export function forbidden(user: string, used: string, inTests: boolean): string | undefined {
  if (user === used) return undefined
  const [from, to] = [layerOf(user), layerOf(used)]
  if (to < from) return undefined
  if (from === 3 && to === 3) return undefined
  if (from === 1 && to === 1 && (used === SHARED_BASE || (inTests && used === TEST_SERVER))) return undefined
  return `${user} (layer ${from}) may not use ${used} (layer ${to})${inTests ? ' even in tests' : ''}`
}
