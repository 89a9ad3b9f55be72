/** The doctor's checks of a cluster: addresses, security, versions, and the permissions that a run needs. */
import { messageOf, OperationalError } from '../../errors.ts';
import {
  clusterPermissions,
  groupPermissions,
  topicPermissions,
  type Permissions,
} from '../../kafka/client/ask-permissions.ts';
import { gapsOf, newestCommon } from '../../kafka/client/api-versions.ts';
import { lookAtBroker, type BrokerLook } from '../../kafka/client/broker-look.ts';
import { clientFromSettings } from '../../kafka/client/client-from-settings.ts';
import { parseBootstrapServers, type ClientOptions } from '../../kafka/client/client-options.ts';
import type { ClientSettings } from '../../kafka/client/client-settings.ts';
import { openCluster } from '../../kafka/client/cluster.ts';
import type { Operation } from '../../kafka/client/permissions.ts';
import { shellWord } from '../../system/shell-word.ts';
import type { Check } from './doctor-command.ts';

export interface DoctoredCluster {
  bootstrapServers: string;
  settings: ClientSettings;
  /** The topic that runs will use; undefined: each run has its own, whose name begins with `nodrop-`. */
  topic: string | undefined;
  /** Likewise their group. */
  group: string | undefined;
  timeoutMs: number;
  signal: AbortSignal;
}

/** The limit for one broker. */
const answerMsMax = 5_000;
const ownPrefix = 'nodrop-';

export async function checkCluster(doctored: DoctoredCluster): Promise<Check[]> {
  const { bootstrapServers, settings, timeoutMs } = doctored;
  const client = clientFromSettings(settings);
  const limitMs = Math.min(timeoutMs, answerMsMax);
  const given = parseBootstrapServers(bootstrapServers);
  const looks = await Promise.all(given.map((broker) => lookAtBroker(broker, client, limitMs)));
  const checks = given.map((broker, index) => addressCheck('Address', addressText(broker), looks[index]!));
  const good = looks.find(({ problem }) => problem === undefined);
  if (good === undefined) return checks;
  checks.push(securityCheck(settings, good), versionCheck(good));
  const others = good.brokers.map(async ({ nodeId, ...broker }) => {
    const known = given.findIndex(({ host, port }) => host === broker.host && port === broker.port);
    const look = known === -1 ? await lookAtBroker(broker, client, limitMs) : looks[known]!;
    const check = addressCheck('Broker', `${nodeId} is advertised at ${addressText(broker)}`, look);
    return check.ok ? check : { ...check, mend: `${check.mend ?? ''}\n${advertisedHint}`.trim() };
  });
  checks.push(...(await Promise.all(others)));
  return [...checks, ...(await permissionChecks(doctored, client))];
}

const advertisedHint =
  'A client connects to the addresses in advertised.listeners of the brokers, and not to --bootstrap-server only.';
const addressText = ({ host, port }: { host: string; port: number }): string => `${host}:${port}`;

function addressCheck(name: string, address: string, { resolved, problem, elapsedMs }: BrokerLook): Check {
  const known = resolved.filter((each) => !address.includes(each));
  const at = known.length === 0 ? address : `${address} (${known.join(', ')})`;
  return problem === undefined
    ? { name, ok: true, found: `${at} answers in ${elapsedMs} ms` }
    : { name, ok: false, found: `${at}: ${problem.text}`, mend: problem.hint };
}

function securityCheck(settings: ClientSettings, { tls }: BrokerLook): Check {
  const protocol = settings['security.protocol'] ?? 'PLAINTEXT';
  const parts = [
    protocol,
    ...(settings['sasl.mechanism'] === undefined ? [] : [settings['sasl.mechanism']]),
    ...(tls === undefined ? [] : [`${tls.version}, the certificate is valid until ${tls.validTo}`]),
  ];
  return { name: 'Security', ok: true, found: parts.join(', ') };
}

function versionCheck({ versions }: BrokerLook): Check {
  const gaps = gapsOf(versions);
  if (gaps.length > 0) {
    const mend = 'Kafka 2.3 and newer can be used.';
    return { name: 'Versions', ok: false, found: `it ${gaps.join('; it ')}`, mend };
  }
  const common = newestCommon(versions).map(([request, version]) => `${request} ${version}`);
  return { name: 'Versions', ok: true, found: common.join(', ') };
}

/** What a run lacks without a permission; undefined: the run cannot do without it. */
type Needs = readonly [operation: Operation, without?: string][];

const topicNeeds: Needs = [
  ['Describe'],
  ['Write'],
  ['Read'],
  ['Create'],
  ['Delete', 'nodrop leaves the topic after a pass'],
  ['DescribeConfigs', "the result says that the topic's settings are not known"],
];
const groupNeeds: Needs = [
  ['Read'],
  ['Describe', "the result says that the group's commits are not known"],
  ['Delete', 'nodrop leaves the group after a pass'],
];

async function permissionChecks(doctored: DoctoredCluster, client: ClientOptions): Promise<Check[]> {
  const { bootstrapServers, timeoutMs, signal } = doctored;
  const { topic = `${ownPrefix}doctor`, group = `${ownPrefix}doctor` } = doctored;
  try {
    await using cluster = await openCluster({
      bootstrapServers,
      clientId: 'nodrop-doctor',
      client,
      timeoutMs,
      signal,
    });
    const { permitted, exists } = await topicPermissions(cluster, topic);
    // A topic can be created with a permission on the cluster, too.
    const isCreatable = exists || (await clusterPermissions(cluster))?.has('Create') === true;
    const onTopic = permitted && new Set([...permitted, ...(isCreatable ? (['Create'] as const) : [])]);
    const who = typeof client.sasl?.username === 'string' ? client.sasl.username : 'NAME';
    return [
      permissionCheck('Topic', topic, topicNeeds, onTopic, {
        ...doctored,
        who,
        isOwn: doctored.topic === undefined,
      }),
      permissionCheck('Group', group, groupNeeds, await groupPermissions(cluster, group), {
        ...doctored,
        who,
        isOwn: doctored.group === undefined,
      }),
    ];
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    const mend = error.hint;
    return [{ name: 'Access', ok: false, found: messageOf(error), ...(mend !== undefined && { mend }) }];
  }
}

function permissionCheck(
  name: 'Topic' | 'Group',
  resource: string,
  needs: Needs,
  told: Permissions | undefined,
  { bootstrapServers, who, isOwn }: { bootstrapServers: string; who: string; isOwn: boolean },
): Check {
  if (told === undefined) {
    return { name, ok: true, found: `${resource}: the cluster does not tell what is permitted` };
  }
  const missing = needs.filter(([operation]) => !told.has(operation));
  const fatal = missing.filter(([, without]) => without === undefined);
  const permitted = needs.filter(([operation]) => told.has(operation)).map(([operation]) => operation);
  const limits = missing.map(([operation, without]) =>
    without === undefined ? `${operation} is missing` : `${operation} is missing: ${without}`,
  );
  const has = permitted.length === 0 ? [] : [`${permitted.join(', ')} permitted`];
  const found = `${resource}: ${[...has, ...limits].join('; ')}`;
  if (fatal.length === 0) return { name, ok: true, found };
  const pattern = isOwn ? `${ownPrefix} --resource-pattern-type prefixed` : shellWord(resource);
  const asked = missing.map(([operation]) => `--operation ${operation}`).join(' ');
  const mend = `kafka-acls.sh --bootstrap-server ${bootstrapServers} --add --allow-principal ${shellWord(`User:${who}`)} ${asked} --${name.toLowerCase()} ${pattern}`;
  return { name, ok: false, found, mend };
}
