/** Refuses a check whose ids do not identify, and names places that would. */
import type { Cluster } from '../../kafka/client/cluster.ts';
import { openSink } from '../../sinks/open-sink.ts';
import type { CheckRecord } from '../check-record.ts';
import type { IdentityTally } from '../evidence/identity-tally.ts';
import type { FrozenTopic } from '../freeze.ts';
import { refusalOf } from '../identity-refusal.ts';
import type { CheckPlan } from '../plan.ts';
import type { Candidate } from './candidate.ts';
import { propose } from './propose.ts';

/** The user waits for an error. */
const sinkTimeoutMs = 3_000;
const sinkMs = 6_000;

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
  const kafka = { bootstrapServers: plan.bootstrapServers, settings: plan.settings };
  const timeoutMs = Math.min(plan.timeoutMs, sinkTimeoutMs);
  try {
    const sink = await openSink({ location, query, table, kafka, timeoutMs, signal });
    try {
      const found = await propose({ cluster, topic, sink, sinkMs, timeoutMs, signal });
      return found.candidates.filter(({ isDoubtful }) => !isDoubtful);
    } finally {
      await sink.close();
    }
  } catch (error) {
    if (signal.aborted) throw error;
    return [];
  }
}
