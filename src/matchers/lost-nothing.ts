/** The matcher `toHaveLostNothing`, for the `expect` of vitest and of Jest. */
import { join } from 'node:path';
import { noColors } from '../report/text/colours.ts';
import { summaryLines } from '../report/terminal/summary.ts';
import { exitCodeOf, type Result } from '../result/result.ts';

interface MatcherAnswer {
  pass: boolean;
  message: () => string;
}

/** Passes for a result whose verdict is `pass`, and that missed no threshold. Its message is the summary of the run. */
export function toHaveLostNothing(received: unknown): MatcherAnswer {
  if (!isResult(received)) {
    throw new TypeError('toHaveLostNothing() takes what runPipeline() gives. Is an await missing?');
  }
  const { folder } = received;
  const places = {
    evidence: folder ?? received.run.id,
    ...(folder !== undefined && { report: join(folder, 'report.html') }),
  };
  return {
    pass: exitCodeOf(received) === 0,
    message: () => summaryLines(received, places, noColors).join('\n'),
  };
}

const isResult = (received: unknown): received is Result & { folder?: string } =>
  typeof received === 'object' && received !== null && 'verdict' in received && 'thresholds' in received;
