/** One open page that waits to hear of its session. */
export interface LiveStream {
  readonly body: ReadableStream<Uint8Array>
  /** Keeps it from being taken for dead. */
  beat(): void
  /** Tells the page to look at its session again, and ends the stream. */
  tell(): void
  /** Ends the stream without a word: the page comes again by itself. */
  close(): void
}

/** A browser comes again this long after its stream has ended. */
const RETRY_MILLISECONDS = 5000

/** Chunks that a page did not take; more of them, and nobody is there any more. */
const MAX_WAITING_CHUNKS = 16

/** @param onEnd Is called once, whoever ended it. */
export function createLiveStream(onEnd: () => void): LiveStream {
  const encoder = new TextEncoder()
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const finish = (): void => {
    controller = undefined
    onEnd()
  }
  const close = (): void => {
    controller?.close()
    if (controller !== undefined) finish()
  }
  const write = (text: string): void => {
    if ((controller?.desiredSize ?? 0) < -MAX_WAITING_CHUNKS) close()
    controller?.enqueue(encoder.encode(text))
  }

  return {
    body: new ReadableStream<Uint8Array>({
      start: (started) => {
        controller = started
        write(`retry: ${RETRY_MILLISECONDS}\n\n`)
      },
      cancel: finish,
    }),
    beat: () => write(':\n\n'),
    tell: () => {
      write('data: check\n\n')
      close()
    },
    close,
  }
}
