import { useEffect } from 'react'
import type { ReactElement } from 'react'
import { Toast } from '@pc/ui'
import type { LevelTrack, PageClock } from '@pc/ui'
import { preloadSession } from '../call/controller.ts'
import type { CallControls } from '../call/controller.ts'
import type { Conversation } from '../store/conversation.ts'
import type { TimedEvent } from '../store/events.ts'
import { useStore } from '../store/store.ts'
import type { Store } from '../store/store.ts'
import { CallView } from './call-view.tsx'

/** Props of {@link App}. */
export interface AppProps {
  store: Store<Conversation, TimedEvent>
  controls: CallControls
  levels: LevelTrack
  clock: PageClock
  insecure: boolean
}

/** The page, alive. */
export function App({ store, controls, levels, clock, insecure }: AppProps): ReactElement {
  const state = useStore(store)
  useEffect(() => {
    preloadSession()
    controls.findMics()
  }, [controls])
  return (
    <>
      <CallView state={state} controls={controls} levels={levels} clock={clock} insecure={insecure} />
      <Toast text={state.news} clock={clock} onGone={controls.closeNews} />
    </>
  )
}
