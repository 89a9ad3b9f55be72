/** The main path: a run from start to verdict, one call a phase. */
import type { ClientSettings } from './client-config.ts';
import { environmentOf } from './environment.ts';
import { usageError } from './errors.ts';
import { startKafka, type RunningKafka } from './kafka/broker.ts';
import { Deadline } from './kafka/deadline.ts';
import { claimFolder, removeRecord } from './kafka/process-record.ts';
import { earlyEnds, stageError } from './pipeline/stage-end.ts';
import { stageName, startStages, type StageRole } from './pipeline/stage-group.ts';
import type { Stage } from './pipeline/stage-process.ts';
import { tidyCluster } from './pipeline/tidy-cluster.ts';
import { killWhatHangs } from './pipeline/watch-stages.ts';
import { noTimings, type Result, type Timings } from './result.ts';
import { RunFolder } from './run-folder.ts';
import { openStore } from './stores/open-store.ts';
import { judgeThresholds, type Threshold } from './thresholds.ts';

export interface RunConfig {
  id: string;
  dir: string;
  /** undefined where that is known at the end alone. */
  messages: number | undefined;
  /** Paced producers begin once the consumers are ready: their start is no latency of the pipeline's. */
  isPaced: boolean;
  thresholds: readonly Threshold[];
  /** Somebody's Kafka; undefined to start one here. */
  bootstrapServers: string | undefined;
  settings: ClientSettings;
  /** Where the store is. */
  store: string;
  categories: readonly string[];
  keepTopic: boolean;
  timeoutMs: number;
  /** The command lines of the stages, as a user would give them. */
  producers: readonly (readonly string[])[];
  consumers: readonly (readonly string[])[];
}

export interface RunObserver {
  status(text: string): void;
  progress(label: string, done: number, total?: number): void;
  /** What a person should know though it does not touch the verdict. */
  note(line: string): void;
  /** The verdict is there; what follows is tidying up. */
  judged(result: Result): void;
}

/** What is known of a consumer that gave up or hangs, gathered as it comes. */
interface Stall {
  happened: boolean;
  /** Partitions that a consumer asked for in vain. */
  atBroker: Set<number>;
}

const silenceMsMin = 10_000;

/** A run under way: what its phases share. */
interface Course {
  config: RunConfig;
  folder: RunFolder;
  observer: RunObserver;
  signal: AbortSignal;
  producers: readonly Stage[];
  consumers: readonly Stage[];
  /** Settles once the producers' ledgers are there. */
  ledgerOpened: Promise<void>;
  /** Settles once each consumer has what was assigned to it. */
  consumersReady: Promise<void>;
  stall: Stall;
  timings: Timings;
}

/** Runs and judges. Throws if nothing was sent; once something was, there is always a result. */
export async function run(config: RunConfig, observer: RunObserver, signal: AbortSignal): Promise<Result> {
  const startedAt = performance.now();
  const folder = new RunFolder(config.dir, config.id);
  folder.refuseIfUsed();
  folder.create();
  await checkStore(config);
  const owner = await claimFolder(folder.path, 'nodrop');
  if (owner !== undefined) {
    throw usageError(`Run ${config.id} is under way in process ${owner}.`, 'Choose another id with --run.');
  }
  const course: Course = {
    config,
    folder,
    observer,
    signal,
    ...startAll(config, folder, observer),
    timings: noTimings(),
  };
  let broker: RunningKafka | undefined;
  try {
    if (config.bootstrapServers === undefined) broker = await startBroker(course);
    const bootstrapServers = broker?.bootstrapServers ?? config.bootstrapServers!;
    const interruptions = await drive(course, bootstrapServers, broker);
    const result = await judge(course, bootstrapServers, broker, interruptions);
    result.timings.totalMs = elapsedMs(startedAt);
    result.thresholds = judgeThresholds(config.thresholds, result);
    await folder.writeResult(result);
    observer.judged(result);
    if (broker === undefined) {
      const isKept = config.keepTopic || result.verdict !== 'pass';
      await tidyCluster({ ...config, folder, bootstrapServers, isKept }, (line) => observer.note(line));
    }
    // What the broker holds is evidence, unless all was well.
    await broker?.stop({ discard: result.verdict === 'pass' });
    return result;
  } finally {
    for (const stage of [...course.producers, ...course.consumers]) stage.kill('SIGKILL');
    await broker?.stop();
    await removeRecord(folder.path);
  }
}

/** What no consumer could use is told before anything is started. Throws `unavailable`. */
async function checkStore({ store, categories }: RunConfig): Promise<void> {
  await (await openStore(store, { categories })).close();
}

/** The libraries take a while to load, for which the stages are not to wait. */
async function loadAudit(): Promise<typeof import('./audit-run.ts') & typeof import('./measurements.ts')> {
  const audit = await import('./audit-run.ts');
  await audit.loadScan();
  return { ...audit, ...(await import('./measurements.ts')) };
}

/** All load while the broker starts, and wait to be told where it is. */
function startAll(
  config: RunConfig,
  folder: RunFolder,
  observer: RunObserver,
): Pick<Course, 'producers' | 'consumers' | 'ledgerOpened' | 'consumersReady' | 'stall'> {
  const ledgers = Promise.withResolvers<void>();
  let missing = config.producers.length;
  const assigned = Promise.withResolvers<void>();
  const ready = new Set<number>();
  const stall: Stall = { happened: false, atBroker: new Set() };
  const progress = (label: string) => (done: number) => observer.progress(label, done, config.messages);
  const producers = startStages('producer', config.producers, folder, progress('produced'), ({ type }) => {
    if (type === 'ledger-opened' && --missing === 0) ledgers.resolve();
  });
  const consumers = startStages(
    'consumer',
    config.consumers,
    folder,
    progress('stored'),
    (message, index) => {
      if (message.type === 'ready' && ready.add(index).size === config.consumers.length) assigned.resolve();
      if (message.type !== 'stalled') return;
      stall.happened = true;
      for (const partition of message.atBroker) stall.atBroker.add(partition);
    },
  );
  return {
    ledgerOpened: ledgers.promise,
    consumersReady: assigned.promise,
    stall,
    producers: producers.stages,
    consumers: consumers.stages,
  };
}

async function startBroker({ config, folder, observer, signal, timings }: Course): Promise<RunningKafka> {
  const startedAt = performance.now();
  observer.status('starting Apache Kafka');
  const broker = await startKafka({
    dir: folder.broker,
    signal,
    timeoutMs: config.timeoutMs,
    onProgress: (line) => observer.status(line),
  });
  timings.brokerStartMs = elapsedMs(startedAt);
  return broker;
}

/** Lets the pipeline work until all is stored, or cannot be. Returns what interrupted it, in sentences. */
async function drive(
  course: Course,
  bootstrapServers: string,
  broker: RunningKafka | undefined,
): Promise<string[]> {
  const { producers, signal } = course;
  const interruptions: string[] = [];
  const stop = (): void => {
    for (const producer of producers) producer.kill('SIGTERM');
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  void endWithBroker(course, broker, interruptions);
  // From the first wait on: a stage may hang before it has done anything.
  const watch = watchSilence(course, interruptions);
  try {
    await work(course, bootstrapServers, interruptions);
  } finally {
    signal.removeEventListener('abort', stop);
    clearInterval(watch);
  }
  return interruptions;
}

async function work(course: Course, bootstrapServers: string, interruptions: string[]): Promise<void> {
  const { producers, consumers, timings, observer, signal, folder } = course;
  observer.status(`publishing to ${bootstrapServers}`);
  const startedAt = performance.now();
  for (const producer of producers) producer.tellBootstrap(bootstrapServers);
  // On a topic that is there already, a consumer that saw no ledger would take what it finds for all there is.
  await Promise.race([course.ledgerOpened, ...producers.map(({ exited }) => exited)]);
  const loaded = loadAudit();
  for (const consumer of consumers) consumer.tellBootstrap(bootstrapServers);
  if (course.config.isPaced) {
    await untilReady(course);
    // What loads now would take the processor from what is measured.
    await loaded;
  }
  for (const producer of producers) producer.tellBegin();

  const produced = await Promise.all(producers.map(({ exited }) => exited));
  timings.produceMs = elapsedMs(startedAt);
  const failed = produced.find(({ code }) => code !== 0) ?? produced[0]!;
  if (!folder.isUsed()) throw stageError(failed, signal, interruptions[0]);
  if (signal.aborted) interruptions.push('The run was stopped before its producer had finished.');
  else interruptions.push(...earlyEnds('producer', produced));

  observer.status('waiting until all is stored');
  const consumed = await Promise.all(consumers.map(({ exited }) => exited));
  timings.drainMs = elapsedMs(startedAt) - timings.produceMs;
  interruptions.push(...earlyEnds('consumer', consumed));
}

/** Until all consumers are ready, or need not be waited for any more. */
async function untilReady({ producers, consumers, consumersReady, config, signal }: Course): Promise<void> {
  const ends = [...producers, ...consumers].map(({ exited }) => exited);
  await new Deadline(config.timeoutMs, signal).within(Promise.race([consumersReady, ...ends]), undefined);
}

function watchSilence(
  { producers, consumers, config, stall }: Course,
  interruptions: string[],
): NodeJS.Timeout {
  const silenceMsMax = Math.max(config.timeoutMs, silenceMsMin);
  const named = (role: StageRole, stages: readonly Stage[]): [string, Stage][] =>
    stages.map((stage, index) => [stageName(role, index, stages.length), stage]);
  const stages = new Map([...named('producer', producers), ...named('consumer', consumers)]);
  return killWhatHangs(stages, silenceMsMax, (name) => {
    interruptions.push(`${name} hung: it was silent for ${silenceMsMax} ms, and was killed.`);
    if (consumers.includes(stages.get(name)!)) stall.happened = true;
  });
}

/** Without its broker the pipeline has nothing to wait for. */
async function endWithBroker(
  { producers, consumers, timings }: Course,
  broker: RunningKafka | undefined,
  interruptions: string[],
): Promise<void> {
  await broker?.exited;
  if (broker === undefined || timings.drainMs !== null) return;
  interruptions.push(`The broker ended while the run was under way; its log: ${broker.logFile}.`);
  for (const stage of [...producers, ...consumers]) stage.kill('SIGTERM');
}

async function judge(
  course: Course,
  bootstrapServers: string,
  broker: RunningKafka | undefined,
  interruptions: readonly string[],
): Promise<Result> {
  const { config, folder, observer, timings } = course;
  observer.status('auditing');
  const startedAt = performance.now();
  const { settings, timeoutMs } = config;
  const { auditRun, measurementsOf, resultOf } = await loadAudit();
  const audited = await auditRun({
    folder,
    store: config.store,
    scan: { bootstrapServers, settings, timeoutMs },
    interruptions,
    ...(course.stall.happened && { stalledAtBroker: course.stall.atBroker }),
  });
  timings.auditMs = elapsedMs(startedAt);
  if (audited.unwritten !== undefined) observer.note(audited.unwritten);
  const measurements = measurementsOf(folder);
  return resultOf(audited, { ...measurements, timings, thresholds: [], environment: environmentOf(broker) });
}

const elapsedMs = (since: number): number => Math.round(performance.now() - since);
