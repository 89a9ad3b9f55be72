/**
 * Every kind of defect at every hop: a change to a healthy history, the finding that the audit must make, and a twin
 * that looks like the defect but is not one.
 */
import { consumerDefects, storeDefects, storeDefectsOfConsumer } from './defects-behind-log.ts';
import { ruleDefects } from './defects-of-rules.ts';
import { transactionDefects } from './defects-of-transactions.ts';
import { ledgerDefects, logDefects } from './defects-up-to-log.ts';
import type { PlantedDefect } from './history-edits.ts';

export const plantedDefects: readonly PlantedDefect[] = [
  ...ledgerDefects,
  ...logDefects,
  ...transactionDefects,
  ...consumerDefects,
  ...storeDefectsOfConsumer,
  ...storeDefects,
  ...ruleDefects,
];
