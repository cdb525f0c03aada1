#!/usr/bin/env node
import '../dist/refusals-cli.js'
