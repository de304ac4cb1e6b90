import { FLAG_ENGINE, FLAG_OBSERVED } from '../frames/frame.ts'

// The bits of a node's state. All zero: the handler may run in the caller's stack.

/** The handler is on the JavaScript stack. */
export const STACK = 1
export const ORDERED_BUSY = 2
export const SYSTEM_BUSY = 4
/** StartFrame has not gone on yet. */
export const HELD = 8
/** Frames wait in a queue. */
export const PENDING = 16
export const DEAD = 32
/** An interruption's hook has not run yet. */
export const HOOK = 64
/** The running handler's context must be released when it returns. */
export const OWNED = 128
export const ORDERED_PAUSED = 256
export const SYSTEM_PAUSED = 512
/** A drain gave the event loop a turn. */
export const YIELDED = 1024
/** Somebody asked for causes or for the order of handlers: no frame takes the hot path. */
export const TRACED = 2048

const BLOCKS_ALL = HELD | STACK | HOOK | YIELDED | SYSTEM_PAUSED
export const BLOCKS_SYSTEM: number = BLOCKS_ALL | SYSTEM_BUSY
export const BLOCKS_ORDERED: number = BLOCKS_ALL | ORDERED_BUSY | ORDERED_PAUSED
export const AFTER_RUN: number = PENDING | HOOK | OWNED

/** Frames with one of these flags never take the hot path. */
export const SLOW_FRAME: number = FLAG_ENGINE | FLAG_OBSERVED
