import { createWorkerTmb, type WorkerTmb } from '@tmb-kit/browser/service-worker'
import { optionsOf } from './options.js'

declare global {
  interface Window {
    workerTmb: WorkerTmb
  }
}

const { search } = location
window.workerTmb = createWorkerTmb({ ...optionsOf(search), workerUrl: `/sw.js${search}` })
