import {
  type PipecatClientOptions,
  RTVIMessage,
  type Tracks,
  Transport,
  type TransportState,
} from '@pipecat-ai/client-js'

/** A transport of the official client that hands messages to a function instead of a network, as JSON. */
export class MemoryTransport extends Transport {
  toServer: (json: string) => void = () => {}

  override initialize(options: PipecatClientOptions, messageHandler: (message: RTVIMessage) => void): void {
    this._options = options
    this._callbacks = options.callbacks ?? {}
    this._onMessage = messageHandler
    this.state = 'disconnected'
  }

  /** A message of the server comes in. */
  receive(json: string): void {
    const message: RTVIMessage = JSON.parse(json)
    if (message.label === 'rtvi-ai') this._onMessage(message)
  }

  override async initDevices(): Promise<void> {
    this.state = 'initialized'
  }
  override _validateConnectionParams(params?: unknown): unknown {
    return params
  }
  override async _connect(): Promise<void> {
    this.state = 'connected'
  }
  override async _disconnect(): Promise<void> {
    this.state = 'disconnected'
  }
  override sendReadyMessage(): void {
    this.state = 'ready'
    this.sendMessage(RTVIMessage.clientReady())
  }
  override get state(): TransportState {
    return this._state
  }
  override set state(state: TransportState) {
    if (this._state === state) return
    this._state = state
    this._callbacks.onTransportStateChanged?.(state)
  }
  override sendMessage(message: RTVIMessage): void {
    this.toServer(JSON.stringify(message))
  }
  override getAllMics(): Promise<never[]> {
    return Promise.resolve([])
  }
  override getAllCams(): Promise<never[]> {
    return Promise.resolve([])
  }
  override getAllSpeakers(): Promise<never[]> {
    return Promise.resolve([])
  }
  override updateMic(): void {}
  override updateCam(): void {}
  override updateSpeaker(): void {}
  override get selectedMic(): Record<string, never> {
    return {}
  }
  override get selectedCam(): Record<string, never> {
    return {}
  }
  override get selectedSpeaker(): Record<string, never> {
    return {}
  }
  override enableMic(): void {}
  override enableCam(): void {}
  override enableScreenShare(): void {}
  override get isCamEnabled(): boolean {
    return false
  }
  override get isMicEnabled(): boolean {
    return false
  }
  override get isSharingScreen(): boolean {
    return false
  }
  override tracks(): Tracks {
    return { local: {} }
  }
}
