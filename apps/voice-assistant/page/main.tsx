import '@pc/ui/styles.css'
import './view/page.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { browserClock, LevelTrack, restoreTheme } from '@pc/ui'
import { createController } from './call/controller.ts'
import { converse, untouched } from './store/conversation.ts'
import { createStore } from './store/store.ts'
import { App } from './view/app.tsx'

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
const root = document.getElementById('root')
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App store={store} controls={controls} levels={levels} clock={browserClock} insecure={!isSecureContext} />
    </StrictMode>,
  )
}
