#!/usr/bin/env node
import { main } from '../dist/conformance.js'

process.exitCode = await main(process.argv.slice(2), {
  write: (text) => process.stdout.write(text),
})
