import { useState } from 'react'
import type { ReactElement } from 'react'
import { Contrast } from 'lucide-react'
import { IconButton } from './button.tsx'
import { chooseTheme, currentTheme } from './theme.ts'

/** Switches between light and dark, and remembers it. */
export function ThemeButton(): ReactElement {
  const [theme, setTheme] = useState(currentTheme)
  const other = theme === 'light' ? 'dark' : 'light'
  return (
    <IconButton
      icon={Contrast}
      label={`Switch to ${other}`}
      onClick={() => {
        chooseTheme(other)
        setTheme(other)
      }}
    />
  )
}
