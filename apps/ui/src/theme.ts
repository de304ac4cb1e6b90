/** The two looks of a page. */
export type Theme = 'light' | 'dark'

const storageKey = 'pc-theme'

/** The look the page has now: the stored choice, else the system's. */
export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset['theme']
  if (chosen === 'light' || chosen === 'dark') return chosen
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

/** Applies a look and remembers it for the next visit. */
export function chooseTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme
  try {
    localStorage.setItem(storageKey, theme)
  } catch {
    // A page without storage keeps the choice until it closes.
  }
}

/** Applies the look chosen on an earlier visit; without one the system's choice stays. Call it before the first paint. */
export function restoreTheme(): void {
  try {
    const stored = localStorage.getItem(storageKey)
    if (stored === 'light' || stored === 'dark') document.documentElement.dataset['theme'] = stored
  } catch {
    // No storage: the system's choice stays.
  }
}
