import '@pc/ui/styles.css'
import '../view/page.css'
import '../view/flow.css'
import './gallery.css'
import { createRoot } from 'react-dom/client'
import { stoppedClock } from '@pc/ui'
import type { CallControls } from '../call/controller.ts'
import { CallView } from '../view/call-view.tsx'
import { Parts } from './parts.tsx'
import { scenes } from './scenes.ts'

// For development only: ?state=<name> shows the page in that state, ?state=parts every part; ?theme= sets the look.
const query = new URLSearchParams(location.search)
const theme = query.get('theme')
if (theme !== null) document.documentElement.dataset['theme'] = theme
const name = query.get('state')
const scene = scenes[name ?? '']?.()

const controls: CallControls = {
  choose: () => {},
  chooseAnother: () => {},
  start: () => {},
  sendText: () => {},
  toggleMic: () => {},
  pickMic: () => {},
  findMics: () => {},
  end: () => {},
  closeProblem: () => {},
  closeNews: () => {},
  micLevel: () => scene?.micLevel ?? 0,
}

const root = document.getElementById('root')
if (root !== null) {
  createRoot(root).render(
    name === 'parts' ? (
      <Parts />
    ) : scene === undefined ? (
      <nav className="scene-list" aria-label="States">
        {['parts', ...Object.keys(scenes)].map((each) => (
          <a key={each} href={`?state=${each}`}>
            {each}
          </a>
        ))}
      </nav>
    ) : (
      <CallView
        state={scene.state}
        controls={controls}
        levels={scene.levels}
        clock={stoppedClock(scene.nowMs)}
        insecure={scene.insecure}
        firstTab={query.get('tab') === 'flow' ? 'flow' : 'talk'}
      />
    ),
  )
}
