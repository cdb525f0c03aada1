import type { DiagramView } from './diagram-view.js'
import type { LogView, StepView } from './log-view.js'
import type { Outcome, Step } from './step.js'

/** Tells the story: each step lights up in the picture and stands in the log. */
export interface Narrator {
  begin(step: Step): StepView
  tell(step: Step, outcome: Outcome, highlight?: string): void
}

export function createNarrator(log: LogView, diagram: DiagramView): Narrator {
  const begin = (step: Step): StepView => {
    diagram.light(step.from, step.to)
    const view = log.add(step)
    return {
      finish: (outcome, highlight) => {
        if (outcome.tone === 'failed') diagram.fail(step.from, step.to)
        view.finish(outcome, highlight)
      },
    }
  }
  return {
    begin,
    tell: (step, outcome, highlight) => begin(step).finish(outcome, highlight),
  }
}
