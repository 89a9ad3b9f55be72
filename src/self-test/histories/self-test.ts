/** The self-test: plants each defect in a history, audits it and its clean twin, and says which were caught. */
import { historyFromLines } from '../../audit/history/read-history.ts';
import type { PlantedDefect } from './history-edits.ts';
import { plantedDefects } from './planted-defects.ts';
import { healthyHistory, linesOf, type PlantedHistory } from './planted-history.ts';
import type { Audit } from '../../result/verdict.ts';
import { audit } from '../../audit/judge/audit.ts';

export interface Detection {
  defect: string;
  hop: string;
  found: boolean;
  blamedRightly: boolean;
  twinSilent: boolean;
}

export const selfTest = (defects: readonly PlantedDefect[] = plantedDefects): Promise<Detection[]> =>
  Promise.all(defects.map(detect));

async function detect({ name, hop, expected, plant, twin }: PlantedDefect): Promise<Detection> {
  const spoilt = await auditAfter(plant);
  const clean = await auditAfter(twin ?? (() => undefined));
  const twinSilent = clean.findings.length === 0;
  if (expected === 'inconclusive') {
    const found = spoilt.verdict === 'inconclusive';
    return { defect: name, hop, found, blamedRightly: found, twinSilent };
  }
  const ofKind = spoilt.findings.filter(({ kind }) => kind === expected.kind);
  const blamedRightly = ofKind.length === 1 && ofKind[0]!.blame === expected.blame;
  // If one planted defect led to two findings, a second hop would be blamed as well.
  return {
    defect: name,
    hop,
    found: ofKind.length > 0,
    blamedRightly: blamedRightly && spoilt.findings.length === 1,
    twinSilent,
  };
}

async function auditAfter(change: (history: PlantedHistory) => void): Promise<Audit> {
  const history = healthyHistory();
  change(history);
  return await audit(historyFromLines(linesOf(history), 'self-test'));
}
