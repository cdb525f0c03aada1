// A server of the demo must not outlive the command that started it, even when that one is killed.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()
