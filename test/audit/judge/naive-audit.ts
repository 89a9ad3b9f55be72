/**
 * The rules of the audit a second time, as plainly as possible: lists of lines, searched again for every question.
 * It shares only types with the audit, so that the two can be compared.
 */
import { states, type History } from './build-evidence.ts';
import { NaiveCase, type Say } from './naive-case.ts';
import { contradictsItself, isAcked, redeliveries } from './naive-lines.ts';
import { partitionFindings } from './naive-positions.ts';

export interface NaiveAudit {
  verdict: string;
  /** `kind blame count: ids`, sorted. */
  findings: string[];
  ledger: Record<string, number>;
  written: number;
  notWritten: number;
  foreign: number;
  redelivered: number | null;
  unrooted: number;
  dropped: number;
  repeated: number;
  superseded: number;
  confusion: Record<string, Record<string, number>>;
}

export function naiveAudit(h: History): NaiveAudit {
  const ids = Object.keys(h.messages);
  const found = new Map<string, string[]>();
  const audit: NaiveAudit = {
    verdict: '',
    findings: [],
    ledger: {
      sent: 0,
      acked: 0,
      rejected: 0,
      unknown: 0,
      unsent: 0,
      ...(h.transactions && h.sends.length > 0 && { aborted: 0 }),
    },
    written: 0,
    notWritten: 0,
    foreign: h.log.filter((line) => line.id === undefined && !isAcked(h, line.at)).length,
    redelivered: redeliveries(h),
    unrooted: 0,
    dropped: 0,
    repeated: 0,
    superseded: 0,
    confusion: {},
  };
  let isOpen =
    h.missing.some((hop) => hop === 'plan' || (h.required.includes(hop) && isGiven(h, hop))) ||
    h.interruptions.length > 0 ||
    h.stalls.length > 0 ||
    h.topicRecreated ||
    contradictsItself(h);
  for (const id of ids) {
    const life = new NaiveCase(h, id);
    const say: Say = (kind, blame) => {
      const key = `${kind} ${blame}`;
      const list = found.get(key) ?? [];
      if (!list.includes(id)) list.push(id);
      found.set(key, list);
    };
    if (life.judge(say) === 'open') isOpen = true;
    if (life.outcome !== 'unsent') audit.ledger['sent']! += 1;
    const isOwed = h.messages[id]!.planned && h.root !== 'log';
    if (life.isUnrooted()) audit.unrooted += life.ownRows().length;
    if (life.isDropped && life.hasReachedLog()) audit.dropped += 1;
    if (life.outcome !== 'unsent' || isOwed) audit.ledger[life.outcome]! += 1;
    if (life.outcome === 'unknown' && life.wasWritten() === true) audit.written += 1;
    if (life.outcome === 'unknown' && life.wasWritten() === false) audit.notWritten += 1;
    const { state } = h.messages[id]!;
    audit.repeated += life.repeats();
    const isReplaced = life.rows.every(({ category }) => category === 'dead-letters');
    if (life.key?.role === 'superseded' && isReplaced && life.isDue()) audit.superseded += 1;
    if (state === null || !life.isDueByKey()) continue;
    const stored = [...states, 'dead-letters'].filter((name) =>
      life.rows.some((row) => row.category === name),
    );
    const place = stored.includes(state) ? state : (stored[0] ?? '(missing)');
    audit.confusion[state] ??= {};
    audit.confusion[state][place] = (audit.confusion[state][place] ?? 0) + 1;
  }
  if (audit.ledger['unsent']! > 0 || audit.ledger['acked'] === 0) isOpen = true;
  const beside = partitionFindings(h);
  if (beside.isOpen) isOpen = true;
  for (const [key, partition] of beside.found) found.set(key, [...(found.get(key) ?? []), partition]);
  // The examples of a topic stand in the order of their places.
  if (h.root === 'log') for (const list of found.values()) list.sort();
  audit.findings = [...found].map(([key, list]) => `${key} ${list.length}: ${list.join(' ')}`).sort();
  audit.verdict = found.size > 0 ? 'fail' : isOpen ? 'inconclusive' : 'pass';
  return audit;
}

/** A journal that no consumer kept lacks nothing. */
const isGiven = (h: History, hop: string): boolean =>
  (hop !== 'deliveries' && hop !== 'written') || h[hop] !== undefined;
