/** Starts and stops a real Apache Kafka on loopback, in KRaft mode or with ZooKeeper: one broker, or a cluster. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { unavailableError, usageError } from '../../errors.ts';
import { folderLeftText, removeOwn } from '../../system/removal.ts';
import { Broker } from './broker.ts';
import { clusterFiles, securityFiles } from './broker-files.ts';
import {
  adminPropertiesIn,
  clientPropertiesIn,
  foldersOf,
  securityFolderOf,
  zookeeperFolderOf,
} from './broker-folders.ts';
import type { BrokerPlan, ClusterPlan } from './broker-settings.ts';
import type { KafkaChoice } from './versions.ts';
import type { ProgressOptions } from './maven.ts';
import { freePorts, portIsFree } from '../../system/ports.ts';
import { findRuntime, type KafkaRuntime } from './runtime.ts';
import { kafkaUuid } from './storage.ts';
import { grant, securityIn } from './secure-cluster.ts';
import type { Security } from './security.ts';
import { ZooKeeper } from './zookeeper.ts';

const startTimeoutMs = 60_000;
const startAttemptsMax = 3;

export interface StartKafkaOptions extends ProgressOptions, KafkaChoice {
  /** For data, settings and logs; kept at the stop. Default: a temporary folder, removed at the stop. */
  dir?: string | undefined;
  /**
   * The number of brokers (default: 1). Without ZooKeeper each is a controller too. With three brokers, partitions have
   * three replicas, and at least two must be in sync.
   */
  brokers?: number | undefined;
  /** The first broker's port (default: a free port). Further brokers get the ports that follow. */
  port?: number | undefined;
  /** Limit for the brokers' start; the download of Kafka has its own. */
  timeoutMs?: number | undefined;
  /** Broker settings, which override nodrop's. */
  properties?: Readonly<Record<string, string>> | undefined;
  /** Further listeners, which clients reach through proxies. */
  listeners?: readonly ProxiedListener[] | undefined;
  /**
   * With `security`: names of topics and groups that clients may use, beside those that begin with `nodrop-`. Others
   * are for the super user.
   */
  names?: readonly string[] | undefined;
}

export interface ProxiedListener {
  /** In capitals, as Kafka requires. */
  name: string;
  /** Whether brokers use it among themselves. */
  isInterBroker: boolean;
  /** The host under which it is advertised (default: 127.0.0.1). If it is an address, the brokers listen there. */
  advertisedHost?: string | undefined;
  /** Puts a proxy in front of a broker's port, and returns the proxy's port; without a proxy, the port itself. */
  proxy(nodeId: number, port: number): Promise<number>;
}

export interface RunningKafka extends AsyncDisposable {
  /** `127.0.0.1:PORT`; several brokers are separated by commas. */
  readonly bootstrapServers: string;
  readonly version: string;
  readonly javaVersion: string;
  /** undefined if the brokers keep their metadata themselves. */
  readonly zookeeperVersion: string | undefined;
  /** At least one. */
  readonly brokers: readonly Broker[];
  /** The process id that the first broker was started with. */
  readonly pid: number;
  /** The log of the first broker. */
  readonly logFile: string;
  readonly dir: string;
  /** The file with the client settings that a secured cluster requires; undefined if anyone may connect. */
  readonly clientProperties: string | undefined;
  /** The file with the client settings of the super user. */
  readonly adminProperties: string | undefined;
  /** Settles when a broker, or the ZooKeeper, exits without having been stopped. */
  readonly exited: Promise<BrokerExit>;
  /**
   * Safe to call again. `discard` (default: true for a temporary folder) kills Kafka and removes its files, and the
   * folder itself if that is then empty. The first clean stop on a machine also writes the archive that makes later
   * starts quick (about 5 s, once).
   */
  stop(options?: { discard?: boolean }): Promise<void>;
}

export interface BrokerExit {
  /** The name of the process in a sentence: `the broker`, `broker 2`, `ZooKeeper`. */
  name: string;
  /** undefined for ZooKeeper. */
  broker: Broker | undefined;
  logFile: string;
  /** 128 plus the signal's number if a signal ended the process. */
  code: number;
}

/** The contract is in `index.ts`. */
export async function startKafka(options: StartKafkaOptions = {}): Promise<RunningKafka> {
  const runtime = await findRuntime(options);
  const dir =
    options.dir === undefined ? await mkdtemp(join(tmpdir(), 'nodrop-kafka-')) : resolve(options.dir);
  if (dir.includes(',')) throw usageError(`Kafka cannot have a folder with a comma in its path: ${dir}.`);
  let security: Security | undefined;
  try {
    security = await securityIn(dir, options);
    for (let attempt = 1; ; attempt++) {
      options.signal?.throwIfAborted();
      const kafka = await startOnce(dir, runtime, security, options);
      if (kafka !== 'port-taken') return kafka;
      if (attempt === startAttemptsMax)
        throw unavailableError(`Another process took Kafka's port ${attempt} times.`);
    }
  } catch (error) {
    await security?.close();
    if (security !== undefined) removeOwn(securityFolderOf(dir), securityFiles);
    if (options.dir === undefined) removeOwn(dir, clusterFiles);
    throw error;
  }
}

async function startOnce(
  dir: string,
  runtime: KafkaRuntime,
  security: Security | undefined,
  options: StartKafkaOptions,
): Promise<RunningKafka | 'port-taken'> {
  const { properties = {}, timeoutMs = startTimeoutMs, signal } = options;
  const dirs = foldersOf(dir, options.brokers ?? 1);
  const cluster = await planCluster(dirs, runtime, security, options);
  const exit = Promise.withResolvers<BrokerExit>();
  const zookeeper = zookeeperOf(dir, cluster, runtime, { timeoutMs, signal, exit });
  const shared = { ...options, runtime, cluster, zookeeper, properties, timeoutMs };
  const brokers = cluster.brokers.map((plan, index): Broker => {
    const name = dirs.length === 1 ? 'the broker' : `broker ${plan.nodeId}`;
    const onExit = (code: number): void => {
      const broker = brokers[index]!;
      exit.resolve({ name, broker, logFile: broker.logFile, code });
    };
    return new Broker({ ...shared, plan, dir: dirs[index]!, onExit });
  });
  const endAll = async (): Promise<void> => {
    await Promise.all(brokers.map((broker) => broker.kill()));
    await zookeeper?.end();
  };
  if ((await zookeeper?.start()) === 'port-taken') return 'port-taken';
  const starts = await Promise.allSettled(brokers.map((broker) => broker.start()));
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed !== undefined) {
    await endAll();
    throw failed.reason;
  }
  if (starts.some((start) => start.status === 'fulfilled' && start.value === 'port-taken')) {
    await endAll();
    return 'port-taken';
  }
  if (security !== undefined) {
    try {
      await grant(security, cluster, { ...options, timeoutMs });
    } catch (error) {
      await endAll();
      signal?.throwIfAborted();
      throw error;
    }
  }
  return running(dir, { brokers, zookeeper, security, exit }, runtime, options);
}

function zookeeperOf(
  dir: string,
  { zookeeperPort: port }: ClusterPlan,
  runtime: KafkaRuntime,
  options: {
    timeoutMs: number;
    signal: AbortSignal | undefined;
    exit: PromiseWithResolvers<BrokerExit>;
  },
): ZooKeeper | undefined {
  if (port === undefined) return undefined;
  const { exit, ...waits } = options;
  const onExit = (code: number): void => {
    const { logFile } = zookeeper;
    exit.resolve({ name: 'ZooKeeper', broker: undefined, logFile, code });
  };
  const zookeeper = new ZooKeeper({ ...waits, dir: zookeeperFolderOf(dir), port, runtime, onExit });
  return zookeeper;
}

async function planCluster(
  dirs: readonly string[],
  { kafkaVersion, zookeeperVersion }: KafkaRuntime,
  security: Security | undefined,
  { port, listeners = [] }: StartKafkaOptions,
): Promise<ClusterPlan> {
  const free = await freePorts((3 + listeners.length) * dirs.length + 1);
  const zookeeperPort = zookeeperVersion === undefined ? undefined : free.pop();
  const plans = await plansFor(dirs, free, port, listeners);
  const brokers =
    security === undefined ? plans : plans.map((plan) => ({ ...plan, brokerPort: free.pop()! }));
  return { kafkaVersion, clusterId: await clusterIdOf(brokers), brokers, zookeeperPort, security };
}

async function plansFor(
  dirs: readonly string[],
  free: number[],
  firstPort: number | undefined,
  listeners: readonly ProxiedListener[],
): Promise<BrokerPlan[]> {
  const plans: BrokerPlan[] = [];
  for (const [index, dir] of dirs.entries()) {
    const nodeId = index + 1;
    const given = firstPort === undefined ? undefined : firstPort + index;
    if (given !== undefined && !(await portIsFree(given))) throw usageError(`Port ${given} is in use.`);
    const [port, controllerPort] = [given ?? free.pop()!, free.pop()!];
    const extra = [];
    for (const listener of listeners) {
      const own = free.pop()!;
      const { name, isInterBroker, advertisedHost } = listener;
      const advertisedPort = await listener.proxy(nodeId, own);
      extra.push({ name, isInterBroker, advertisedHost, port: own, advertisedPort });
    }
    plans.push({ nodeId, dataDir: join(dir, 'data'), port, controllerPort, listeners: extra });
  }
  return plans;
}

/** The cluster id in existing data, otherwise a new one. */
async function clusterIdOf([first]: readonly BrokerPlan[]): Promise<string> {
  try {
    const meta = await readFile(join(first!.dataDir, 'meta.properties'), 'utf8');
    return /^cluster\.id=(.+)$/m.exec(meta)?.[1] ?? kafkaUuid();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return kafkaUuid();
  }
}

function running(
  dir: string,
  {
    brokers,
    zookeeper,
    security,
    exit,
  }: {
    brokers: readonly Broker[];
    zookeeper: ZooKeeper | undefined;
    security: Security | undefined;
    exit: PromiseWithResolvers<BrokerExit>;
  },
  runtime: KafkaRuntime,
  options: StartKafkaOptions,
): RunningKafka {
  let stopped: Promise<void> | undefined;
  const end = async (discard: boolean): Promise<void> => {
    // Java writes an archive of classes only at a clean stop.
    const isClean = !discard || (!runtime.hasArchive && options.signal?.aborted !== true);
    await Promise.all(brokers.map((broker) => (isClean ? broker.stop() : broker.kill())));
    await zookeeper?.end();
    await security?.close();
    if (security !== undefined) removeOwn(securityFolderOf(dir), securityFiles);
    if (!discard) return;
    const left = removeOwn(dir, clusterFiles);
    if (left.length > 0) options.onProgress?.(folderLeftText(dir, left));
  };
  const stop = ({ discard = options.dir === undefined } = {}): Promise<void> => (stopped ??= end(discard));
  return {
    bootstrapServers: brokers.map(({ address }) => address).join(','),
    version: runtime.kafkaVersion,
    javaVersion: runtime.java.version,
    zookeeperVersion: runtime.zookeeperVersion,
    brokers,
    pid: brokers[0]!.pid!,
    logFile: brokers[0]!.logFile,
    dir,
    clientProperties: options.security && clientPropertiesIn(dir),
    adminProperties: options.security && adminPropertiesIn(dir),
    exited: exit.promise,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}
