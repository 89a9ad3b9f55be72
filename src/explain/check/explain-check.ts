/** Explains one id of a check from its folder: all facts about it, and what the judge says of it alone. */
import { readFileSync, statSync } from 'node:fs';
import { readCheckEvidence } from '../../check/check-evidence.ts';
import { checkSchema, type CheckRecord } from '../../check/check-record.ts';
import { FactFiles } from '../../check/facts/fact-files.ts';
import { bucketOf } from '../../check/facts/fact-format.ts';
import { judgeFacts } from '../../check/judge-facts.ts';
import { usageError } from '../../errors.ts';
import { readResult } from '../../result/read-result.ts';
import type { Audit, SingleFinding } from '../../result/verdict.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import { kcatCommand } from '../kcat-command.ts';
import {
  limited,
  type CheckOfTimeline,
  type LetterEvent,
  type RecordEvent,
  type Timeline,
} from '../timeline.ts';
import { findAsked, type KnownId } from './asked-id.ts';
import { commitEvents, recordEvents, rowEvents, type FactsOfId } from './check-events.ts';
import { rowSql } from './row-sql.ts';

/** The evidence of a check, from which any number of ids can be explained. */
export class ExplainedCheck implements Disposable {
  readonly #folder: RunFolder;
  readonly #record: CheckRecord;
  readonly #files: FactFiles;

  private constructor(folder: RunFolder, record: CheckRecord) {
    this.#folder = folder;
    this.#record = record;
    this.#files = new FactFiles(folder.path, record);
  }

  /** Throws `usage` if evidence is missing. */
  static async open(folder: RunFolder): Promise<ExplainedCheck> {
    const { record, problems } = await readCheckEvidence(folder.path);
    if (record !== undefined && problems.length === 0) return new ExplainedCheck(folder, record);
    throw usageError(
      `Check ${folder.id} cannot be explained: ${problems[0]}`,
      'Run nodrop check again to read topic and sink now.',
    );
  }

  /** For evidence that has just been judged, and so has been compared with its seals. */
  static openJudged(folder: RunFolder): ExplainedCheck {
    return new ExplainedCheck(folder, checkSchema.parse(JSON.parse(readFileSync(folder.check, 'utf8'))));
  }

  /** Throws `usage` if neither topic nor sink had the id. */
  async explain(asked: string, bootstrapServers: string | undefined): Promise<Timeline> {
    const record = this.#record;
    const known = findAsked(record, this.#files, asked);
    if (known === undefined) throw unknownError(record, asked);
    const bucket = bucketOf(known.hash, record.shape.buckets);
    const facts: FactsOfId = {
      id: known.text,
      records: this.#files.records.read(bucket, known.hash),
      later: this.#files.later.read(bucket, known.hash),
      sinks: this.#files.sinks.map((looks) =>
        looks.map((look) => look.read(bucket, known.hash)).toReversed(),
      ),
    };
    const records = recordEvents(record, facts);
    const { audit, findings } = await this.#judge(known);
    const notJudged = notJudgedOf(record, known, audit, records);
    const isRight = findings.length === 0 && notJudged.length === 0;
    const shown = records.find(({ isAborted }) => !isAborted) ?? records[0];
    return {
      run: record.id,
      check: {
        expected: expectedText(record, records),
        isRight,
        notJudged,
        sql: sqlOf(record, facts, shown),
      },
      topic: record.topics.map(({ name }) => name).join(', '),
      asked,
      id: known.text,
      expected: null,
      timeline: [
        ...(records.length === 0
          ? [{ hop: 'record', time: null, nothing: 'no record of it in the range' } as const]
          : limited('record', records)),
        ...commitEvents(record, records),
        ...rowEvents(record, facts),
        ...this.#letters(facts, records),
      ],
      asExpected: isRight,
      findings,
      audit: this.#auditOf(audit),
      kcat: shown === undefined ? null : kcatOf(record, shown, bootstrapServers),
      dumpLog: null,
      note: null,
    };
  }

  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]();
  }

  /** As if the check had read nothing else. */
  async #judge({ hash }: KnownId): Promise<{ audit: Audit; findings: SingleFinding[] }> {
    const findings: SingleFinding[] = [];
    const { audit } = await judgeFacts(this.#record, {
      path: this.#folder.path,
      allowed: readResult(this.#folder.result)?.allowed ?? [],
      only: hash,
      // Findings about partitions need all that was read of them.
      onFinding: (finding) => void (finding.id !== undefined && findings.push(finding)),
    });
    return { audit, findings };
  }

  #auditOf({ verdict }: Audit): Timeline['audit'] {
    const { result: path } = this.#folder;
    const told = readResult(path);
    const written = statSync(path, { throwIfNoEntry: false });
    if (told === undefined || written === undefined) return { verdict, time: Date.now() };
    return { verdict: told.verdict, time: Math.round(written.mtimeMs) };
  }

  #letters({ id, records }: FactsOfId, events: readonly RecordEvent[]): LetterEvent[] {
    const { letters } = this.#files;
    const { deadLetters, shape } = this.#record;
    if (letters === undefined || deadLetters === undefined || events.length === 0) return [];
    const hash = records.hash(0);
    const isThere =
      letters.facts.read(bucketOf(hash, shape.buckets), hash).count > 0 ||
      Array.from({ length: records.count }, (_, fact) => fact).some((fact) =>
        letters.places.has(records.partition(fact), records.offset(fact)),
      );
    return isThere ? [{ hop: 'letter', time: null, id, where: deadLetters.name }] : [];
  }
}

function sqlOf(
  { sinks, idForm }: CheckRecord,
  { id, sinks: facts }: FactsOfId,
  shown: RecordEvent | undefined,
): string[] {
  // A database writes bytes in a way of its own.
  if (idForm === 'bytes') return [];
  return sinks.flatMap((sink, index) => {
    // The sink may write the id in another way than the topic.
    const row = facts[index]!.findLast(({ count }) => count > 0);
    const sought = idForm === undefined ? shown : (row?.text(0) ?? id);
    return (sought && rowSql(sink, sought)) ?? [];
  });
}

const kcatOf = (
  record: CheckRecord,
  { topic, partition, offset, isAborted }: RecordEvent,
  bootstrapServers = record.bootstrapServers,
): string => kcatCommand({ bootstrapServers, topic, partition, offset, isAborted });

function expectedText(
  { plan, sinks }: CheckRecord,
  records: readonly RecordEvent[],
): CheckOfTimeline['expected'] {
  const own = records.filter(({ isAborted, isLater }) => !isAborted && !isLater);
  if (own.length === 0) return 'Nothing was expected: no committed record of the range has this id.';
  if (own[0]!.isDropped) {
    return `No row was expected: a declared drop${plan.dropReason === undefined ? '' : `, ${plan.dropReason}`}.`;
  }
  if (plan.rule === 'latest' && own.at(-1)!.isTombstone)
    return 'No row was expected: its last record is a tombstone.';
  const how = { once: 'one row', 'at-least-once': 'at least one row', latest: 'the newest version' }[
    plan.rule
  ];
  const category = own.find((each) => each.category !== null)?.category ?? null;
  const names = sinks.map(({ name }) => name).join(', ');
  const where = sinks.length === 1 ? names : `${plan.route === undefined ? 'each' : 'one'} of ${names}`;
  return `Expected: ${how} in ${where}${category === null ? '' : `, ${category}`}.`;
}

/** Why nothing is said of the message, in sentences. Empty: it was judged. */
function notJudgedOf(
  { plan }: CheckRecord,
  { isNameless }: KnownId,
  { acknowledged, counts, notChecked }: Audit,
  records: readonly RecordEvent[],
): string[] {
  if (isNameless) return [`The record has no id at ${plan.id}.`];
  if (records.length > 0 && records.every(({ isLater }) => isLater)) {
    return ['The record came to the topic after the range that is checked.'];
  }
  if (counts.unrooted > 0) {
    return ['No record that was read explains the row, and the topic held others before or since.'];
  }
  if (records.length > 0 && records.every(({ isAborted, isLater }) => isAborted || isLater)) return [];
  return acknowledged.unjudged === 0 ? [] : notChecked;
}

function unknownError({ id, plan, sinks, topics }: CheckRecord, asked: string): Error {
  const names = topics.map(({ name }) => name).join(', ');
  const sampled =
    plan.sample === undefined ? '' : ` It looked at about ${plan.sample} messages only, and took others.`;
  return usageError(
    `Check ${id} knows no ${asked}: neither ${names} nor ${sinks.map(({ name }) => name).join(', ')} had it.${sampled}`,
    `Ids are those at ${plan.id}, as the application writes them.\nPARTITION:OFFSET names a record, such as 0:42; with several topics, TOPIC/PARTITION:OFFSET.`,
  );
}
