import type { FrameProcessor } from '../processor/frame-processor.ts'

/** Whether a service says that it can work; one that says nothing can. */
export function isUsableService(service: FrameProcessor): boolean {
  return !('isUsable' in service) || service.isUsable !== false
}

/** Tells a service that it can work again, where it can be told. */
export function setServiceUsable(service: FrameProcessor, usable: boolean): void {
  if ('setUsable' in service && typeof service.setUsable === 'function') service.setUsable(usable)
}
