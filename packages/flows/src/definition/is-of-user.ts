import { isSpecificMessage, type Message } from '@pc/core'

/** Whether a message is what the user has said. */
export function isOfUser(message: Message): boolean {
  return !isSpecificMessage(message) && message.role === 'user'
}
