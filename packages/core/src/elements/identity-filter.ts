import { FrameProcessor } from '../processor/frame-processor.ts'

/** Lets everything pass: a place for nothing, where a list or a branch wants an element. */
export class IdentityFilter extends FrameProcessor {}
