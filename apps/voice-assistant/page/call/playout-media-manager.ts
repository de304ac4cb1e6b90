import { DeviceError } from '@pipecat-ai/client-js'
import type { DeviceErrorType, Tracks } from '@pipecat-ai/client-js'
import { WavMediaManager } from '@pipecat-ai/websocket-transport'
import type { PageClock } from '@pc/ui'
import { loudness } from '../audio/loudness.ts'
import { openMicrophone } from '../audio/microphone.ts'
import type { Microphone } from '../audio/microphone.ts'
import { playerRateHz } from '../audio/player-protocol.ts'
import { openPlayer } from '../audio/player.ts'
import type { Player } from '../audio/player.ts'
import type { Played } from '../audio/playout-queue.ts'
import type { ChunkPlace } from '../wire/playout-serializer.ts'

/** How much of an utterance was played. */
export interface PlayoutReport {
  contextId: string
  playedMs: number
  /** True when the rest was dropped by a flush. */
  flushed: boolean
}

/** What {@link PlayoutMediaManager} tells its owner besides the client's own callbacks. Times are on the page's clock. */
export interface PlayoutListener {
  /** An utterance has been played to its end, or as far as it has arrived. */
  onPlayed(report: PlayoutReport): void
  /** The first sample of an utterance was played `waitedMs` after its first chunk arrived. */
  onFirstSample(contextId: string, waitedMs: number, atMs: number): void
  onAgentLevel(rms: number, atMs: number): void
  onMicLevel(rms: number): void
  onMicOpened(): void
  /** The browser plays nothing, for want of a device or of leave. */
  onNoSound(): void
}

const deviceErrorTypes: Record<string, DeviceErrorType> = {
  NotAllowedError: 'permissions',
  SecurityError: 'undefined-mediadevices',
  NotFoundError: 'not-found',
  OverconstrainedError: 'constraints',
  NotReadableError: 'in-use',
  AbortError: 'in-use',
}

/**
 * Media manager for the official WebSocket transport whose player knows what was heard. It plays each utterance under
 * its own id, can be silenced at once, and reports the position that really left for the speakers. It also brings its
 * own microphone: the stock recorder keeps everything it ever recorded, and opens a context that Firefox refuses.
 */
export class PlayoutMediaManager extends WavMediaManager {
  readonly #listener: PlayoutListener
  readonly #clock: PageClock
  readonly #placeOf: (samples: Int16Array) => ChunkPlace | undefined
  #player: Player | undefined
  #microphone: Microphone | undefined
  #opening: Promise<void> | undefined
  #pickedMic: string | undefined
  #mics: MediaDeviceInfo[] = []
  #connected = false
  #ended = false
  #arrivedMs = new Map<string, number | 'played'>()
  #dropped = new Set<string>()

  constructor(options: {
    listener: PlayoutListener
    placeOf: (samples: Int16Array) => ChunkPlace | undefined
    clock: PageClock
    /** Device to open; the browser's choice when undefined. */
    deviceId: string | undefined
  }) {
    super()
    this.#clock = options.clock
    this.#pickedMic = options.deviceId
    this.#listener = options.listener
    this.#placeOf = options.placeOf
  }

  override async initialize(): Promise<void> {
    await this.#openPlayer()
    if (this._micEnabled) await this.#openMicrophone()
  }

  override async connect(): Promise<void> {
    this.#connected = true
    await this.#openPlayer()
  }

  override async disconnect(): Promise<void> {
    this.#connected = false
    this.#ended = true
    globalThis.navigator.mediaDevices?.removeEventListener('devicechange', this.#onDeviceChange)
    const player = this.#player
    const microphone = this.#microphone
    this.#player = undefined
    this.#microphone = undefined
    await player?.close()
    await microphone?.close()
  }

  /** A chunk of the agent's voice. Chunks of an utterance that was flushed are late, and dropped. */
  override bufferBotAudio(data: ArrayBuffer | Int16Array): Int16Array {
    const samples = data instanceof Int16Array ? data : new Int16Array(data)
    const { contextId, ptsNs } = this.#placeOf(samples) ?? { contextId: 'audio', ptsNs: undefined }
    if (this.#dropped.has(contextId)) return samples
    if (!this.#arrivedMs.has(contextId)) this.#arrivedMs.set(contextId, this.#clock.nowMs())
    const start = ptsNs === undefined ? undefined : Math.round((ptsNs * playerRateHz) / 1e9)
    this.#player?.push(contextId, samples, start)
    return samples
  }

  /** Silences the agent at once; answers with what was played of each utterance that was dropped. */
  async flush(): Promise<PlayoutReport[]> {
    const played = (await this.#player?.flush()) ?? []
    for (const { contextId } of played) {
      this.#arrivedMs.delete(contextId)
      if (contextId !== 'audio') this.#dropped.add(contextId)
    }
    return played.map((each) => reportOf(each, true))
  }

  override userStartedSpeaking(): Promise<unknown> {
    return Promise.resolve()
  }

  override async enableMic(enable: boolean): Promise<void> {
    this._micEnabled = enable
    if (enable && this.#microphone === undefined) await this.#openMicrophone()
    this.#microphone?.setMuted(!this._micEnabled)
  }

  override async updateMic(micId: string): Promise<void> {
    this.#pickedMic = micId === '' ? undefined : micId
    const before = this.#microphone
    if (before === undefined) return
    this.#microphone = undefined
    await before.close()
    await this.#openMicrophone()
  }

  override get selectedMic(): MediaDeviceInfo | Record<string, never> {
    return this.#pickedDevice() ?? {}
  }

  override get isMicEnabled(): boolean {
    return this._micEnabled
  }

  override async getAllMics(): Promise<MediaDeviceInfo[]> {
    const devices = (await globalThis.navigator.mediaDevices?.enumerateDevices()) ?? []
    this.#mics = devices.filter((device) => device.kind === 'audioinput')
    return this.#mics
  }

  override tracks(): Tracks {
    const track = this.#microphone?.track
    return { local: track === undefined ? {} : { audio: track } }
  }

  #pickedDevice(): MediaDeviceInfo | undefined {
    const deviceId = this.#microphone?.track.getSettings().deviceId ?? this.#pickedMic
    return this.#mics.find((mic) => mic.deviceId === deviceId)
  }

  /** Never rejects: a page without sound still shows the words. */
  async #openPlayer(): Promise<void> {
    try {
      this.#player ??= await openPlayer(
        {
          onStarted: (contextId, atMs) => {
            const arrivedMs = this.#arrivedMs.get(contextId)
            // An utterance that ran dry starts again; only its first sample counts.
            if (typeof arrivedMs !== 'number') return
            this.#arrivedMs.set(contextId, 'played')
            this.#listener.onFirstSample(contextId, Math.max(0, atMs - arrivedMs), atMs)
          },
          onFinished: (played) => this.#listener.onPlayed(reportOf(played, false)),
          onLevel: (rms, atMs) => this.#listener.onAgentLevel(rms, atMs),
          onStuck: () => this.#listener.onNoSound(),
        },
        this.#clock,
      )
    } catch {
      this.#listener.onNoSound()
    }
  }

  /** Never rejects: what went wrong goes to the client's `onDeviceError`, and the call goes on without a microphone. */
  #openMicrophone(): Promise<void> {
    this.#opening ??= this.#reallyOpenMicrophone().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #reallyOpenMicrophone(): Promise<void> {
    try {
      const microphone = await openMicrophone(this.#pickedMic, {
        onSamples: (samples) => {
          this.#listener.onMicLevel(loudness(new Int16Array(samples)))
          if (this.#connected) this._userAudioCallback(samples)
        },
        onLost: () => void this.#onLost(),
      })
      if (this.#ended) {
        await microphone.close()
        return
      }
      this.#microphone = microphone
      microphone.setMuted(!this._micEnabled)
    } catch (error) {
      const name = error instanceof Error ? error.name : ''
      const message = error instanceof Error ? error.message : String(error)
      this._callbacks.onDeviceError?.(new DeviceError(['mic'], deviceErrorTypes[name] ?? 'unknown', message))
      return
    }
    globalThis.navigator.mediaDevices?.addEventListener('devicechange', this.#onDeviceChange)
    await this.#tellDevices()
    this.#listener.onMicOpened()
  }

  async #onLost(): Promise<void> {
    const lost = this.#microphone
    this.#microphone = undefined
    this.#pickedMic = undefined
    await lost?.close()
    await this.#openMicrophone()
  }

  #onDeviceChange = (): void => {
    void this.#tellDevices()
  }

  async #tellDevices(): Promise<void> {
    this._callbacks.onAvailableMicsUpdated?.(await this.getAllMics())
    const picked = this.#pickedDevice()
    if (picked !== undefined) this._callbacks.onMicUpdated?.(picked)
  }
}

function reportOf({ contextId, samples }: Played, flushed: boolean): PlayoutReport {
  return { contextId, playedMs: Math.round((samples * 1000) / playerRateHz), flushed }
}
