/** The fields of a node in the names of Pipecat, beside its own name. */
export const NODE_KEYS = [
  'role_message',
  'role_messages',
  'task_messages',
  'functions',
  'pre_actions',
  'post_actions',
  'context_strategy',
  'respond_immediately',
] as const
