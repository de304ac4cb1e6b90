import { describe, expect, it } from 'vitest'
import { forbidden } from './layers.ts'

describe('layers', () => {
  it('lets packages use what lies below them', () => {
    expect(forbidden('@pc/runner', '@pc/rtvi', false)).toBeUndefined()
    expect(forbidden('@pc/services-openai', '@pc/core', false)).toBeUndefined()
    expect(forbidden('@pc/core', '@pc/audio', false)).toBeUndefined()
  })

  it('refuses what lies above or beside', () => {
    expect(forbidden('@pc/core', '@pc/flows', false)).toMatch(/layer 0.*layer 1/)
    expect(forbidden('@pc/audio', '@pc/core', true)).toMatch(/may not use/)
    expect(forbidden('@pc/services-openai', '@pc/services-deepgram', false)).toMatch(/may not use/)
    expect(forbidden('@pc/rtvi', '@pc/runner', true)).toMatch(/may not use/)
  })

  it('lets services test against the emulators, and only test', () => {
    expect(forbidden('@pc/services-openai', '@pc/emulators', true)).toBeUndefined()
    expect(forbidden('@pc/services-openai', '@pc/emulators', false)).toMatch(/may not use/)
  })
})
