import { expect, test } from 'vitest'
import { RecordingOutput } from '../../test/recording-output.ts'
import { BaseTransport } from './base-transport.ts'
import { BaseInputTransport } from './input-transport.ts'
import { TransportParams } from './transport-params.ts'

class Input extends BaseInputTransport {}

class Line extends BaseTransport<string> {
  protected createInput(): BaseInputTransport {
    return new Input()
  }
  protected createOutput(): RecordingOutput {
    return new RecordingOutput()
  }
  async stop(): Promise<void> {
    this.emit('clientDisconnected', 'anna')
  }
  connect(): void {
    this.emit('clientConnected', 'anna')
  }
}

test('input and output are each always the same processor', () => {
  const line = new Line()
  expect(line.input()).toBe(line.input())
  expect(line.output()).toBe(line.output())
  expect(line.output().isOutputTransport).toBe(true)
})

test('events have both spellings', async () => {
  const line = new Line()
  const seen: string[] = []
  line.on('clientConnected', (client) => seen.push(`connected ${client}`))
  line.eventHandler('on_client_disconnected', (client) => seen.push(`disconnected ${client}`))
  line.connect()
  await line.stop()
  expect(seen).toEqual(['connected anna', 'disconnected anna'])
})

test('a listener that throws is reported by the input', () => {
  const line = new Line()
  const codes: string[] = []
  line.input().on('error', ({ error }) => void codes.push(error.code))
  line.on('clientConnected', () => {
    throw new Error('mine')
  })
  line.connect()
  expect(codes).toEqual(['listener-failed'])
})

test('parameters have defaults, and what cannot be is refused', () => {
  expect(new TransportParams()).toMatchObject({
    audioInEnabled: true,
    audioInPassthrough: true,
    audioOutEnabled: true,
    audioOutChannels: 1,
    audioOutEndSilenceSecs: 2,
  })
  expect(() => new TransportParams({ audioOutChannels: 0 })).toThrow('audioOutChannels is 0')
  expect(() => new TransportParams({ audioOutLeadSecs: Number.NaN })).toThrow('audioOutLeadSecs is NaN')
  expect(() => new TransportParams({ audioOutEndSilenceSecs: -1 })).toThrow('audioOutEndSilenceSecs is -1')
})
