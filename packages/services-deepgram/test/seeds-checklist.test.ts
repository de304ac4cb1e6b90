import { type Frame, InputAudioRawFrame, InterimTranscriptionFrame, UserMessageFrame } from '@pc/core'
import { type Emulators, startEmulators, synthesizeBuzz } from '@pc/emulators'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DeepgramSTTService } from '../src/index.ts'
import { LiveTask, received } from './live-task.ts'

let emulators: Emulators

beforeAll(async () => {
  emulators = await startEmulators({ speed: Infinity })
  emulators.deepgram.apiKeys.add('your_deepgram_key')
})
afterAll(() => emulators.close())

/** Speech of a length that fits the text, with silence behind it, in pieces of 20 ms. */
function speech(text: string): Frame[] {
  const spoken = [...synthesizeBuzz(text), ...new Int16Array(24_000)]
  const pieces = Math.ceil(spoken.length / 480)
  return Array.from(
    { length: pieces },
    (_, i) => new InputAudioRawFrame(Int16Array.from(spoken.slice(i * 480, (i + 1) * 480)), 24_000),
  )
}

describe('document A, the complete technical guide', () => {
  it('A14: DeepgramSTTService with model, language, interim results, smart format and endpointing over a websocket', async () => {
    emulators.deepgram.listen.reply('I would like to book a table.')
    const stt = new DeepgramSTTService({
      apiKey: 'your_deepgram_key',
      baseUrl: emulators.deepgram.baseUrl,
      model: 'nova-2',
      language: 'en-US',
      interimResults: true,
      smartFormat: true,
      endpointing: true,
    })
    const live = new LiveTask(stt, { audioInSampleRate: 24_000 })
    const said = (): Frame[] => live.down.filter((frame) => frame instanceof UserMessageFrame)
    await live.send(...speech('I would like to book a table.'))
    await live.until(() => said().length > 0)
    await live.end()
    expect(live.errors).toEqual([])

    const upgrades = received(emulators, 'upgrade')
    expect(upgrades).toHaveLength(1)
    expect(Object.fromEntries(upgrades[0]?.query ?? [])).toMatchObject({
      model: 'nova-2',
      language: 'en-US',
      interim_results: 'true',
      smart_format: 'true',
      endpointing: 'true',
    })
    expect(received(emulators, 'binary').length).toBeGreaterThan(50)
    expect(said()).toMatchObject([{ text: 'I would like to book a table.', language: 'en-US' }])
    const interim = live.down.findIndex((frame) => frame instanceof InterimTranscriptionFrame)
    expect(interim).toBeGreaterThanOrEqual(0)
    expect(interim).toBeLessThan(live.down.findIndex((frame) => frame instanceof UserMessageFrame))
  })
})
