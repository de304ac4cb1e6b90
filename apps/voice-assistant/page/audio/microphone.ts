import { captureName } from './capture-protocol.ts'
// Vite makes the default export, an address, of a worklet.
// oxlint-disable-next-line import/default
import workletUrl from './capture-worklet.ts?worker&url'

/** What the page hears from the microphone. */
export interface MicrophoneListener {
  /** 16 ms of 16 kHz mono 16-bit samples. */
  onSamples(samples: ArrayBuffer): void
  /** The device went away. */
  onLost(): void
}

/** An open microphone. */
export interface Microphone {
  readonly track: MediaStreamTrack
  /** Muted, it keeps sending silence, so that the server can end the turn it is in. */
  setMuted(muted: boolean): void
  close(): Promise<void>
}

/**
 * Asks for a microphone and reads it at 16 kHz. The audio runs at the device's own rate and is resampled in the worklet:
 * Firefox connects a microphone only to a context of its rate. Rejects with the browser's DOMException.
 */
export async function openMicrophone(deviceId: string | undefined, listener: MicrophoneListener): Promise<Microphone> {
  const media: MediaDevices | undefined = navigator.mediaDevices
  if (media === undefined) throw new DOMException('This page is not secure.', 'SecurityError')
  const stream = await media.getUserMedia({
    audio: {
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
      ...(deviceId === undefined ? {} : { deviceId: { exact: deviceId } }),
    },
  })
  const track = stream.getAudioTracks()[0]
  if (track === undefined) throw new DOMException('The device has no audio.', 'NotFoundError')
  const context = new AudioContext()
  const close = async (): Promise<void> => {
    track.onended = null
    for (const each of stream.getTracks()) each.stop()
    if (context.state !== 'closed') await context.close()
  }
  try {
    await context.audioWorklet.addModule(workletUrl)
    const node = new AudioWorkletNode(context, captureName, { numberOfOutputs: 0 })
    node.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => listener.onSamples(data)
    context.createMediaStreamSource(stream).connect(node)
    track.onended = () => listener.onLost()
    void context.resume()
  } catch (error) {
    await close()
    throw error
  }
  return {
    track,
    setMuted: (muted) => {
      track.enabled = !muted
    },
    close,
  }
}
