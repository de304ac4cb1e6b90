import type { Engine } from '../processor/engine.ts'
import { type FrameProcessor, NODE } from '../processor/frame-processor.ts'
import { type Edge, Node } from '../processor/node.ts'
import { PcError } from '../runtime/errors.ts'
import { type Branch, ParallelPipeline } from './parallel-pipeline.ts'

/**
 * Makes the nodes of a chain and joins them; a parallel pipeline's branches follow it in the order of nodes.
 *
 * @throws PcError `processor-used-twice`.
 */
export function link(engine: Engine, processors: readonly FrameProcessor[], edge: Edge): Branch {
  let head: Node | null = null
  let tail: Node | null = null
  for (const processor of processors) {
    if (engine.nodes.some((other) => other.processor === processor)) {
      throw new PcError(`${processor.name} stands twice in the pipeline; make one instance per place.`, {
        code: 'processor-used-twice',
        kind: 'config',
      })
    }
    const node: Node = new Node(processor, engine, edge)
    processor[NODE] = node
    node.previous = tail
    if (tail !== null) tail.next = node
    head ??= node
    tail = node
    if (processor instanceof ParallelPipeline) linkBranches(engine, processor)
  }
  return { head, tail }
}

function linkBranches(engine: Engine, parallel: ParallelPipeline): void {
  parallel.link(
    parallel.branches.map((branch, index) =>
      link(engine, branch.processors, {
        leave: (frame, direction) => parallel.leave(frame, direction, index),
      }),
    ),
  )
}
