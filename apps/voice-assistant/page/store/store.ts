import { useSyncExternalStore } from 'react'

/** State with one way to change it. */
export interface Store<S, E> {
  state(): S
  send(event: E): void
  subscribe(listener: () => void): () => void
}

/** A store around a pure reducer. Listeners hear of changes only. */
export function createStore<S, E>(reduce: (state: S, event: E) => S, initial: S): Store<S, E> {
  let state = initial
  const listeners = new Set<() => void>()
  return {
    state: () => state,
    send: (event) => {
      const next = reduce(state, event)
      if (Object.is(next, state)) return
      state = next
      for (const listener of listeners) listener()
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The state of a store, kept fresh in a component. */
export function useStore<S, E>(store: Store<S, E>): S {
  return useSyncExternalStore(store.subscribe, store.state)
}
