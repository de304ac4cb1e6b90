import { defineFrame, Frame } from './frame.ts'

/** A picture: raw pixels, row by row without gaps, or an encoded file. */
export interface ImageRaw {
  readonly image: Uint8Array
  /** Width and height, pixels. */
  readonly size: readonly [width: number, height: number]
  /** `RGB` or `RGBA` for raw pixels, a MIME type such as `image/jpeg` for an encoded file. */
  readonly format: string
}

/** A picture from the user's camera or screen. */
export class InputImageRawFrame<T extends string = 'InputImageRawFrame'> extends Frame<T> implements ImageRaw {
  declare readonly isA: { readonly InputImageRawFrame: true }
  declare readonly image: Uint8Array
  declare readonly size: readonly [width: number, height: number]
  declare readonly format: string
  constructor({ image, size, format }: ImageRaw) {
    super()
    this.image = image
    this.size = size
    this.format = format
  }
  static {
    defineFrame(this, 'InputImageRawFrame', { lane: 'system', lossy: true })
  }
}

/** What a {@link UserImageRawFrame} says beside the picture. */
export interface UserImageOptions {
  readonly userId?: string | undefined
  /** Goes into the context with it. */
  readonly text?: string | undefined
  /** Whether it goes into the context, and the model then runs. Default false. */
  readonly appendToContext?: boolean | undefined
  /** What it was asked for by. */
  readonly request?: UserImageRequestFrame | undefined
}

/** A picture of one participant, sent or asked for. */
export class UserImageRawFrame extends InputImageRawFrame<'UserImageRawFrame'> {
  declare readonly userId: string
  declare readonly text: string | undefined
  declare readonly appendToContext: boolean
  declare readonly request: UserImageRequestFrame | undefined
  constructor(image: ImageRaw, options: UserImageOptions = {}) {
    super(image)
    this.userId = options.userId ?? ''
    this.text = options.text
    this.appendToContext = options.appendToContext ?? false
    this.request = options.request
  }
  static {
    defineFrame(this, 'UserImageRawFrame')
  }
}

/** What a {@link UserImageRequestFrame} asks for. */
export interface UserImageRequest {
  readonly userId: string
  /** Goes into the context with the picture. */
  readonly text?: string | undefined
  /** Default true. */
  readonly appendToContext?: boolean | undefined
  /** Which of the participant's pictures, `camera` or `screen`. Default: the transport's choice. */
  readonly videoSource?: string | undefined
  readonly functionName?: string | undefined
  /** The call that waits for it: the model runs on picture and result together. */
  readonly toolCallId?: string | undefined
  /** Settles that call once the picture has come. */
  readonly resultCallback?: ((result: unknown) => void) | undefined
}

/** Asks the input transport for one picture of a participant; it travels upstream. */
export class UserImageRequestFrame extends Frame<'UserImageRequestFrame'> implements UserImageRequest {
  declare readonly userId: string
  declare readonly text: string | undefined
  declare readonly appendToContext: boolean
  declare readonly videoSource: string | undefined
  declare readonly functionName: string | undefined
  declare readonly toolCallId: string | undefined
  declare readonly resultCallback: ((result: unknown) => void) | undefined
  constructor(request: UserImageRequest) {
    super()
    this.userId = request.userId
    this.text = request.text
    this.appendToContext = request.appendToContext ?? true
    this.videoSource = request.videoSource
    this.functionName = request.functionName
    this.toolCallId = request.toolCallId
    this.resultCallback = request.resultCallback
  }
  static {
    defineFrame(this, 'UserImageRequestFrame', { lane: 'system' })
  }
}

/** A picture to show to the user. */
export class OutputImageRawFrame<T extends string = 'OutputImageRawFrame'> extends Frame<T> implements ImageRaw {
  declare readonly isA: { readonly OutputImageRawFrame: true }
  declare readonly image: Uint8Array
  declare readonly size: readonly [width: number, height: number]
  declare readonly format: string
  constructor({ image, size, format }: ImageRaw) {
    super()
    this.image = image
    this.size = size
    this.format = format
  }
  static {
    defineFrame(this, 'OutputImageRawFrame')
  }
}

/** A picture that an image service made. */
export class URLImageRawFrame extends OutputImageRawFrame<'URLImageRawFrame'> {
  /** Where the service keeps it. */
  declare readonly url: string | undefined
  constructor(image: ImageRaw, url?: string) {
    super(image)
    this.url = url
  }
  static {
    defineFrame(this, 'URLImageRawFrame')
  }
}

/** A picture that the model itself made: shown to the user, and part of the assistant's message. */
export class AssistantImageRawFrame extends OutputImageRawFrame<'AssistantImageRawFrame'> {
  /** The file as the model gave it, for the context. Default: `image`. */
  declare readonly originalData: Uint8Array | undefined
  /** Of `originalData`, such as `image/png`. */
  declare readonly originalMimeType: string | undefined
  constructor(image: ImageRaw, original?: { readonly data: Uint8Array; readonly mimeType: string }) {
    super(image)
    this.originalData = original?.data
    this.originalMimeType = original?.mimeType
  }
  static {
    defineFrame(this, 'AssistantImageRawFrame')
  }
}

declare module './frame.ts' {
  interface FrameTypes {
    InputImageRawFrame: InputImageRawFrame
    UserImageRawFrame: UserImageRawFrame
    UserImageRequestFrame: UserImageRequestFrame
    OutputImageRawFrame: OutputImageRawFrame
    URLImageRawFrame: URLImageRawFrame
    AssistantImageRawFrame: AssistantImageRawFrame
  }
}
