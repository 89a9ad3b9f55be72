/** The main path: a run from start to verdict, one call a phase. */
import type { ClientSettings } from './client-config.ts';
import { environmentOf } from './environment.ts';
import { exitCodes, messageOf, OperationalError, usageError } from './errors.ts';
import { startKafka, type RunningKafka } from './kafka/broker.ts';
import { clientFromSettings } from './kafka/client-from-settings.ts';
import { claimFolder, removeRecord } from './kafka/process-record.ts';
import { startConsumers } from './pipeline/consumer-stages.ts';
import { startStage, type Stage, type StageExit } from './pipeline/stage-process.ts';
import { killWhatHangs } from './pipeline/watch-stages.ts';
import type { Result, Timings } from './result.ts';
import { RunFolder } from './run-folder.ts';
import { openStore } from './stores/open-store.ts';

export interface RunConfig {
  id: string;
  dir: string;
  messages: number;
  /** Somebody's Kafka; undefined to start one here. */
  bootstrapServers: string | undefined;
  settings: ClientSettings;
  /** Where the store is. */
  store: string;
  categories: readonly string[];
  keepTopic: boolean;
  consumers: number;
  timeoutMs: number;
  /** The command lines of the stages, as a user would give them. */
  produceArgs: readonly string[];
  consumeArgs: readonly string[];
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

/** No stage is silent for so long, but one that hangs. */
const silenceMsMin = 10_000;

/** A run under way: what its phases share. */
interface Course {
  config: RunConfig;
  folder: RunFolder;
  observer: RunObserver;
  signal: AbortSignal;
  producer: Stage;
  consumers: readonly Stage[];
  /** Settles once the producer's ledger is there. */
  ledgerOpened: Promise<void>;
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
    ...startStages(config, folder, observer),
    timings: noTimings(),
  };
  let broker: RunningKafka | undefined;
  try {
    if (config.bootstrapServers === undefined) broker = await startBroker(course);
    const bootstrapServers = broker?.bootstrapServers ?? config.bootstrapServers!;
    const interruptions = await drive(course, bootstrapServers, broker);
    const result = await judge(course, bootstrapServers, broker, interruptions);
    result.timings.totalMs = elapsedMs(startedAt);
    await folder.writeResult(result);
    observer.judged(result);
    if (broker === undefined) await tidyCluster(course, bootstrapServers, result);
    // What the broker holds is evidence, unless all was well.
    else await broker.stop({ discard: result.verdict === 'pass' });
    return result;
  } finally {
    course.producer.kill('SIGKILL');
    for (const consumer of course.consumers) consumer.kill('SIGKILL');
    await broker?.stop();
    await removeRecord(folder.path);
  }
}

/** What no consumer could use is told before anything is started. Throws `unavailable`. */
async function checkStore({ store, categories }: RunConfig): Promise<void> {
  await (await openStore(store, { categories })).close();
}

/** The client library takes a while to load, for which the stages are not to wait. */
async function loadAudit(): Promise<typeof import('./audit-run.ts')> {
  const audit = await import('./audit-run.ts');
  await audit.loadScan();
  return audit;
}

/** All load while the broker starts, and wait to be told where it is. */
function startStages(
  config: RunConfig,
  folder: RunFolder,
  observer: RunObserver,
): Pick<Course, 'producer' | 'consumers' | 'ledgerOpened' | 'stall'> {
  const ledger = Promise.withResolvers<void>();
  const stall: Stall = { happened: false, atBroker: new Set() };
  const producer = startStage(config.produceArgs, folder.file('producer.log'), (message) => {
    if (message.type === 'progress') observer.progress('produced', message.done, config.messages);
    else if (message.type === 'ledger-opened') ledger.resolve();
  });
  const { stages } = startConsumers(
    config.consumers,
    config.consumeArgs,
    folder,
    (stored) => observer.progress('stored', stored, config.messages),
    (message) => {
      if (message.type !== 'stalled') return;
      stall.happened = true;
      for (const partition of message.atBroker) stall.atBroker.add(partition);
    },
  );
  return { ledgerOpened: ledger.promise, stall, producer, consumers: stages };
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
  const { producer, consumers, timings, observer, signal, folder } = course;
  const interruptions: string[] = [];
  const stop = (): void => void producer.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  void endWithBroker(course, broker, interruptions);
  observer.status(`publishing to ${bootstrapServers}`);
  const startedAt = performance.now();
  producer.tellBootstrap(bootstrapServers);
  // On a topic that is there already, a consumer that saw no ledger would take what it finds for all there is.
  await Promise.race([course.ledgerOpened, producer.exited]);
  void loadAudit();
  for (const consumer of consumers) consumer.tellBootstrap(bootstrapServers);
  const watch = watchSilence(course, interruptions);

  const produced = await producer.exited;
  timings.produceMs = elapsedMs(startedAt);
  if (!folder.isUsed()) throw stageError(produced, signal);
  if (signal.aborted) interruptions.push('The run was stopped before its producer had finished.');
  else if (produced.code !== 0) interruptions.push(`The producer ended early: ${saidBy(produced)}`);

  observer.status('waiting until all is stored');
  const consumed = await Promise.all(consumers.map(({ exited }) => exited));
  timings.drainMs = elapsedMs(startedAt) - timings.produceMs;
  for (const [index, exit] of consumed.entries()) {
    if (exit.code !== 0) interruptions.push(`${consumerName(course, index)} ended early: ${saidBy(exit)}`);
  }
  signal.removeEventListener('abort', stop);
  clearInterval(watch);
  return interruptions;
}

function watchSilence(course: Course, interruptions: string[]): NodeJS.Timeout {
  const { producer, consumers, config } = course;
  const silenceMsMax = Math.max(config.timeoutMs, silenceMsMin);
  const named = consumers.map((stage, index) => [consumerName(course, index), stage] as const);
  const stages = new Map([['The producer', producer], ...named]);
  return killWhatHangs(stages, silenceMsMax, (name) => {
    interruptions.push(`${name} hung: it was silent for ${silenceMsMax} ms, and was killed.`);
    if (stages.get(name) !== producer) course.stall.happened = true;
  });
}

const consumerName = ({ consumers }: Course, index: number): string =>
  consumers.length === 1 ? 'The consumer' : `Consumer ${index + 1} of ${consumers.length}`;

/** Without its broker the pipeline has nothing to wait for. */
async function endWithBroker(
  { producer, consumers, timings }: Course,
  broker: RunningKafka | undefined,
  interruptions: string[],
): Promise<void> {
  await broker?.exited;
  if (broker === undefined || timings.drainMs !== null) return;
  interruptions.push(`The broker ended while the run was under way; its log: ${broker.logFile}.`);
  producer.kill('SIGTERM');
  for (const consumer of consumers) consumer.kill('SIGTERM');
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
  const { auditRun, resultOf } = await loadAudit();
  const audited = await auditRun({
    folder,
    store: config.store,
    scan: { bootstrapServers, settings, timeoutMs },
    interruptions,
    ...(course.stall.happened && { stalledAtBroker: course.stall.atBroker }),
  });
  timings.auditMs = elapsedMs(startedAt);
  if (audited.unwritten !== undefined) observer.note(audited.unwritten);
  return resultOf(audited, { timings, environment: environmentOf(broker) });
}

/** On somebody's cluster: takes away what this run made there, or says how. */
async function tidyCluster(
  { config, folder, observer }: Course,
  bootstrapServers: string,
  result: Result,
): Promise<void> {
  const manifest = folder.readManifest();
  if (manifest === undefined || !manifest.topicCreated) return;
  const { topic, group } = manifest;
  const byHand = `kafka-topics.sh --bootstrap-server ${bootstrapServers} --delete --topic ${topic} && kafka-consumer-groups.sh --bootstrap-server ${bootstrapServers} --delete --group ${group}`;
  if (result.verdict !== 'pass' || config.keepTopic) {
    observer.note(
      `Topic ${topic} and group ${group} were left on ${bootstrapServers}. To delete them:\n  ${byHand}`,
    );
    return;
  }
  try {
    const access = {
      bootstrapServers,
      client: clientFromSettings(config.settings),
      timeoutMs: config.timeoutMs,
    };
    const { deleteTopicAndGroup } = await import('./kafka/topics.ts');
    await deleteTopicAndGroup(access, topic, group);
  } catch (error) {
    observer.note(`Topic ${topic} and group ${group} could not be deleted: ${messageOf(error)}\n  ${byHand}`);
  }
}

/** Why a producer ended before it had sent anything. */
function stageError(exit: StageExit, signal: AbortSignal): Error {
  if (signal.aborted) return signal.reason as Error;
  const known = exit.code === exitCodes.usage || exit.code === exitCodes.unavailable;
  if (!known) return new Error(`the producer ended with ${exit.code ?? exit.signal}:\n${exit.tail}`);
  const code = exit.code === exitCodes.usage ? 'usage' : 'unavailable';
  const [message = '', ...hint] = exit.tail.split('\n');
  return new OperationalError(code, message.replace(/^nodrop: /, ''), { hint: hint.join('\n').trim() });
}

/** What a stage said of its end; it begins such a line with its name. */
const saidBy = ({ code, signal, tail }: StageExit): string =>
  /^nodrop: (.*)$/m.exec(tail)?.[1] ?? `it ended with ${code ?? signal}.`;

const elapsedMs = (since: number): number => Math.round(performance.now() - since);

const noTimings = (): Timings => ({
  brokerStartMs: null,
  produceMs: null,
  drainMs: null,
  auditMs: null,
  totalMs: null,
});
