/** Which queue of a processor a frame takes: `system` frames overtake `ordered` ones. */
export type Lane = 'system' | 'ordered'

/** The direction in which a frame travels. */
export type FrameDirection = 'downstream' | 'upstream'

/** Both directions by name, in the spelling of the Pipecat API. */
export const FrameDirection: { readonly DOWNSTREAM: 'downstream'; readonly UPSTREAM: 'upstream' } = {
  DOWNSTREAM: 'downstream',
  UPSTREAM: 'upstream',
}

/** The engine's bits, kept on the prototype of every frame class as `flags`. */
export const FLAG_SYSTEM = 1
export const FLAG_STICKY = 2
/** The engine itself acts on the frame: lifecycle, interruption, pause and resume. */
export const FLAG_ENGINE = 4
/** Somebody in this process observes the class, so hops are reported. */
export const FLAG_OBSERVED = 8
/** A full queue may drop the frame: live media that is worthless late. */
export const FLAG_LOSSY = 16

/**
 * Every registered frame by tag. Third parties extend it by declaration merging; their tags contain a slash:
 *
 * ```ts
 * declare module '@pc/core' {
 *   interface FrameTypes { 'acme/gesture': GestureFrame }
 * }
 * ```
 */
// oxlint-disable-next-line typescript/no-empty-interface -- filled by declaration merging, one file per topic
export interface FrameTypes {}

/** The tag of a registered frame. */
export type FrameTag = keyof FrameTypes

/** Any registered frame: a union that `switch (frame.type)` narrows. */
export type AnyFrame = FrameTypes[FrameTag]

/** The frames that `on: { [K]: ... }` receives: the class registered as `K` and its registered subclasses. */
export type FrameFamily<K extends FrameTag> =
  | FrameTypes[K]
  | Extract<AnyFrame, { readonly isA: { readonly [P in K]: true } }>

/** What may accompany any frame; see the accessors of {@link Frame}. */
export interface FrameExtras {
  metadata?: Readonly<Record<string, unknown>>
  transportSource?: string
  transportDestination?: string
  broadcastSiblingId?: number
}

let lastId = 0

/**
 * The unit of everything that moves through a pipeline. Frames are built by `new`, never mutated, and changed by
 * {@link Frame.with}. A subclass declares its fields with `declare`, assigns all of them in its constructor and
 * registers itself with {@link defineFrame}.
 */
export abstract class Frame<T extends string = string> {
  /** The tag: equal to the class name, or `vendor/name` for third parties. */
  declare readonly type: T
  /** @see {@link Lane} */
  declare readonly lane: Lane
  /** Survives an interruption: neither dropped from queues nor aborted while handled. */
  declare readonly sticky: boolean
  /** Bits the engine reads. */
  declare readonly flags: number
  /** The tags of this class and of its registered ancestors, nearest first. */
  declare readonly family: readonly string[]
  /** Counts up within the process. */
  declare readonly id: number
  /** Presentation time on the media clock, microseconds. */
  declare readonly ptsUs: number | undefined
  /** Rarely used companions, see the accessors below. */
  declare readonly extras: FrameExtras | undefined

  constructor(extras?: FrameExtras) {
    // Copied from the prototype: the engine reads both at every hop, and a field is found faster than an ancestor's.
    const { type, flags } = this
    this.type = type
    this.flags = flags
    this.id = ++lastId
    this.ptsUs = undefined
    this.extras = extras
  }

  /** `Class#id`, for logs. */
  get name(): string {
    return `${this.type}#${this.id}`
  }

  /** Free data that travels with the frame. */
  get metadata(): Readonly<Record<string, unknown>> {
    return this.extras?.metadata ?? NO_METADATA
  }

  /** The participant or track the frame came from. */
  get transportSource(): string | undefined {
    return this.extras?.transportSource
  }

  /** The output track the frame is for; `undefined` is the default one. */
  get transportDestination(): string | undefined {
    return this.extras?.transportDestination
  }

  /** The id of the copy that a broadcast sent the other way. */
  get broadcastSiblingId(): number | undefined {
    return this.extras?.broadcastSiblingId
  }

  /**
   * A copy with some fields changed and an id of its own; class and all other fields are kept.
   *
   * ```ts
   * frame.with({ text: frame.text.toUpperCase() })
   * ```
   */
  with(changes: FrameChanges<this>): this {
    const copy: this = Object.create(Object.getPrototypeOf(this))
    const { metadata, transportSource, transportDestination, broadcastSiblingId, ...fields } = changes as Record<
      string,
      unknown
    > &
      FrameExtras
    Object.assign(copy, this, fields, { id: ++lastId })
    const extras = {
      ...this.extras,
      ...(metadata !== undefined && { metadata }),
      ...(transportSource !== undefined && { transportSource }),
      ...(transportDestination !== undefined && { transportDestination }),
      ...(broadcastSiblingId !== undefined && { broadcastSiblingId }),
    }
    return Object.keys(extras).length > 0 ? Object.assign(copy, { extras }) : copy
  }
}

const NO_METADATA: Readonly<Record<string, unknown>> = Object.freeze({})

type Fixed = 'type' | 'lane' | 'sticky' | 'flags' | 'family' | 'id' | 'name' | 'extras' | 'isA' | 'with'

/** The fields that {@link Frame.with} accepts. */
export type FrameChanges<F> = {
  [K in Exclude<keyof F, Fixed> as F[K] extends (...args: never[]) => unknown ? never : K]?: F[K]
}

/** How {@link defineFrame} registers a class; what is left out is inherited. */
export interface FrameTraits {
  lane?: Lane
  sticky?: boolean
  lossy?: boolean
  /** @internal */
  engine?: boolean
}

type FrameClass = { readonly prototype: Frame }

const classes = new Map<string, FrameClass>()
const observed = new Set<string>()

function write(target: object, values: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(values)) {
    Object.defineProperty(target, key, { value, writable: true, configurable: true })
  }
}

write(Frame.prototype, { type: 'Frame', lane: 'ordered', sticky: false, flags: 0, family: [] })

/**
 * Registers a frame class: writes its tag, lane, flags and family to the prototype. Call it in a static block:
 *
 * ```ts
 * class GestureFrame extends Frame<'acme/gesture'> {
 *   declare readonly wave: boolean
 *   constructor(wave: boolean) {
 *     super()
 *     this.wave = wave
 *   }
 *   static { defineFrame(this, 'acme/gesture', { lane: 'system' }) }
 * }
 * ```
 */
export function defineFrame(frameClass: FrameClass, type: string, traits: FrameTraits = {}): void {
  const parent: Frame = Object.getPrototypeOf(frameClass.prototype)
  const lane = traits.lane ?? parent.lane
  const sticky = traits.sticky ?? parent.sticky
  const family = [type, ...parent.family]
  const inherited = parent.flags & (FLAG_LOSSY | FLAG_ENGINE)
  let flags = (lane === 'system' ? FLAG_SYSTEM : 0) | (sticky ? FLAG_STICKY : 0) | inherited
  if (traits.lossy) flags |= FLAG_LOSSY
  if (traits.engine) flags |= FLAG_ENGINE
  if (observed.has('*') || family.some((tag) => observed.has(tag))) flags |= FLAG_OBSERVED
  write(frameClass.prototype, { type, lane, sticky, flags, family })
  classes.set(type, frameClass)
}

/** The class registered under a tag, for (de)serialisation. */
export function frameClass(type: string): FrameClass | undefined {
  return classes.get(type)
}

/**
 * Marks classes as observed for the life of the process, so that the engine reports their hops; classes nobody ever
 * asked for cost nothing. `'*'` means all. Families count: `TextFrame` marks `LLMTextFrame` too.
 * @internal
 */
export function observeFrames(tags: readonly string[]): void {
  for (const tag of tags) {
    if (observed.has(tag)) continue
    observed.add(tag)
    for (const { prototype } of classes.values()) {
      if (tag === '*' || prototype.family.includes(tag)) write(prototype, { flags: prototype.flags | FLAG_OBSERVED })
    }
  }
}

/** @internal Asks the class: a frame that is older than the wish to observe it does not carry the flag. */
export function isObserved(frame: Frame): boolean {
  const { flags }: Frame = Object.getPrototypeOf(frame)
  return (flags & FLAG_OBSERVED) !== 0
}

function sibling<F extends Frame>(frame: F, id: number, broadcastSiblingId: number): F {
  const copy: F = Object.assign(Object.create(Object.getPrototypeOf(frame)), frame)
  const draft: { -readonly [K in 'id' | 'extras']: Frame[K] } = copy
  draft.id = id
  draft.extras = { ...frame.extras, broadcastSiblingId }
  return copy
}

/** @internal The two copies that a broadcast sends downstream and upstream; each knows the id of the other. */
export function siblings<F extends Frame>(frame: F): readonly [down: F, up: F] {
  const downId = ++lastId
  const upId = ++lastId
  return [sibling(frame, downId, upId), sibling(frame, upId, downId)]
}
