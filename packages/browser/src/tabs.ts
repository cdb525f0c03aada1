/** What tabs tell each other. Nothing secret: any script of the origin can listen, and speak. */
export interface TabMessage {
  /** The user signed out. */
  readonly ended?: true
  /** This browser has a new key. */
  readonly jkt?: string
  /** A tab has seen a living session of this user. */
  readonly user?: string
}

export interface Tabs {
  tell(message: TabMessage): void
  close(): void
}

/** The other tabs of this application. Silent where the browser has no `BroadcastChannel`. */
export function joinTabs(name: string, onMessage: (message: TabMessage) => void): Tabs {
  const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(name) : undefined
  if (channel !== undefined) {
    channel.onmessage = ({ data }: MessageEvent<TabMessage>) => {
      onMessage(data)
    }
  }
  return {
    tell: (message) => channel?.postMessage(message),
    close: () => channel?.close(),
  }
}
