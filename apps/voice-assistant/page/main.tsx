import '@pc/ui/styles.css'
import './view/page.css'
import './view/flow.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { browserClock, LevelTrack, restoreTheme } from '@pc/ui'
import { createController } from './call/controller.ts'
import { converse, untouched } from './store/conversation.ts'
import { createStore } from './store/store.ts'
import { App } from './view/app.tsx'
import { demoListOf } from './wire/demo-list.ts'

restoreTheme()
const store = createStore(converse, untouched)
const levels = new LevelTrack()
const controls = createController({
  store,
  levels,
  clock: browserClock,
  endpoint: '/start',
  secure: isSecureContext,
})
const address = new URL(location.href)

/** Lists what the server offers; what is chosen stands in the address. */
async function offerDemos(): Promise<void> {
  const list: unknown = await fetch('demos.json')
    .then((response) => response.json())
    .catch(() => undefined)
  const demos = demoListOf(list)
  const chosen = address.searchParams.get('demo') ?? undefined
  store.send({ type: 'demos', demos, chosen, atMs: browserClock.nowMs() })
  store.subscribe(() => {
    const { id } = store.state().demo
    if ((address.searchParams.get('demo') ?? demos[0]?.id) === id) return
    address.searchParams.set('demo', id)
    history.replaceState(null, '', address)
  })
}

void offerDemos()
const root = document.getElementById('root')
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App store={store} controls={controls} levels={levels} clock={browserClock} insecure={!isSecureContext} />
    </StrictMode>,
  )
}
