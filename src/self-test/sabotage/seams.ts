/** Plants a defect in a shipped producer or consumer from outside: see sabotage.ts. */
import { clientFromSettings } from '../../kafka/client/client-from-settings.ts';
import { groupOffsets } from '../../kafka/client/groups.ts';
import { listOffsets } from '../../kafka/client/list-offsets.ts';
import type { ConsumerSeams, WorkingConsumer } from '../../pipeline/consumer/consumer-store.ts';
import type { ProducerSeams, SessionStart } from '../../pipeline/producer/producer.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import type { Store } from '../../stores/store.ts';
import { sabotageFromEnvironment, sabotageText, tellSabotage, type Sabotage } from './sabotage.ts';
import { sabotagedSender } from './sabotaged-sender.ts';
import { SabotagedStore } from './sabotaged-store.ts';

/** The defect that the environment asks for. The run's folder records it as soon as it is planted. */
export function seamsFromEnvironment(folder: RunFolder): ProducerSeams & ConsumerSeams {
  const sabotage = sabotageFromEnvironment();
  if (sabotage === undefined) return {};
  const note = (): void => folder.noteSabotage(sabotageText(sabotage));
  return {
    startOf: (start) => replayed(start, sabotage),
    wrapSender: (sender) => {
      note();
      return sabotagedSender(sender, sabotage);
    },
    wrapStore: (store, consumer) => {
      note();
      return sabotagedStore(store, sabotage, consumer);
    },
  };
}

/** The session start of a producer that reads its input again from an earlier message. */
function replayed({ session, first }: SessionStart, sabotage: Sabotage): SessionStart {
  if (sabotage.kind !== 'replay' || session === 0 || sabotage.sequence >= first) return { session, first };
  tellSabotage(sabotage);
  return { session, first: sabotage.sequence };
}

function sabotagedStore(
  store: Store,
  sabotage: Sabotage,
  { config, cluster, group }: WorkingConsumer,
): SabotagedStore {
  const { bootstrapServers, settings, timeoutMs, folder, topic } = config;
  const access = { bootstrapServers, client: clientFromSettings(settings), timeoutMs };
  return new SabotagedStore(store, sabotage, {
    run: folder.id,
    categories: config.categories,
    store: config.store,
    group,
    commits: async () => await groupOffsets(access, folder.groupInUse(), topic),
    ends: async () => await listOffsets(cluster, topic, 'latest'),
  });
}
