import { defineFrame, Frame } from '@pc/core'

/** A custom message of the client on its way downstream; answer it with a {@link RTVIServerResponseFrame}. */
export class RTVIClientMessageFrame extends Frame<'RTVIClientMessageFrame'> {
  declare readonly msgId: string
  /** The name that the client gave the message. */
  declare readonly messageType: string
  declare readonly data: unknown
  constructor(msgId: string, messageType: string, data?: unknown) {
    super()
    this.msgId = msgId
    this.messageType = messageType
    this.data = data
  }
  static {
    defineFrame(this, 'RTVIClientMessageFrame', { lane: 'system' })
  }
}

/** Answers a custom message of the client, from anywhere in the pipeline. */
export class RTVIServerResponseFrame extends Frame<'RTVIServerResponseFrame'> {
  declare readonly request: RTVIClientMessageFrame
  declare readonly data: unknown
  /** The request failed, and why. */
  declare readonly error: string | undefined
  constructor(request: RTVIClientMessageFrame, data?: unknown, options?: { error?: string }) {
    super()
    this.request = request
    this.data = data
    this.error = options?.error
  }
  static {
    defineFrame(this, 'RTVIServerResponseFrame', { lane: 'system' })
  }
}

/** Sends the client a message of the application's own, from anywhere in the pipeline. */
export class RTVIServerMessageFrame extends Frame<'RTVIServerMessageFrame'> {
  declare readonly data: unknown
  constructor(data: unknown) {
    super()
    this.data = data
  }
  static {
    defineFrame(this, 'RTVIServerMessageFrame', { lane: 'system' })
  }
}

/** Asks the client's page to do something, from anywhere in the pipeline. */
export class RTVIUICommandFrame extends Frame<'RTVIUICommandFrame'> {
  declare readonly command: string
  declare readonly payload: unknown
  constructor(command: string, payload: unknown) {
    super()
    this.command = command
    this.payload = payload
  }
  static {
    defineFrame(this, 'RTVIUICommandFrame', { lane: 'system' })
  }
}

declare module '@pc/core' {
  interface FrameTypes {
    RTVIClientMessageFrame: RTVIClientMessageFrame
    RTVIServerResponseFrame: RTVIServerResponseFrame
    RTVIServerMessageFrame: RTVIServerMessageFrame
    RTVIUICommandFrame: RTVIUICommandFrame
  }
}
