import { FlowsFunctionSchema as NativeSchema } from '../definition/flows-function-schema.ts'
import { nativeOptionsOf } from './native-options.ts'
import type { FlowsFunctionOptions, TransitionCallback } from './types.ts'

/**
 * A function in the names of Pipecat. It may stand wherever a function of this package may.
 *
 * ```ts
 * new FlowsFunctionSchema({
 *   name: 'select_pizza_size',
 *   description: 'Select the size of pizza the customer wants',
 *   properties: { size: { type: 'string', enum: ['small', 'medium', 'large'] } },
 *   required: ['size'],
 *   handler: async (args) => ({ status: 'success', data: { selected_size: args.size } }),
 *   transition_to: 'toppings_node',
 * })
 * ```
 *
 * @throws InvalidFunctionError for a name or schema that no model takes, and for `transition_to` and
 * `transition_callback` at once.
 */
export class FlowsFunctionSchema extends NativeSchema {
  /** As it was given. */
  readonly options: FlowsFunctionOptions

  constructor(options: FlowsFunctionOptions) {
    super(nativeOptionsOf(options))
    this.options = options
  }

  get transition_to(): string | undefined {
    return this.options.transition_to
  }

  get transition_callback(): TransitionCallback | undefined {
    return this.options.transition_callback
  }

  get cancel_on_interruption(): boolean {
    return this.options.cancel_on_interruption ?? false
  }

  get timeout_secs(): number | undefined {
    return this.options.timeout_secs
  }
}
