// A process that sends requests over a few connections, each as soon as the last one was answered.
import autocannon from 'autocannon'

process.on('message', ({ port, requests, amount, connections }) => {
  const statuses = {}
  const begun = performance.now()
  let ended = begun
  const run = autocannon({ url: `http://127.0.0.1:${port}`, requests, amount, connections })
  run.on('response', (_client, status) => {
    statuses[status] = (statuses[status] ?? 0) + 1
    // Its own duration counts whole seconds.
    ended = performance.now()
  })
  run.on('done', () => process.send({ milliseconds: ended - begun, statuses }))
})
process.on('disconnect', () => process.exit(0))
