import type { Frame, FrameTag } from '../frames/frame.ts'

/** A frame class or its tag; subclasses count too. */
export type FrameKind = FrameTag | (string & {}) | { readonly prototype: Frame }

/** A test for frames of any of these kinds. */
export function isOfKind(kinds: readonly FrameKind[]): (frame: Frame) => boolean {
  const tags = new Set(kinds.map((kind) => (typeof kind === 'string' ? kind : kind.prototype.type)))
  return ({ family }) => family.some((tag) => tags.has(tag))
}

const STEERING: ReadonlySet<string> = new Set([
  'EndFrame',
  'StopFrame',
  'EndTaskFrame',
  'StopTaskFrame',
  'PipelineFlushFrame',
  'HeartbeatFrame',
])

/** What no filter or gate may keep: system frames, and those by which a task is steered and watched. */
export function mustPass(frame: Frame): boolean {
  return frame.lane === 'system' || STEERING.has(frame.type)
}
