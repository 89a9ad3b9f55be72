/** Starts and stops a real Apache Kafka: one broker in KRaft mode on loopback, which never outlives nodrop. */
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { unavailableError, usageError } from '../errors.ts';
import { brokerProperties, jvmArguments } from './broker-settings.ts';
import { archiveArguments, keepArchive } from './class-data-archive.ts';
import type { ProgressOptions } from './maven.ts';
import { freePorts, loopback, portIsFree } from './ports.ts';
import { leftoverGone, leftoverProcess, recordProcess, removeRecord } from './process-record.ts';
import { findRuntime, type KafkaRuntime } from './runtime.ts';
import { formatStorage } from './storage.ts';
import { spawnSupervised, type Supervised } from './supervise.ts';
import { untilStarted } from './until-started.ts';

const startTimeoutMs = 60_000;
const startAttemptsMax = 3;
/** A clean stop takes 0.3 s, and 5 s when the archive of classes is written. */
const stopGraceMs = 30_000;
/** How long the broker of a nodrop that was just killed may take to vanish from its folder. */
const leftoverGraceMs = 1_000;

export interface StartKafkaOptions extends ProgressOptions {
  /** For its data, settings and log, kept at the stop. Without it: a temporary folder, removed at the stop. */
  dir?: string | undefined;
  /** Without it: a free one. */
  port?: number | undefined;
  /** For the broker's own start; the download of Kafka has a deadline of its own. */
  timeoutMs?: number | undefined;
  /** Broker settings, which win over nodrop's. */
  properties?: Record<string, string> | undefined;
}

export interface RunningKafka extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly bootstrapServers: string;
  readonly version: string;
  readonly javaVersion: string;
  readonly pid: number;
  readonly dir: string;
  readonly logFile: string;
  /** Its exit code, once it has ended for whatever reason: 128 and the signal's number where a signal ended it. */
  readonly exited: Promise<number>;
  /**
   * Safe to call again. `discard` kills it and removes its folder; that is the default for a temporary one.
   * The first clean stop ever also writes the archive that makes later starts quick: some 5 s, once.
   */
  stop(options?: { discard?: boolean }): Promise<void>;
}

/**
 * Starts Kafka and waits until it serves. The signal ends that wait, with its reason; afterwards the broker is
 * the caller's to stop. Throws `usage` (KAFKA_HOME, port, folder) or `unavailable` (Java, Maven, a broker that
 * does not come up, with the end of its log).
 */
export async function startKafka(options: StartKafkaOptions = {}): Promise<RunningKafka> {
  const runtime = await findRuntime(options);
  const dir = await brokerFolder(options.dir);
  try {
    for (let attempt = 1; ; attempt++) {
      options.signal?.throwIfAborted();
      const broker = await startOnce(dir, runtime, options);
      if (broker !== 'port-taken') return broker;
      if (attempt === startAttemptsMax)
        throw unavailableError(`Kafka found its port taken ${attempt} times.`);
    }
  } catch (error) {
    if (options.dir === undefined) await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

async function brokerFolder(given: string | undefined): Promise<string> {
  const dir = given === undefined ? await mkdtemp(join(tmpdir(), 'nodrop-kafka-')) : resolve(given);
  if (dir.includes(',')) throw usageError(`Kafka cannot have a folder with a comma in its path: ${dir}.`);
  await mkdir(join(dir, 'tmp'), { recursive: true, mode: 0o700 });
  if (!(await leftoverGone(dir, leftoverGraceMs))) {
    throw usageError(`A broker (process ${await leftoverProcess(dir)}) runs in ${dir} already.`);
  }
  return dir;
}

async function startOnce(
  dir: string,
  runtime: KafkaRuntime,
  options: StartKafkaOptions,
): Promise<RunningKafka | 'port-taken'> {
  const [freePort, controllerPort] = (await freePorts(2)) as [number, number];
  const port = options.port ?? freePort;
  if (port === options.port && !(await portIsFree(port))) throw usageError(`Port ${port} is in use.`);
  const dataDir = join(dir, 'data');
  const settingsFile = join(dir, 'server.properties');
  const settings = brokerProperties(dataDir, [port, controllerPort], options.properties);
  await writeFile(settingsFile, settings, { mode: 0o600 });
  await formatStorage(dataDir, settingsFile, runtime, options);

  const logFile = join(dir, 'broker.log');
  await using log = await open(logFile, 'a+', 0o600);
  const logStart = (await log.stat()).size;
  const java = [
    ...jvmArguments(join(dir, 'tmp')),
    ...archiveArguments(dir, runtime),
    'kafka.Kafka',
    settingsFile,
  ];
  const broker = await spawnSupervised(runtime.java.path, java, {
    output: log.fd,
    cwd: dir,
    env: runtime.env,
  });
  try {
    await recordProcess(dir, broker.pid, settingsFile);
    const timeoutMs = options.timeoutMs ?? startTimeoutMs;
    const outcome = await untilStarted(broker, { log, logStart, timeoutMs, signal: options.signal });
    if (outcome === 'started') return runningKafka(dir, `${loopback}:${port}`, broker, runtime, options);
  } catch (error) {
    await broker.end(0);
    await removeRecord(dir);
    throw error;
  }
  return 'port-taken';
}

function runningKafka(
  dir: string,
  bootstrapServers: string,
  broker: Supervised,
  runtime: KafkaRuntime,
  options: StartKafkaOptions,
): RunningKafka {
  let stopped: Promise<void> | undefined;
  const end = async (discard: boolean) => {
    const archive = !runtime.hasArchive && !options.signal?.aborted;
    const code = await broker.end(discard && !archive ? 0 : stopGraceMs);
    await keepArchive(dir, code, runtime, options);
    await removeRecord(dir);
    if (discard) await rm(dir, { recursive: true, force: true });
  };
  const stop = ({ discard = options.dir === undefined } = {}) => (stopped ??= end(discard));
  return {
    bootstrapServers,
    version: runtime.kafkaVersion,
    javaVersion: runtime.java.version,
    pid: broker.pid,
    dir,
    logFile: join(dir, 'broker.log'),
    exited: broker.exited,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}
