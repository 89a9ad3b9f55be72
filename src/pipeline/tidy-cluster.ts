/** On somebody's cluster: takes away what a run made there, or says how. */
import type { ClientSettings } from '../client-config.ts';
import { messageOf } from '../errors.ts';
import { clientFromSettings } from '../kafka/client-from-settings.ts';
import type { RunFolder } from '../run-folder.ts';

export interface MadeByRun {
  folder: RunFolder;
  bootstrapServers: string;
  settings: ClientSettings;
  timeoutMs: number;
  /** Whether topic and group are to stay. */
  isKept: boolean;
}

export async function tidyCluster(made: MadeByRun, note: (line: string) => void): Promise<void> {
  const { bootstrapServers, settings, timeoutMs } = made;
  const manifest = made.folder.readManifest();
  if (manifest === undefined || !manifest.topicCreated) return;
  const { topic, group } = manifest;
  const byHand = `kafka-topics.sh --bootstrap-server ${bootstrapServers} --delete --topic ${topic} && kafka-consumer-groups.sh --bootstrap-server ${bootstrapServers} --delete --group ${group}`;
  if (made.isKept) {
    note(`Topic ${topic} and group ${group} were left on ${bootstrapServers}. To delete them:\n  ${byHand}`);
    return;
  }
  try {
    const access = { bootstrapServers, client: clientFromSettings(settings), timeoutMs };
    const { deleteTopicAndGroup } = await import('../kafka/topics.ts');
    await deleteTopicAndGroup(access, topic, group);
  } catch (error) {
    note(`Topic ${topic} and group ${group} could not be deleted: ${messageOf(error)}\n  ${byHand}`);
  }
}
