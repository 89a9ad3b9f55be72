/**
 * Proposes how to check a topic against a sink: which places identify records and rows, where their categories are, and
 * which further values agree. It samples both sides, and looks for the ids of the records in the sink.
 */
import type { Cluster } from '../../kafka/client/cluster.ts';
import type { Sink } from '../../sinks/sink.ts';
import { Deadline } from '../../system/deadline.ts';
import type { FrozenTopic } from '../freeze.ts';
import { rankedCandidates, type Candidate } from './candidate.ts';
import { IdentityCandidates } from './identity-candidates.ts';
import { findRows, sampleSink } from './sample-sink.ts';
import { sampleTopic, type RecordSample } from './sample-topic.ts';
import type { Sample } from './sample.ts';

/** Limit of one silent wait for ids that are looked up: a column that needs longer is not looked up. */
const lookUpMs = 10_000;

export interface ProposeOptions {
  cluster: Cluster;
  topic: FrozenTopic;
  open: (timeoutMs: number) => Promise<Sink>;
  /** Limit of the time without progress. */
  timeoutMs: number;
  /** How long ids are looked for. */
  searchMs: number;
  signal: AbortSignal;
  onStep?: (text: string) => void;
}

export interface Proposal {
  sink: { name: string; rows: string };
  records: RecordSample;
  rows: Sample;
  /** The best first. */
  candidates: readonly Candidate[];
  notes: readonly string[];
}

/** Throws the errors of the sink and of the cluster. */
export async function propose(options: ProposeOptions): Promise<Proposal> {
  const { cluster, topic, timeoutMs, searchMs, signal, onStep } = options;
  onStep?.(`sampling topic ${topic.name}`);
  const records = await sampleTopic(cluster, topic.name, topic.partitions, { timeoutMs, signal });
  const { sink, rows } = await withSink(options, timeoutMs, async (opened) => {
    onStep?.(`sampling ${opened.name}`);
    const sampled = await sampleSink(opened, new Deadline(timeoutMs, signal));
    return { sink: { name: opened.name, rows: opened.rows }, rows: sampled };
  });
  if (records.values.count === 0 || rows.count === 0) {
    return { sink, records, rows, candidates: [], notes: [] };
  }
  onStep?.(`looking for ids in ${sink.name}`);
  const identity = new IdentityCandidates(topic.name, records, rows);
  const found = await withSink(options, Math.min(timeoutMs, lookUpMs), (opened) =>
    findRows(opened, rows, identity.wanted(), new Deadline(searchMs, signal)),
  );
  const { candidates, nearly } = identity.joined(found.rows);
  return {
    sink,
    records,
    rows,
    candidates: rankedCandidates(candidates, records, found.rows),
    notes: [...found.notes, ...nearly],
  };
}

async function withSink<T>(
  { open }: ProposeOptions,
  timeoutMs: number,
  action: (sink: Sink) => Promise<T>,
): Promise<T> {
  const sink = await open(timeoutMs);
  try {
    return await action(sink);
  } finally {
    await sink.close();
  }
}
