/** The environment was not understood. The message says which variable to change, and to what. */
export class SettingsError extends Error {
  override readonly name: string = 'SettingsError'
}
