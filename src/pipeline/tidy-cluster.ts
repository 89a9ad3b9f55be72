/**
 * Removes the topic and group that a run created on a user's cluster. If it leaves them, it says why, and how to remove
 * them by hand.
 */
import type { ClientSettings } from '../kafka/client/client-settings.ts';
import { messageOf, OperationalError, unavailableError } from '../errors.ts';
import { clientFromSettings } from '../kafka/client/client-from-settings.ts';
import { readScan, readScanSummary, scanFlags } from '../run-folder/log-scan-file.ts';
import { counted, leftText } from '../system/removal.ts';
import { groupOf, topicOf, type Manifest, type RunFolder } from '../run-folder/run-folder.ts';
import { shellWord } from '../system/shell-word.ts';
import type { Verdict } from '../result/verdict.ts';

export interface MadeByRun {
  folder: RunFolder;
  bootstrapServers: string;
  settings: ClientSettings;
  timeoutMs: number;
  /** Whether topic and group stay even after a pass. */
  keepTopic: boolean;
  verdict: Verdict;
  /** The audit's count of records in the topic that do not belong to the run. */
  foreign: number;
  /** The places of those that faults of the run have published. */
  published: readonly { partition: number; offset: number }[];
}

export async function tidyCluster(made: MadeByRun, note: (line: string) => void): Promise<void> {
  const { bootstrapServers, folder } = made;
  const manifest = folder.readManifest();
  if (manifest === undefined) return;
  const { topic, topicCreated } = manifest;
  const group = folder.groupInUse();
  const tidy = async (what: string, option: string, script: string, remove: Remove): Promise<void> => {
    const why = keptBecause(made) ?? (await remove(made, manifest).catch(messageOf));
    if (why === undefined) return;
    note(leftOf(what, why, { script, option, bootstrapServers }));
  };
  // A topic that existed before is not nodrop's.
  if (topicCreated) await tidy(`Topic ${topic}`, `--topic ${shellWord(topic)}`, 'kafka-topics.sh', tidyTopic);
  await tidy(`Group ${group}`, `--group ${shellWord(group)}`, 'kafka-consumer-groups.sh', tidyGroup);
}

/** Why both stay; undefined if they can be removed. */
function keptBecause({ keepTopic, verdict }: MadeByRun): string | undefined {
  if (verdict !== 'pass') return 'the run did not pass, and it is evidence';
  return keepTopic ? '--keep-topic says so' : undefined;
}

/** Returns why the topic or group was left; undefined if it was removed. */
type Remove = (made: MadeByRun, manifest: Manifest) => Promise<string | undefined>;

const tidyTopic: Remove = async (made, { id, topic, topicId }) => {
  if (topic !== topicOf(id)) return 'it has a name of yours, by which others may find it';
  const foreign = foreignRecords(made);
  if (foreign > 0) return `it holds ${counted(foreign, 'record')} of others`;
  const { ranges } = await readScanSummary(made.folder.logSummary);
  const ends = new Map(ranges.map(({ partition, end }) => [partition, end]));
  const { removeTopic } = await import('../kafka/client/remove-topic.ts');
  return await removeTopic(accessOf(made), { topic, topicId, ends });
};

const tidyGroup: Remove = async (made, { id, topic }) => {
  const group = made.folder.groupInUse();
  if (group !== groupOf(id)) return 'it has a name of yours, by which others may find it';
  const { removeGroup } = await import('../kafka/client/remove-topic.ts');
  return await removeGroup(accessOf(made), { group, topic });
};

const accessOf = ({ bootstrapServers, settings, timeoutMs }: MadeByRun) => ({
  bootstrapServers,
  client: clientFromSettings(settings),
  timeoutMs,
});

function foreignRecords({ folder, foreign, published }: MadeByRun): number {
  if (foreign === 0 || published.length === 0) return foreign;
  const own = new Set(published.map(({ partition, offset }) => `${partition}:${offset}`));
  let count = 0;
  for (const rows of readScan(folder.logScan)) {
    for (let index = 0; index < rows.count; index++) {
      const isForeign = (rows.flagsAt(index) & scanFlags.foreign) !== 0;
      if (isForeign && !own.has(`${rows.partitionAt(index)}:${rows.offsetAt(index)}`)) count += 1;
    }
  }
  return count;
}

/** Notes the topic and group that a run without a verdict leaves on the cluster. */
export function tellLeft(folder: RunFolder, bootstrapServers: string, note: (line: string) => void): void {
  const manifest = folder.soundManifest();
  if (manifest?.topicCreated !== true) return;
  note(leftLine({ topic: manifest.topic, group: folder.groupInUse(), bootstrapServers }));
}

/** Adds to an error that the run leaves a topic: without a manifest, nothing else says that the topic is the run's. */
export function tellingLeft(error: unknown, left: Left): unknown {
  const isOurs = error instanceof OperationalError;
  const isSystems = error instanceof Error && 'syscall' in error;
  if (!(isOurs ? error.code !== 'interrupted' : isSystems)) return error;
  const { code, hint } = isOurs ? error : unavailableError(messageOf(error));
  const lines = [...(hint === undefined ? [] : [hint]), leftLine(left)];
  return new OperationalError(code, messageOf(error), { hint: lines.join('\n'), cause: error });
}

type Left = Pick<Manifest, 'topic' | 'group' | 'bootstrapServers'>;

const leftLine = ({ topic, group, bootstrapServers }: Left): string =>
  [
    [`Topic ${topic}`, 'kafka-topics.sh', `--topic ${shellWord(topic)}`] as const,
    [`Group ${group}`, 'kafka-consumer-groups.sh', `--group ${shellWord(group)}`] as const,
  ]
    .map(([what, script, option]) => leftOf(what, noVerdict, { script, option, bootstrapServers }))
    .join('\n');

const noVerdict = 'the run came to no verdict';

const leftOf = (
  what: string,
  why: string,
  { script, option, bootstrapServers }: { script: string; option: string; bootstrapServers: string },
): string =>
  leftText(
    `${what} at ${bootstrapServers}`,
    why,
    `${script} --bootstrap-server ${bootstrapServers} --delete ${option}`,
  );
