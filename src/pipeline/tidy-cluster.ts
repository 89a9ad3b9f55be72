/** On somebody's cluster: takes away what a run made there, or says how. */
import type { ClientSettings } from '../client-config.ts';
import { messageOf, OperationalError, unavailableError } from '../errors.ts';
import { clientFromSettings } from '../kafka/client-from-settings.ts';
import type { Manifest, RunFolder } from '../run-folder.ts';

export interface MadeByRun {
  folder: RunFolder;
  bootstrapServers: string;
  settings: ClientSettings;
  timeoutMs: number;
  /** Whether topic and group are to stay. */
  isKept: boolean;
}

export async function tidyCluster(made: MadeByRun, note: (line: string) => void): Promise<void> {
  const { folder, bootstrapServers, settings, timeoutMs } = made;
  const manifest = folder.readManifest();
  if (manifest === undefined || !manifest.topicCreated) return;
  const { topic, group } = manifest;
  if (made.isKept) {
    note(leftLine({ topic, group, bootstrapServers }));
    return;
  }
  try {
    const access = { bootstrapServers, client: clientFromSettings(settings), timeoutMs };
    const { deleteTopicAndGroup } = await import('../kafka/topics.ts');
    await deleteTopicAndGroup(access, topic, group);
  } catch (error) {
    const byHand = commandFor({ topic, group, bootstrapServers });
    note(`Topic ${topic} and group ${group} could not be deleted: ${messageOf(error)}\n  ${byHand}`);
  }
}

/** What a run that came to no verdict made there. */
export function tellLeft(folder: RunFolder, bootstrapServers: string, note: (line: string) => void): void {
  let manifest: Manifest | undefined;
  try {
    manifest = folder.readManifest();
  } catch {
    // It is damaged: nobody knows what it named.
    return;
  }
  if (manifest?.topicCreated === true) note(leftLine({ ...manifest, bootstrapServers }));
}

/** Where no manifest could be written, nobody else would know that the topic is the run's. */
export function tellingLeft(error: unknown, left: Left): unknown {
  const isOurs = error instanceof OperationalError;
  const isSystems = error instanceof Error && 'syscall' in error;
  if (!(isOurs ? error.code !== 'interrupted' : isSystems)) return error;
  const { code, hint } = isOurs ? error : unavailableError(messageOf(error));
  const lines = [...(hint === undefined ? [] : [hint]), leftLine(left)];
  return new OperationalError(code, messageOf(error), { hint: lines.join('\n'), cause: error });
}

type Left = Pick<Manifest, 'topic' | 'group' | 'bootstrapServers'>;

const leftLine = (left: Left): string =>
  `Topic ${left.topic} and group ${left.group} were left on ${left.bootstrapServers}. To delete them:\n  ${commandFor(left)}`;

const commandFor = ({ topic, group, bootstrapServers }: Left): string =>
  `kafka-topics.sh --bootstrap-server ${bootstrapServers} --delete --topic ${topic} && kafka-consumer-groups.sh --bootstrap-server ${bootstrapServers} --delete --group ${group}`;
