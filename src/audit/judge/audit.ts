/**
 * The audit: from evidence to a verdict. It reads each hop once, in the order in which messages pass them (except for
 * deliveries, which come first, to count by), and then judges every message by what the hops say about it. If the
 * evidence proves a defect, the verdict is a failure, even if other evidence is missing. If anything could not be
 * judged, the verdict is never a pass.
 */
import type { Evidence } from '../evidence.ts';
import type {
  AckedFates,
  Audit,
  Blame,
  Cause,
  Finding,
  LedgerCounts,
  PartitionState,
  SingleFinding,
  Verdict,
} from '../../result/verdict.ts';
import { Confusion } from './confusion-matrix.ts';
import { evidenceStates } from './evidence-states.ts';
import { Findings } from './findings.ts';
import { judge, wasWritten } from './judge.ts';
import { noDoubts, notChecked, type Doubts, type Refusals } from './not-checked.ts';
import type { Opinion } from './charge.ts';
import { findOvercommitted } from './overcommitted.ts';
import { Partitions } from './partitions.ts';
import { readDeliveries, WrittenJournal } from './read-journal.ts';
import { readLedger } from './read-ledger.ts';
import { readLogHop, type LogReading } from './read-log.ts';
import { readStore } from './read-store.ts';
import { noteRewritten } from './rewritten-offsets.ts';
import { StateCounts } from './state-counts.ts';
import { isExpectedInStore, Proof, subjectOf, type Subject } from './subject.ts';
import { notePartlyCommitted } from './torn-transaction.ts';
import { Trails } from './trails.ts';

export interface AuditOptions {
  /** Findings of these causes are reported, but do not fail the run. */
  allowed?: readonly Cause[];
  /** Called with each single finding, of which the audit keeps only the first of a kind. */
  onFinding?: (finding: SingleFinding) => void;
}

export async function audit(
  evidence: Evidence,
  { allowed = [], onFinding }: AuditOptions = {},
): Promise<Audit> {
  const partitions = new Partitions(evidence);
  const trails = new Trails(evidence.messages, partitions);
  readDeliveries(evidence, partitions);
  readLedger(evidence, trails);
  const log = readLogHop(evidence, trails, partitions);
  notePartlyCommitted(evidence.messages.count, trails, partitions);
  const store = await readStore(evidence, trails, partitions);
  const journal = new WrittenJournal(evidence, trails, partitions);
  const isLogContradicted = log.contradictions + log.beyondEnd > 0;
  const proof = new Proof(evidence, partitions, trails, journal, isLogContradicted);
  noteRewritten(evidence.messages, trails, proof);
  const uncertain = findOvercommitted(evidence.messages, trails, journal, proof);
  const findings = new Findings(evidence.messages, partitions, onFinding);
  const { ledger, acknowledged, written, doubts, confusion, states } = judgeAll({
    evidence,
    trails,
    log,
    journal,
    proof,
    findings,
  });
  judgePartitions(evidence, proof, findings);
  const list = findings.list().map((finding) => marked(finding, allowed));
  const refusals = ledger.acked === 0 ? await refusalsOf(evidence) : undefined;
  const { open, minor } = notChecked(evidence, partitions, ledger, log, doubts, refusals);
  open.push(...uncertain);
  const known = evidenceStates(evidence, { partitions, journal, proof, ledger, log, store });
  return {
    verdict: verdictOf(list, open.length),
    evidence: known,
    ledger,
    acknowledged,
    log: { records: log.records },
    store: {
      rows: store.byCategory.reduce((sum, rows) => sum + rows, 0),
      byCategory: Object.fromEntries(
        evidence.categories.map((name, index) => [name, store.byCategory[index]!]),
      ),
      deadLetters: store.deadLetters,
    },
    counts: {
      redelivered: evidence.deliveries
        ? partitions.all.reduce((sum, { redelivered }) => sum + redelivered, 0)
        : null,
      foreign: log.foreign,
      rejected: ledger.rejected,
      unsent: ledger.unsent,
      unknownWritten: written.yes,
      unknownNotWritten: written.no,
      refusedWrites: evidence.refusedWrites ?? null,
    },
    // Offsets of a topic cannot be compared with those of a topic that was recreated under its name.
    states: states.table(known.journal === 'missing' || proof.topicRecreated ? {} : evidence),
    partitions: partitions.all
      .map(({ state }) => (proof.topicRecreated ? { ...state, lag: null } : state))
      .sort(byName),
    confusion: confusion.table(),
    findings: list,
    notChecked: [...open, ...minor],
  };
}

async function refusalsOf({ ledger }: Evidence): Promise<Refusals> {
  const [rejected = [], unknown = []] = [
    await ledger.errorsOf?.('rejected'),
    await ledger.errorsOf?.('unknown'),
  ];
  return { rejected, unknown };
}

function verdictOf(findings: readonly Finding[], open: number): Verdict {
  if (findings.some(({ kind, allowed }) => kind !== 'stalled' && allowed !== true)) return 'fail';
  return open > 0 ? 'inconclusive' : 'pass';
}

const marked = (finding: Finding, allowed: readonly Cause[]): Finding =>
  finding.cause !== undefined && allowed.includes(finding.cause) ? { ...finding, allowed: true } : finding;

interface Judged {
  ledger: LedgerCounts;
  acknowledged: AckedFates;
  /** The number of messages with an unknown outcome that were written, and that were not. */
  written: { yes: number; no: number };
  findings: Findings;
  doubts: Doubts;
  confusion: Confusion;
  states: StateCounts;
}

interface Case {
  evidence: Evidence;
  trails: Trails;
  log: LogReading;
  journal: WrittenJournal;
  proof: Proof;
  findings: Findings;
}

function judgeAll({ evidence, trails, log, journal, proof, findings }: Case): Judged {
  const { messages, categories } = evidence;
  const judged: Judged = {
    ledger: {
      sent: 0,
      acked: 0,
      rejected: 0,
      unknown: 0,
      unsent: messages.plannedCount,
      ...(trails.transactions && { aborted: 0 }),
    },
    acknowledged: { right: 0, wrong: 0, lost: 0, unjudged: 0 },
    written: { yes: 0, no: 0 },
    findings,
    doubts: noDoubts(),
    confusion: new Confusion(categories),
    states: new StateCounts(categories),
  };
  const areOffsetsSound = proof.partitions.all.every(({ contested }) => contested.size === 0);
  for (let message = 0; message < messages.count; message++) {
    const category = messages.expectedCategory(message);
    countHops(judged, message, category, { evidence, trails, journal, proof });
    countOutcome(judged.ledger, message, evidence, trails);
    if (trails.isExemplary(message) && areOffsetsSound && !log.reordered.has(message)) {
      judged.confusion.addRight(category!);
      judged.acknowledged.right += 1;
    } else if (trails.isMentioned(message) || journal.names(message)) {
      judgeOne(judged, subjectOf(message, evidence, trails, log, journal), proof);
    }
  }
  return judged;
}

/** Judges what concerns no message: records of faults, commits ahead of the store, and partitions without progress. */
function judgePartitions({ stalls = [], found = [] }: Evidence, proof: Proof, findings: Findings): void {
  const { partitions } = proof;
  for (const partition of partitions.all) {
    const { overcommitted, beyondEnd } = partition;
    if (overcommitted !== undefined) {
      const { blame, cause, offset, detail } = overcommitted;
      findings.addExample({ kind: 'overcommitted', blame, cause }, () => ({
        ...partition.place(offset),
        detail,
      }));
    }
    for (const [offset, isWritten] of beyondEnd) {
      const detail = "a row or dead letter beyond the log's end";
      findings.addExample({ kind: 'phantom', blame: blameBeyondEnd(isWritten, proof) }, () => ({
        ...partition.place(offset),
        detail,
      }));
    }
  }
  for (const { kind, blame, cause, ...example } of found) {
    findings.addExample({ kind, blame, ...(cause !== undefined && { cause }) }, () => example);
  }
  for (const { partition, blame } of stalls) {
    const { position, progress } = partitions.of(partition);
    findings.addExample({ kind: 'stalled', blame }, () => ({
      partition,
      ...(position !== undefined && { offset: position }),
      ...(progress !== undefined && { detail: `is ${progress}` }),
    }));
  }
}

/** The consumer wrote the row, unless a whole journal has no such write. */
function blameBeyondEnd(isWritten: boolean, { isWrittenKept, writtenWhole }: Proof): Blame {
  if (isWritten || !isWrittenKept) return 'consumer';
  return writtenWhole ? 'store' : 'unknown';
}

const byName = (a: PartitionState, b: PartitionState): number =>
  a.topic === b.topic ? a.partition - b.partition : (a.topic ?? '') < (b.topic ?? '') ? -1 : 1;

function countHops(
  { states }: Judged,
  message: number,
  category: number | undefined,
  { evidence, trails, journal, proof }: Omit<Case, 'log' | 'findings'>,
): void {
  const counts = states.of(category);
  if (counts === undefined) return;
  const outcome = trails.outcome(message);
  if (outcome !== undefined) counts.sent += 1;
  if (outcome === 'acked') counts.acked += 1;
  if (trails.isLogged(message)) counts.logged += 1;
  if (evidence.deliveries === undefined && evidence.written === undefined) return;
  // A consumer's ranges span what was aborted, and it was handed none of it.
  if (outcome === 'aborted' && !trails.isLogged(message)) return;
  if (trails.isPlainlyPlaced(message)) {
    const { delivered, written } = trails.partitionOf(message);
    const offset = trails.offsetOf(message);
    if (delivered.timesAt(offset) > 0) counts.delivered! += 1;
    if (written.has(offset) || journal.names(message)) counts.written! += 1;
    return;
  }
  const { acks, records } = trails.trail(message);
  const places = [...acks, ...records];
  if (places.some((place) => proof.isDelivered(place))) counts.delivered! += 1;
  if (journal.hasWritten(message, places)) counts.written! += 1;
}

function countOutcome(ledger: LedgerCounts, message: number, { messages }: Evidence, trails: Trails): void {
  const outcome = trails.outcome(message);
  if (outcome === undefined) return;
  ledger.sent += 1;
  ledger[outcome] = (ledger[outcome] ?? 0) + 1;
  if (messages.isPlanned(message)) ledger.unsent -= 1;
}

function judgeOne(judged: Judged, subject: Subject, proof: Proof): void {
  const { findings, doubts, confusion, written } = judged;
  const opinions = judge(subject, proof);
  if (subject.outcome === 'acked') judged.acknowledged[fateOf(opinions)] += 1;
  for (const opinion of opinions) {
    if (opinion === undefined) continue;
    if ('doubt' in opinion) doubts[opinion.doubt] += 1;
    else findings.add(subject, opinion);
  }
  if (isExpectedInStore(subject, proof)) confusion.add(subject);
  if (subject.outcome !== 'unknown') return;
  const isWritten = wasWritten(subject, proof);
  if (isWritten !== undefined) written[isWritten ? 'yes' : 'no'] += 1;
}

function fateOf(opinions: readonly Opinion[]): keyof AckedFates {
  const said = opinions.filter((opinion) => opinion !== undefined);
  const kinds = said.flatMap((opinion) => ('doubt' in opinion ? [] : [opinion.kind]));
  if (kinds.includes('lost') || kinds.includes('expired')) return 'lost';
  if (kinds.length > 0) return 'wrong';
  return said.length > 0 ? 'unjudged' : 'right';
}
