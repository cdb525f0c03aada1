import { findFirefox, findWebKit, NO_FIREFOX, NO_WEBKIT } from './find-engine.mjs'

/** Says before the first test what does not run here, and why. */
export default async function announceEngines(): Promise<void> {
  console.log(
    'Only in Chromium: tests/chromium, which need the DevTools protocol, to freeze a tab say.',
  )
  if ((await findFirefox()) === undefined) console.log(NO_FIREFOX)
  if (findWebKit() === undefined) console.log(NO_WEBKIT)
}
