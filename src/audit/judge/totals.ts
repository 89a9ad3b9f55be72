/** What the parts of the evidence come to together: counts add up, and partitions are judged after the last part. */
import type { Evidence } from '../evidence.ts';
import type {
  AckedFates,
  Audit,
  Blame,
  Cause,
  Finding,
  LedgerCounts,
  PartitionState,
  Verdict,
} from '../../result/verdict.ts';
import { Confusion } from './confusion-matrix.ts';
import { evidenceStates } from './evidence-states.ts';
import { Findings, type FindingsOptions } from './findings.ts';
import { noDoubts, notChecked, type Refusals } from './not-checked.ts';
import { findOvercommitted } from './overcommitted.ts';
import { Partitions } from './partitions.ts';
import { proven, type Proven } from './proven.ts';
import type { WrittenJournal } from './read-journal.ts';
import type { LogReading } from './read-log.ts';
import type { StoreReading } from './read-store.ts';
import { runFacts, type RunFacts } from './run-facts.ts';
import { StateCounts } from './state-counts.ts';
import type { Proof } from './proof.ts';

/** What was read of one part. */
interface PartRead {
  partitions: Partitions;
  log: LogReading;
  store: StoreReading;
  journal: WrittenJournal;
  proof: Proof;
}

export class Totals {
  readonly ledger: LedgerCounts = { sent: 0, acked: 0, rejected: 0, unknown: 0, unsent: 0 };
  readonly acknowledged: AckedFates = { right: 0, wrong: 0, lost: 0, unjudged: 0 };
  /** The number of messages with an unknown outcome that were written, and that were not. */
  readonly written = { yes: 0, no: 0 };
  /** What is counted under a rule, and is no finding. */
  readonly ruled = { repeated: 0, superseded: 0, unrooted: 0, dropped: 0 };
  readonly doubts = noDoubts();
  readonly findings: Findings;
  readonly confusion: Confusion;
  readonly states: StateCounts;
  readonly #categories: readonly string[];
  readonly #partitions: Partitions;
  readonly #log = { records: 0, foreign: 0, contradictions: 0, beyondEnd: 0 };
  readonly #store: StoreReading;
  #isJournalRead = false;
  #facts: RunFacts | undefined;
  #proven: Proven | undefined;
  #refusals: Refusals = { rejected: [], unknown: [] };

  constructor(first: Evidence, hooks: Omit<FindingsOptions, 'byPlace'>) {
    const { categories, root } = first;
    this.findings = new Findings({ byPlace: root === 'log', ...hooks });
    this.confusion = new Confusion(categories);
    this.states = new StateCounts(categories);
    this.#categories = categories;
    this.#partitions = new Partitions(first);
    this.#store = { byCategory: categories.map(() => 0), deadLetters: 0 };
  }

  /** To be called after all hops of a part were read. */
  addPartitions(partitions: Partitions): void {
    for (const partition of partitions.all) this.#partitions.of(partition.number).add(partition);
  }

  /** To be called after all messages of a part were judged. */
  async addHops(evidence: Evidence, { partitions, log, store, journal, proof }: PartRead): Promise<void> {
    for (const name of ['records', 'foreign', 'contradictions', 'beyondEnd'] as const)
      this.#log[name] += log[name];
    for (const [index, rows] of store.byCategory.entries()) this.#store.byCategory[index]! += rows;
    this.#store.deadLetters += store.deadLetters;
    this.#isJournalRead ||= journal.isRead || partitions.all.some(({ delivered }) => delivered.isAny);
    this.#facts = runFacts(evidence, this.#facts);
    this.#proven = proven(proof, this.#proven);
    if (this.ledger.acked === 0) this.#refusals = await refusalsOf(evidence);
  }

  /** Adds messages of one category that are right at all hops. */
  addRight(category: number, count: number): void {
    const state = this.states.of(category)!;
    for (const hop of ['sent', 'acked', 'logged'] as const) state[hop] += count;
    this.ledger.sent += count;
    this.ledger.acked += count;
    this.acknowledged.right += count;
    this.#log.records += count;
    this.#store.byCategory[category]! += count;
    this.confusion.addRight(category, count);
  }

  audit(allowed: readonly Cause[]): Audit {
    const [facts, whole] = [this.#facts!, this.#proven!];
    const { ledger, acknowledged, written, doubts, confusion, states } = this;
    const [log, store, partitions] = [this.#log, this.#store, this.#partitions];
    const uncertain = findOvercommitted(partitions.all, whole);
    this.#judgePartitions(facts, whole);
    const findings = this.findings
      .list((number) => partitions.of(number).isCommittedBeforeWrite)
      .map((finding) => marked(finding, allowed));
    const refusals = this.#refusals;
    const { unrooted } = this.ruled;
    const { open, minor } = notChecked({ facts, partitions, ledger, log, doubts, refusals, unrooted });
    open.push(...uncertain);
    const rows = store.byCategory.reduce((sum, count) => sum + count, 0);
    const evidence = evidenceStates(facts, whole, {
      ledger: ledger.sent > 0,
      log: log.records + log.foreign > 0,
      journal: this.#isJournalRead,
      store: rows + store.deadLetters > 0,
    });
    const isJournalRead = evidence.journal !== 'missing' && !whole.topicRecreated;
    return {
      verdict: verdictOf(findings, open.length),
      evidence,
      ledger,
      acknowledged,
      log: { records: log.records },
      store: {
        rows,
        byCategory: Object.fromEntries(
          this.#categories.map((name, index) => [name, store.byCategory[index]!]),
        ),
        deadLetters: store.deadLetters,
      },
      counts: {
        redelivered: facts.areDeliveriesKept
          ? partitions.all.reduce((sum, { redelivered }) => sum + redelivered, 0)
          : null,
        foreign: log.foreign,
        rejected: ledger.rejected,
        unsent: ledger.unsent,
        unknownWritten: written.yes,
        unknownNotWritten: written.no,
        refusedWrites: facts.refusedWrites,
        ...this.ruled,
      },
      // Offsets of a topic cannot be compared with those of a topic that was recreated under its name.
      states: states.table(isJournalRead ? facts : { areDeliveriesKept: false, areWritesKept: false }),
      partitions: partitions.all
        .map(({ state }) => (whole.topicRecreated ? { ...state, lag: null } : state))
        .sort(byName),
      confusion: confusion.table(),
      findings,
      notChecked: [...open, ...minor],
    };
  }

  /** Judges what concerns no message: records of faults, commits ahead of the store, and partitions without progress. */
  #judgePartitions({ stalls, found }: RunFacts, whole: Proven): void {
    for (const partition of this.#partitions.all) {
      const { overcommitted, beyondEnd } = partition;
      if (overcommitted !== undefined) {
        const { blame, cause, offset, detail } = overcommitted;
        const at = partition.place(offset);
        this.findings.add({ kind: 'overcommitted', blame, cause }, at, () => ({ ...at, detail }));
      }
      for (const [offset, isWritten] of beyondEnd) {
        const detail = "a row or dead letter beyond the log's end";
        const at = partition.place(offset);
        const blame = blameBeyondEnd(isWritten, whole);
        this.findings.add({ kind: 'phantom', blame }, at, () => ({ ...at, detail }));
      }
    }
    for (const { kind, blame, cause, ...example } of found) {
      this.findings.add({ kind, blame, ...(cause !== undefined && { cause }) }, example, () => example);
    }
    for (const { partition, blame } of stalls) {
      const { position, progress } = this.#partitions.of(partition);
      const at = { partition, ...(position !== undefined && { offset: position }) };
      this.findings.add({ kind: 'stalled', blame }, at, () => ({
        ...at,
        ...(progress !== undefined && { detail: `is ${progress}` }),
      }));
    }
  }
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

/** The consumer wrote the row, unless a whole journal has no such write. */
function blameBeyondEnd(isWritten: boolean, { isWrittenKept, writtenWhole }: Proven): Blame {
  if (isWritten || !isWrittenKept) return 'consumer';
  return writtenWhole ? 'store' : 'unknown';
}

const byName = (a: PartitionState, b: PartitionState): number =>
  a.topic === b.topic ? a.partition - b.partition : (a.topic ?? '') < (b.topic ?? '') ? -1 : 1;
