import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Frame, FrameDirection } from '../src/index.ts'
import { FrameContext } from '../src/index.ts'
import { FrameQueue } from '../src/processor/frame-queue.ts'
import { Node } from '../src/processor/node.ts'
import { agrees, runEngine, runReference } from './order.property.ts'

describe('frames move as the reference says, whatever the stages, branches, delays and interruptions', () => {
  it('per lane: order, no loss, no duplicate, nothing late', async () => {
    const details = await agrees(400)
    if (details.failed && details.counterexample) {
      const [made] = details.counterexample
      expect(await runEngine(made), fc.stringify(made)).toEqual(runReference(made))
    }
    expect(details.failed).toBe(false)
  })

  describe('the check fails', () => {
    afterEach(() => vi.restoreAllMocks())

    it('without the fence', async () => {
      vi.spyOn(FrameContext.prototype, 'push').mockImplementation(function (
        this: FrameContext,
        frame: Frame,
        direction?: FrameDirection,
      ) {
        this.node.emit(frame, direction ?? this.direction)
      })
      expect((await agrees(400, 1)).failed).toBe(true)
    })

    it('without run to completion', async () => {
      const STACK = 1
      const accept = Node.prototype.accept
      vi.spyOn(Node.prototype, 'accept').mockImplementation(function (
        this: Node,
        frame: Frame,
        direction: FrameDirection,
      ) {
        const onStack = this.state & STACK
        this.state &= ~STACK
        accept.call(this, frame, direction)
        this.state |= onStack
      })
      expect((await agrees(400, 1)).failed).toBe(true)
    })

    it('without the sticky rule', async () => {
      vi.spyOn(FrameQueue.prototype, 'sweep').mockImplementation(function (this: FrameQueue) {
        const { size } = this
        this.clear()
        return size
      })
      expect((await agrees(400, 1)).failed).toBe(true)
    })
  })
})
