import { expect, test } from 'vitest'
import { PlayoutSerializer } from './playout-serializer.ts'
import { encodeAudio, encodeMessage } from './protobuf.ts'

class SlowBlob extends Blob {
  readonly #until: Promise<unknown>

  constructor(bytes: Uint8Array<ArrayBuffer>, until: Promise<unknown>) {
    super([bytes])
    this.#until = until
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    await this.#until
    return super.arrayBuffer()
  }
}

const audio = encodeAudio({
  name: 'turn-1',
  audio: new Uint8Array(Int16Array.of(7, 8).buffer),
  sampleRate: 24_000,
  numChannels: 1,
  ptsNs: 40_000_000,
})
const flush = encodeMessage(
  JSON.stringify({ id: '', label: 'rtvi-ai', type: 'server-message', data: { type: 'pc/flush' } }),
)

test('the place of a chunk can be read back from its samples', async () => {
  const serializer = new PlayoutSerializer()
  const frame = await serializer.deserialize(new Blob([audio]))
  if (frame.type !== 'audio') throw new Error('no audio')
  expect([...frame.audio]).toEqual([7, 8])
  expect(serializer.placeOf(frame.audio)).toEqual({ contextId: 'turn-1', ptsNs: 40_000_000 })
  expect(serializer.placeOf(new Int16Array(2))).toBeUndefined()
})

test('a message never overtakes the audio before it, however slow that is to read', async () => {
  const serializer = new PlayoutSerializer()
  const order: string[] = []
  let release: () => void = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const first = serializer.deserialize(new SlowBlob(audio, gate)).then((frame) => order.push(frame.type))
  const second = serializer.deserialize(new Blob([flush])).then((frame) => order.push(frame.type))
  await new Blob([flush]).arrayBuffer()
  expect(order).toEqual([])
  release()
  await Promise.all([first, second])
  expect(order).toEqual(['audio', 'message'])
})

test('a broken frame is refused and the next one still read', async () => {
  const serializer = new PlayoutSerializer()
  await expect(serializer.deserialize(new Blob([Uint8Array.of(0x22, 0x7f)]))).rejects.toThrow(RangeError)
  await expect(serializer.deserialize(new Blob([encodeMessage('[1]')]))).rejects.toThrow('not RTVI')
  await expect(serializer.deserialize('text')).rejects.toThrow('binary')
  expect((await serializer.deserialize(new Blob([flush]))).type).toBe('message')
})

test('a message without data is accepted', async () => {
  const serializer = new PlayoutSerializer()
  const bytes = encodeMessage('{"label":"rtvi-ai","type":"bot-started-speaking"}')
  expect(await serializer.deserialize(new Blob([bytes]))).toMatchObject({ message: { type: 'bot-started-speaking' } })
})

test('audio with an odd byte at its end loses only that byte', async () => {
  const serializer = new PlayoutSerializer()
  const odd = encodeAudio({ name: 'a', audio: Uint8Array.of(1, 0, 9), sampleRate: 24_000, numChannels: 1 })
  const frame = await serializer.deserialize(new Blob([odd]))
  expect(frame.type === 'audio' && [...frame.audio]).toEqual([1])
})

test('it is idle once every frame that came was read and handed on', async () => {
  const serializer = new PlayoutSerializer()
  const order: string[] = []
  await serializer.idle()
  let release: () => void = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  void serializer.deserialize(new SlowBlob(audio, gate)).then((frame) => order.push(frame.type))
  const idle = serializer.idle().then(() => order.push('idle'))
  void serializer.deserialize(new Blob([flush])).then((frame) => order.push(frame.type))
  release()
  await idle
  expect(order).toEqual(['audio', 'message', 'idle'])
})
