import { find, findByTestId, showText } from './elements.js'
import { MODE_WORDS, parseMode, type Mode } from './mode.js'

/** Shows in which mode the backend works, once it has said so. */
export interface ModeView {
  /** Takes what the backend said; nothing changes where it said nothing known. */
  show(said: unknown): void
  readonly mode: Mode
}

export function createModeView(): ModeView {
  const name = findByTestId('mode')
  const meaning = find('#mode-meaning')
  const edge = find('[data-edge="redeem"] span')
  let mode: Mode = 'tmb'

  return {
    show: (said) => {
      mode = parseMode(said) ?? mode
      name.textContent = mode
      showText(meaning, MODE_WORDS[mode].meaning)
      edge.textContent = MODE_WORDS[mode].edge
    },
    get mode() {
      return mode
    },
  }
}
