/** Every kind of defect at every hop, planted in a live pipeline of nodrop, or in a topic and a table of other programs. */
import type { LiveDefect } from './live-defect.ts';
import { liveDefectsBehindLog } from './live-defects-behind-log.ts';
import { liveDefectsOfChecks } from './live-defects-of-checks.ts';
import { liveDefectsOfTransactions } from './live-defects-of-transactions.ts';
import { liveDefectsUpToLog } from './live-defects-up-to-log.ts';

export const liveDefects: readonly LiveDefect[] = [
  ...liveDefectsUpToLog,
  ...liveDefectsOfTransactions,
  ...liveDefectsBehindLog,
  ...liveDefectsOfChecks,
];
