import { installTmb } from '@tmb-kit/browser/service-worker'
import { optionsOf } from './options.js'

installTmb({ ...optionsOf(location.search), eventStreamSeconds: 1 })
