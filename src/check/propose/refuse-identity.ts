/** Refuses a check whose ids do not identify, and names places that would. */
import { OperationalError } from '../../errors.ts';
import type { Cluster } from '../../kafka/client/cluster.ts';
import { openSink } from '../../sinks/open-sink.ts';
import type { Sink } from '../../sinks/sink.ts';
import type { CheckRecord } from '../check-record.ts';
import type { IdentityTally } from '../evidence/identity-tally.ts';
import type { FrozenTopic } from '../freeze.ts';
import { refusalOf } from '../identity-refusal.ts';
import type { CheckPlan } from '../plan.ts';
import type { Candidate } from './candidate.ts';
import { propose } from './propose.ts';

/** The user waits for an error. */
const timeoutMaxMs = 3_000;
const searchMs = 6_000;

export interface RefusalOptions {
  plan: CheckPlan;
  cluster: Cluster;
  topic: FrozenTopic;
  signal: AbortSignal;
}

/** Throws `usage` if the ids do not identify. */
export async function refuseIdentity(
  { record, tallies }: { record: CheckRecord; tallies: readonly IdentityTally[] },
  options: RefusalOptions,
): Promise<void> {
  const refusal = refusalOf(record, tallies);
  if (refusal !== undefined) throw refusal.error(await candidatesFor(refusal.sink, options));
}

/** None if looking for them fails: the refusal stands without them. */
async function candidatesFor(
  index: number,
  { plan, cluster, topic, signal }: RefusalOptions,
): Promise<readonly Candidate[]> {
  const { location, query, table } = plan.sinks[index]!;
  const { sinkKafka: kafka } = plan;
  const open = (timeoutMs: number): Promise<Sink> =>
    openSink({ location, query, table, kafka, timeoutMs, signal });
  const timeoutMs = Math.min(plan.timeoutMs, timeoutMaxMs);
  try {
    const { candidates } = await propose({ cluster, topic, open, timeoutMs, searchMs, signal });
    return candidates.filter(({ isDoubtful }) => !isDoubtful);
  } catch (error) {
    if (signal.aborted || !(error instanceof OperationalError)) throw error;
    return [];
  }
}
