import { PcError } from '../runtime/errors.ts'
import { type Frame, frameClass } from './frame.ts'

/** A frame as plain data: what recordings hold and what goes to a worker. Typed arrays stay typed arrays. */
export interface FrameData {
  readonly type: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** The plain data of a frame. */
export function frameToData(frame: Frame): FrameData {
  const { type, flags: _flags, ...fields } = frame
  return { type, fields }
}

/**
 * A frame from its plain data, id included.
 *
 * @throws PcError `unknown-frame` when no class is registered for the tag; import the package that defines it.
 */
export function frameFromData({ type, fields }: FrameData): Frame {
  const registered = frameClass(type)
  if (registered === undefined) {
    throw new PcError(`No frame class is registered as "${type}": import the package that defines it.`, {
      code: 'unknown-frame',
      kind: 'protocol',
    })
  }
  const { prototype } = registered
  const frame: Frame = Object.create(prototype)
  return Object.assign(frame, { type: prototype.type, flags: prototype.flags }, fields)
}
