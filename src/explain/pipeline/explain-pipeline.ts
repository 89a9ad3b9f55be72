/** Explains one message of a run of a user's pipeline: its send, and what each hop and sink had of it. */
import { statSync } from 'node:fs';
import type { CheckRecord } from '../../check/check-record.ts';
import { FactFiles } from '../../check/facts/fact-files.ts';
import { bucketOf, factFlags } from '../../check/facts/fact-format.ts';
import { usageError } from '../../errors.ts';
import { destinationPath, judgeProofAgain, readProofEvidence } from '../../proof/proof-again.ts';
import type { ProofRecord } from '../../proof/proof-record.ts';
import { readResult } from '../../result/read-result.ts';
import type { SingleFinding } from '../../result/verdict.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import { findAsked, type KnownId } from '../check/asked-id.ts';
import { rowEvents, type FactsOfId } from '../check/check-events.ts';
import { rowSql } from '../check/row-sql.ts';
import { LedgerEvents } from '../ledger-events.ts';
import { gap, type Timeline, type TimelineEvent } from '../timeline.ts';

/** What one destination has of an id. */
interface Found {
  name: string;
  record: CheckRecord;
  known: KnownId | undefined;
  facts: FactsOfId | undefined;
}

export class ExplainedPipeline implements Disposable {
  readonly #folder: RunFolder;
  readonly #proof: ProofRecord;
  readonly #records: readonly CheckRecord[];
  readonly #files: readonly FactFiles[];

  private constructor(folder: RunFolder, proof: ProofRecord, records: readonly CheckRecord[]) {
    this.#folder = folder;
    this.#proof = proof;
    this.#records = records;
    this.#files = records.map(
      (record, index) => new FactFiles(destinationPath(folder.path, proof.destinations[index]!.name), record),
    );
  }

  /** Throws `usage` if evidence is missing. */
  static async open(folder: RunFolder): Promise<ExplainedPipeline> {
    const { proof, records, problems } = await readProofEvidence(folder.path);
    if (proof !== undefined && problems.length === 0) return new ExplainedPipeline(folder, proof, records);
    throw usageError(`Run ${folder.id} cannot be explained: ${problems[0]}`);
  }

  /** Throws `usage` if nodrop neither made the message nor found its id anywhere. */
  async explain(asked: string): Promise<Timeline> {
    const { run, pipeline, source, destinations } = this.#proof;
    const found = this.#find(asked);
    const known = found.find((each) => each.known !== undefined);
    if (known === undefined) {
      throw usageError(
        `Run ${run} knows no ${asked}: nodrop did not make it, and none of ${destinations.map(({ name }) => name).join(', ')} had it.`,
        'Ids are those that make was given.',
      );
    }
    const id = known.known!.text;
    const findings = await this.#judge(known);
    const sequence = sequenceOf(found);
    const notJudged = findings.length === 0 ? this.#notJudged(found) : [];
    const isRight = findings.length === 0 && notJudged.length === 0;
    return {
      run,
      check: {
        expected: expectedText(found, sequence),
        isRight,
        notJudged,
        sql: found.flatMap(({ record, facts }) => rowSql(record.sinks[0]!, rowTextOf(facts) ?? id) ?? []),
      },
      pipeline,
      topic: source,
      asked,
      id,
      expected: null,
      timeline: [
        ...(sequence === undefined
          ? [gap.nothing('intent', 'nodrop did not make it')]
          : await this.#sendEvents(sequence, id)),
        ...found.flatMap((each) => eventsAt(each)),
      ],
      asExpected: isRight,
      findings,
      audit: this.#audit(),
      kcat: null,
      dumpLog: null,
      note: null,
    };
  }

  [Symbol.dispose](): void {
    for (const files of this.#files) files[Symbol.dispose]();
  }

  #find(asked: string): Found[] {
    return this.#records.map((record, index) => {
      const { name } = this.#proof.destinations[index]!;
      const files = this.#files[index]!;
      const known = findAsked(record, files, asked);
      if (known === undefined) return { name, record, known, facts: undefined };
      const bucket = bucketOf(known.hash, record.shape.buckets);
      const facts: FactsOfId = {
        id: known.text,
        records: files.records.read(bucket, known.hash),
        later: files.later.read(bucket, known.hash),
        sinks: files.sinks.map((looks) => looks.map((look) => look.read(bucket, known.hash)).toReversed()),
      };
      return { name, record, known, facts };
    });
  }

  /** The intent and the outcome, under the message's own id. */
  async #sendEvents(sequence: number, id: string): Promise<TimelineEvent[]> {
    const ledgers = await LedgerEvents.open(this.#folder, this.#proof.run);
    const { events, gaps } = await ledgers.attemptsOf({ producer: 0, sequence });
    return [...events.map((event) => ({ ...event, id })), ...gaps];
  }

  async #judge({ known }: Found): Promise<SingleFinding[]> {
    const findings: SingleFinding[] = [];
    await judgeProofAgain(
      this.#folder.path,
      { proof: this.#proof, records: this.#records },
      {
        allowed: readResult(this.#folder.result)?.allowed ?? [],
        only: known!.hash,
        onFinding: (finding) => void (finding.id !== undefined && findings.push(finding)),
      },
    );
    return findings;
  }

  #notJudged(found: readonly Found[]): string[] {
    const open = found.filter(
      ({ record, facts }) => record.isUndrained && (facts?.sinks[0]?.at(-1)?.count ?? 0) === 0,
    );
    if (open.length > 0)
      return [`It may still come to ${open.map(({ name }) => name).join(', ')}: not drained.`];
    return this.#proof.open;
  }

  #audit(): Timeline['audit'] {
    const told = readResult(this.#folder.result);
    const written = statSync(this.#folder.result, { throwIfNoEntry: false });
    if (told === undefined || written === undefined) return null;
    return { verdict: told.verdict, time: Math.round(written.mtimeMs) };
  }
}

/** The offset of a fact that was made of a message is the message's number. */
function sequenceOf(found: readonly Found[]): number | undefined {
  const made = found.find(({ facts }) => (facts?.records.count ?? 0) > 0);
  return made?.facts!.records.offset(0);
}

function eventsAt({ name, record, facts }: Found): TimelineEvent[] {
  const has = facts !== undefined && facts.sinks[0]!.some(({ count }) => count > 0);
  if (!has) {
    const nothing = `${name}: ${isDropped(facts) ? 'not there, as a rule says' : 'not there'}`;
    return [{ ...gap.nothing('sink-row', nothing), sink: name }];
  }
  return rowEvents(record, facts).map((event) => ('sink' in event ? { ...event, sink: name } : event));
}

const isDropped = (facts: FactsOfId | undefined): boolean =>
  facts !== undefined && facts.records.count > 0 && (facts.records.flags(0) & factFlags.dropped) !== 0;

function expectedText(found: readonly Found[], sequence: number | undefined): string {
  if (sequence === undefined) return 'Nothing was expected: nodrop did not make it.';
  const due = found.filter(
    ({ facts }) => facts !== undefined && facts.records.count > 0 && !isDropped(facts),
  );
  const names = due.map(({ name }) => name).join(', ');
  return `Message ${sequence}. Expected: ${due.length === 0 ? 'nowhere' : `in ${names}`}.`;
}

const rowTextOf = (facts: FactsOfId | undefined): string | undefined => {
  const row = facts?.sinks[0]?.findLast(({ count }) => count > 0);
  return row?.text(0);
};
