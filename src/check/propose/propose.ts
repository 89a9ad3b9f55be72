/**
 * Proposes how to check a topic against a sink: which places identify records and rows, where their categories are, and
 * which further values agree. It samples both sides, and looks for the ids of the records in the sink.
 */
import type { Cluster } from '../../kafka/client/cluster.ts';
import type { Sink } from '../../sinks/sink.ts';
import { Deadline } from '../../system/deadline.ts';
import type { FrozenTopic } from '../freeze.ts';
import { agreementsOf, type Agreements } from './agreements.ts';
import { IdentityCandidates, type Joined } from './identity-candidates.ts';
import { warningOf } from './place-names.ts';
import { findRows, sampleSink } from './sample-sink.ts';
import { sampleTopic, type RecordSample } from './sample-topic.ts';
import type { Sample } from './sample.ts';

/** For so many of the candidates, it is looked at what else agrees. */
const rankedMax = 8;

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

export interface Candidate extends Joined {
  agreements: Agreements;
  /** What is to be known of it. */
  warning: string | undefined;
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
    candidates: ranked(candidates, records, found.rows),
    notes: [...found.notes, ...nearly],
  };
}

/** By how many ids match, in tenths; then by how much else agrees, and by the names. */
function ranked(
  candidates: readonly Joined[],
  records: RecordSample,
  found: ReadonlyMap<number, Sample>,
): Candidate[] {
  const tenths = ({ matched, sampled }: Joined): number => Math.floor((10 * matched) / sampled);
  const kindOf = ({ id }: Joined): number => (id === 'position' ? 2 : id === 'key' ? 1 : 0);
  const first = [...candidates]
    .sort((a, b) => tenths(b) - tenths(a) || b.likeness - a.likeness || kindOf(a) - kindOf(b))
    .slice(0, rankedMax)
    .map((joined): Candidate => {
      const rows = found.get(joined.taken.row.at(-1)!)!;
      return {
        ...joined,
        agreements: agreementsOf(records.values, rows, joined.matches, joined.taken),
        warning: warningOf(joined.id),
      };
    });
  // If a position is the id, the ids proper are among the values that agree.
  const agreed = ({ id, agreements }: Candidate): number =>
    agreements.comparisons.length + Number(agreements.category !== undefined) + Number(id !== 'position');
  const isNone = ({ id }: Candidate): number => Number(id === 'header:traceparent');
  return first.sort(
    (a, b) =>
      isNone(a) - isNone(b) ||
      tenths(b) - tenths(a) ||
      agreed(b) - agreed(a) ||
      b.likeness - a.likeness ||
      kindOf(a) - kindOf(b),
  );
}
