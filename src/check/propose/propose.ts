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

export interface ProposeOptions {
  cluster: Cluster;
  topic: FrozenTopic;
  /** To be opened with a short limit: a column that cannot be looked up in that time is no candidate. */
  sink: Sink;
  /** After this, the sink is read no further. */
  sinkMs: number;
  timeoutMs: number;
  signal: AbortSignal;
  onStep?: (text: string) => void;
}

export interface Proposal {
  records: RecordSample;
  rows: Sample;
  /** The best first. */
  candidates: readonly Candidate[];
  notes: readonly string[];
}

/** Throws the errors of the sink and of the cluster. */
export async function propose(options: ProposeOptions): Promise<Proposal> {
  const { cluster, topic, sink, sinkMs, timeoutMs, signal, onStep } = options;
  onStep?.(`sampling topic ${topic.name}`);
  const records = await sampleTopic(cluster, topic.name, topic.partitions, { timeoutMs, signal });
  onStep?.(`sampling ${sink.name}`);
  const deadline = new Deadline(sinkMs, signal);
  const rows = await sampleSink(sink, deadline);
  if (records.values.count === 0 || rows.count === 0) return { records, rows, candidates: [], notes: [] };
  onStep?.(`looking for ids in ${sink.name}`);
  const identity = new IdentityCandidates(topic.name, records, rows);
  const found = await findRows(sink, rows, identity.wanted(), deadline);
  const { candidates, nearly } = identity.joined(found.rows);
  return {
    records,
    rows,
    candidates: rankedCandidates(candidates, records, found.rows),
    notes: [...found.notes, ...nearly],
  };
}
