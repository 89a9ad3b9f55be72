/** The facts of a made-up pipeline in a temporary folder, as a run would leave them, and their judgement. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CategoryTable } from '../../src/check/facts/category-table.ts';
import { FactMaker } from '../../src/check/facts/fact-maker.ts';
import { FactWriter } from '../../src/check/facts/fact-writer.ts';
import type { Layout } from '../../src/check/facts/layout.ts';
import type { Expectation, PipelineConfig } from '../../src/config/config.ts';
import { DestinationFacts } from '../../src/proof/destination-facts.ts';
import { destinationsOf, withoutHistory, type Destination } from '../../src/proof/destinations.ts';
import { Expectations } from '../../src/proof/expectations.ts';
import { judgeDestinations, type Judgeable } from '../../src/proof/judge-destinations.ts';
import { unsent } from '../../src/proof/made-facts.ts';
import { roleOf, type ProofRecord } from '../../src/proof/proof-record.ts';
import { proofResult } from '../../src/proof/proof-result.ts';
import { settleLooks } from '../../src/proof/settle-looks.ts';
import { noMeasurements, noTimings, type Result } from '../../src/result/result.ts';
import type { SingleFinding } from '../../src/result/verdict.ts';
import { outcomeCodes } from '../../src/run-folder/ledger/outcome.ts';
import { MessageLogWriter } from '../../src/run-folder/message-log.ts';
import type { PreparedMessage } from '../../src/config/outgoing-message.ts';
import { parseValuePlace } from '../../src/values/value-place.ts';
import { ValueBatchBuilder } from '../../src/values/value-batch.ts';

export interface MadeMessage {
  id: string;
  outcome: 'acked' | 'rejected' | 'unknown' | 'unsent';
  value: Readonly<Record<string, string>> | null;
  expectation: Expectation | undefined;
}

/** The values of a row, by the texts of their places at the destination. */
export type MadeRow = Readonly<Record<string, string | null>>;

export interface MadePipeline {
  pipeline: PipelineConfig;
  messages: readonly MadeMessage[];
  /** By destination: its looks. */
  looks: Readonly<Record<string, readonly (readonly MadeRow[])[]>>;
  /** The destinations that held something before the run. */
  used?: readonly string[];
}

export interface JudgedPipeline {
  result: Result;
  found: SingleFinding[];
}

export async function judgePipeline({
  pipeline,
  messages,
  looks,
  used = [],
}: MadePipeline): Promise<JudgedPipeline> {
  const path = mkdtempSync(join(tmpdir(), 'nodrop-pipeline-'));
  try {
    const made = messages.map((message, sequence) => outgoing(message, sequence));
    const destinations = destinationsOf('p', pipeline, parseValuePlace('json:id', 'id'));
    const expectations = new Expectations(
      destinations,
      ({ sequence }) => messages[sequence]!.expectation ?? { at: all(destinations) },
    );
    const log = new MessageLogWriter(join(path, 'messages.log'));
    log.append(
      made.map((message) => {
        const { expectation } = messages[message.sequence]!;
        const text = expectations.textOf(message);
        return { ...message, expectation: expectation === undefined ? undefined : text };
      }),
    );
    log.close();
    const fresh = withoutHistory(
      destinations,
      new Set(destinations.map(({ name }) => name).filter((name) => !used.includes(name))),
    );
    const outcomes = Uint8Array.from(messages, ({ outcome }) =>
      outcome === 'unsent' ? unsent : outcomeCodes[outcome],
    );
    const checks = destinations.map(
      (destination) =>
        new DestinationFacts({
          run: 'run-1',
          path: join(path, destination.name),
          messages: join(path, 'messages.log'),
          outcomes,
          sent: messages.filter(({ outcome }) => outcome !== 'unsent').length,
          destination,
          rule: expectations.ruleOf(destination),
          bootstrapServers: 'localhost:9092',
          settleMs: 0,
          wasEmpty: fresh.has(destination.name),
          buckets: 2,
        }),
    );
    for (const check of checks)
      for (const rows of looks[check.destination.name] ?? [[]]) await look(check, path, rows);
    settleLooks(
      checks,
      messages.some(({ outcome }) => outcome === 'unknown'),
    );
    return await judged(checks, messages, destinations);
  } finally {
    rmSync(path, { recursive: true });
  }
}

async function judged(
  checks: readonly DestinationFacts[],
  messages: readonly MadeMessage[],
  destinations: readonly Destination[],
): Promise<JudgedPipeline> {
  const records = checks.map((check) =>
    check.record({ name: `topic:${check.destination.name}`, rows: 'records' }, false),
  );
  const found: SingleFinding[] = [];
  const judgeables = checks.map((check, index): Judgeable => ({
    destination: check.destination,
    judge: (options) => check.judge(records[index]!, options),
  }));
  const judgement = await judgeDestinations(judgeables, [], (finding) => found.push(finding));
  const count = (outcome: string): number => messages.filter((message) => message.outcome === outcome).length;
  const proof: ProofRecord = {
    schema: 1,
    run: 'run-1',
    seed: 1,
    pipeline: 'p',
    source: 'topic:source',
    planned: messages.length,
    handed: {
      counts: {
        sent: messages.length - count('unsent'),
        acked: count('acked'),
        rejected: count('rejected'),
        unknown: count('unknown'),
      },
      errors: { rejected: [], unknown: [] },
      problems: [],
      tookMs: 1,
    },
    destinations: checks.map(({ destination }) => roleOf(destination)),
    drops: {},
    open: [],
    notes: [],
    faults: [],
  };
  const proven = judgement.map((facts, index) => ({ record: records[index]!, facts }));
  const environment = {
    nodrop: '',
    node: '',
    platform: '',
    kafka: null,
    java: null,
  } as unknown as Result['environment'];
  if (destinations.length !== proven.length) throw new Error('a destination was not judged');
  return {
    result: proofResult(proof, proven, {
      allowed: [],
      measured: noMeasurements(),
      timings: noTimings(),
      environment,
    }),
    found,
  };
}

const all = (destinations: readonly Destination[]): Record<string, 'once'> =>
  Object.fromEntries(
    destinations.filter(({ deadLetters }) => !deadLetters).map(({ name }) => [name, 'once'] as const),
  );

function outgoing({ id, value }: MadeMessage, sequence: number): PreparedMessage {
  const bytes = value === null ? null : Buffer.from(JSON.stringify({ id, ...value }));
  return {
    id,
    sequence,
    key: Buffer.from(value?.key ?? id),
    headers: [],
    value: bytes,
    document: value,
    made: {},
  };
}

async function look(check: DestinationFacts, path: string, rows: readonly MadeRow[]): Promise<void> {
  const { places } = check.columns;
  const { file, layout } = await check.begin(places.map(() => 'text'));
  const { name } = check.destination;
  const written = writeRows(join(path, name, file), { check, layout, rows });
  check.add({
    file,
    ...written,
    rows: rows.length,
    noSnapshot: null,
    notes: [],
    holes: [],
    positions: [],
    letters: [],
  });
}

function writeRows(
  file: string,
  { check, layout, rows }: { check: DestinationFacts; layout: Layout; rows: readonly MadeRow[] },
) {
  const { places } = check.columns;
  const writer = new FactWriter(file, check.shape);
  const categories = new CategoryTable('The sink');
  const maker = new FactMaker({ layout, writer, categories, topics: [''], sample: 1 });
  let offset = 0;
  for (const row of rows) {
    const builder = new ValueBatchBuilder(places.length);
    for (const { text } of places) {
      const value = row[text] ?? null;
      if (value === null) builder.addNull();
      else builder.addText(value);
    }
    const batch = builder.take();
    // Topics have one partition here.
    if (check.destination.topic !== undefined)
      batch.places = { partition: Int32Array.of(0), offset: Float64Array.of(offset++) };
    maker.add(batch, 0);
  }
  return { ...writer.close(), withoutId: maker.withoutId, categories: categories.names };
}
