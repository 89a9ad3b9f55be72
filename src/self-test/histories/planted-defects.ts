/**
 * Every kind of defect at every hop, each with a twin that looks like it and is none: a change of a healthy
 * history, and what an audit has to say of it.
 */
import { consumerDefects, storeDefects, storeDefectsOfConsumer } from './defects-behind-log.ts';
import { ledgerDefects, logDefects } from './defects-up-to-log.ts';
import type { PlantedDefect } from './history-edits.ts';

export const plantedDefects: readonly PlantedDefect[] = [
  ...ledgerDefects,
  ...logDefects,
  ...consumerDefects,
  ...storeDefectsOfConsumer,
  ...storeDefects,
];
