import { expect, test } from 'vitest'
import { BaseObject } from './base-object.ts'

test('has a name and typed events in both spellings', () => {
  class Desk extends BaseObject<{ called: [number: string] }> {
    ring(number: string): void {
      this.emit('called', number)
    }
  }
  const desk = new Desk('desk')
  const calls: string[] = []
  const remove = desk.on('called', (number) => void calls.push(`on ${number}`))
  desk.eventHandler('on_called', (number) => void calls.push(`handler ${number}`))
  desk.ring('12')
  remove()
  desk.ring('34')
  expect([desk.name, calls]).toEqual(['desk', ['on 12', 'handler 12', 'handler 34']])
  expect(new Desk().name).toMatch(/^Desk#\d+$/)
})
