/** Polls the leaders of a topic's partitions, to show them during a run. The verdict does not use them. */
import type { ClientSettings } from './client-settings.ts';
import { OperationalError } from '../../errors.ts';
import { clientFromSettings } from './client-from-settings.ts';
import { openCluster, type Cluster } from './cluster.ts';
import { Deadline } from '../../system/deadline.ts';

const everyMs = 1_000;
const answerMsMax = 2_000;

export interface WatchedTopic {
  bootstrapServers: string;
  settings: ClientSettings;
  topic: string;
}

/** Runs until the signal. Calls `onChange` with the leaders by partition (−1: none), at first and at each change. */
export async function watchLeaders(
  { bootstrapServers, settings, topic }: WatchedTopic,
  onChange: (leaders: number[]) => void,
  signal: AbortSignal,
): Promise<void> {
  let told = '';
  let cluster: Cluster | undefined;
  const client = clientFromSettings(settings);
  const pause = new Deadline(Infinity, signal);
  try {
    while (!signal.aborted) {
      try {
        const clientId = 'nodrop-watch';
        cluster ??= await openCluster({ bootstrapServers, clientId, client, timeoutMs: answerMsMax, signal });
        const leaders = (await cluster.metadata(topic))?.partitions.map(({ leader }) => leader) ?? [];
        if (leaders.length > 0 && String(leaders) !== told) onChange(leaders);
        told = String(leaders);
      } catch (error) {
        // No broker answered, or the signal was aborted: the next answer counts.
        if (!(error instanceof OperationalError)) throw error;
      }
      await pause.pause(everyMs);
    }
  } finally {
    await cluster?.close();
  }
}
