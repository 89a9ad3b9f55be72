/** Restarts a run's own broker if it is gone and an audit has to scan the topic. */
import { isAtWork } from '../../run-folder/at-work.ts';
import { messageOf } from '../../errors.ts';
import { foldersIn } from '../../kafka/broker/broker-folders.ts';
import { leftoverProcess } from '../../system/process-record.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import type { Context } from './context.ts';

interface OwnBroker extends AsyncDisposable {
  bootstrapServers: string;
  /** The file of client settings that the broker requires; undefined if it requires none. */
  clientProperties: string | undefined;
}

/**
 * Starts the broker from its data if it is gone. Returns undefined if the run had none or if it still runs, and a
 * sentence if it cannot be started.
 */
export async function ownBrokerAgain(
  folder: RunFolder,
  timeoutMs: number,
  { signal, terminal }: Context,
): Promise<OwnBroker | string | undefined> {
  const folders = foldersIn(folder.broker);
  if (folders.length === 0 || (await isAtWork(folder))) return undefined;
  const running = await Promise.all(folders.map(leftoverProcess));
  if (running.some((pid) => pid !== undefined)) return undefined;
  terminal.note(
    `The broker of run ${folder.id} is gone: nodrop restarts it for the audit from its data in ${folder.broker}`,
  );
  terminal.status('starting Apache Kafka');
  try {
    const { restartKafka } = await import('../../kafka/broker/restart-kafka.ts');
    return await restartKafka(folder.broker, {
      timeoutMs,
      signal,
      onProgress: (line) => terminal.status(line),
    });
  } catch (error) {
    signal.throwIfAborted();
    return `The broker of the run is gone and could not be restarted from its data in ${folder.broker}: ${messageOf(error)}`;
  }
}
