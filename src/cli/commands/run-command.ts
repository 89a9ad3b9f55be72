import type { RunObserver } from '../../run/announcer.ts';
import type { RunSpec } from '../../run/run-spec.ts';
import { usageError } from '../../errors.ts';
import type { ScheduledFault } from '../../faults/fault-schedule.ts';
import { exitCodeOf } from '../../result/result.ts';
import { run } from '../../run/run.ts';
import { refuseForeignFolder } from '../../run-folder/run-files.ts';
import { clientPropertiesIn } from '../../kafka/broker/broker-folders.ts';
import { groupOf, runsPath } from '../../run-folder/run-folder.ts';
import { categoriesOf } from '../../workload/state-rule.ts';
import { engineOf, storeFileOf } from '../../stores/engines.ts';
import { besideLivePage } from '../output/page-beside-command.ts';
import { showLive } from '../output/live-view.ts';
import { printResult } from '../output/print-result.ts';
import type { Context } from './context.ts';
import { brokerPropertiesOf, kafkaChoiceOf, type OptionValues } from '../options/options.ts';
import { claimFiles, reportsOf } from '../output/reporters.ts';
import { runAgain, type RunAgain } from '../options/run-again.ts';
import {
  namedTablesOf,
  runSettings,
  stateRuleOf,
  storeOf,
  type RunSettings,
} from '../options/run-settings.ts';
import { consumeArguments, produceArguments } from '../options/stage-arguments.ts';

/** Unless the user gives a longer `--timeout`. */
const silenceMsDefault = 10_000;

export async function runCommand(values: OptionValues, context: Context): Promise<number> {
  const { signal, terminal } = context;
  const reports = reportsOf(values.reporter, values.json);
  refuseTwoSettings(values);
  const settings = runSettings(values);
  const { folder } = settings;
  refuseOwnBrokers(values, settings);
  refuseForeignFolder(folder);
  const store = storeOf(values, folder);
  const faults = await scheduleOf(values, settings, store);
  // The start of secured brokers writes the file, before the stages start.
  const secured = values.security !== undefined && { commandConfig: clientPropertiesIn(folder.broker) };
  const consumerValues = {
    ...values,
    ...secured,
    untilDrained: true,
    setting: consumerSettings(values, settings, faults),
  };
  const producing = { ...settings, ...secured, setting: producerSettings(values, settings, faults) };
  claimFiles(reports, [runsPath(values.dir), storeFileOf(store)]);
  const spec: RunSpec = {
    folder,
    dir: values.dir,
    messages: settings.durationMs === undefined ? settings.messages : undefined,
    isPaced: settings.rate !== undefined,
    thresholds: values.threshold ?? [],
    topic: settings.topic,
    group: values.group ?? groupOf(folder.id),
    bootstrapServers: settings.bootstrapServers,
    brokers: values.brokers,
    kafka: kafkaChoiceOf(values),
    brokerProperties: { ...groupProperties(settings, faults), ...brokerPropertiesOf(values) },
    allowed: values.allow ?? [],
    faults,
    settings: settings.settings,
    store,
    categories: categoriesOf(stateRuleOf(values)),
    tables: namedTablesOf(values),
    keepTopic: values.keepTopic === true,
    again: await againOf(values, settings, faults),
    timeoutMs: settings.timeoutMs,
    silenceMs: values.silence ?? Math.max(settings.timeoutMs, silenceMsDefault),
    storeTimeoutMs: values.storeTimeout,
    producers: times(settings.producers, (producer) => produceArguments(producing, producer)),
    consumers: times(values.consumers, (index) =>
      consumeArguments(consumerValues, folder, { settings: settings.settings, index }),
    ),
  };
  const observer: RunObserver = {
    status: (text) => terminal.status(text),
    progress: (label, done, total) => terminal.progress(label, done, total),
    note: (line) => terminal.note(line),
    judged: (verdict) => {
      stopView();
      printResult(terminal, verdict, { evidence: folder.path, report: folder.report }, reports);
    },
  };
  let stopView = (): void => undefined;
  return await besideLivePage(values, folder, context, async () => {
    stopView = showLive(folder, terminal);
    try {
      const result = await run(spec, observer, signal);
      if (signal.aborted) throw signal.reason;
      return exitCodeOf(result);
    } finally {
      stopView();
    }
  });
}

/** Loads the code of faults only if the run has some. */
async function againOf(
  values: OptionValues,
  settings: RunSettings,
  faults: readonly ScheduledFault[],
): Promise<RunAgain> {
  const texts =
    faults.length === 0 ? [] : faults.map((await import('../../faults/fault-schedule.ts')).faultText);
  return runAgain(values, settings, texts);
}

/** The faults of the run, checked before anything is started. Their code is loaded only if there are some. */
async function scheduleOf(
  { brokers, consumers, fault = [], faultFile }: OptionValues,
  { bootstrapServers, producers, rate, messages, durationMs, transactions }: RunSettings,
  store: string,
): Promise<ScheduledFault[]> {
  if (fault.length === 0 && faultFile === undefined) return [];
  const { checkSchedule, parseFault, readFaultFile } = await import('../../faults/fault-schedule.ts');
  const schedule = [
    ...(faultFile === undefined ? [] : readFaultFile(faultFile)),
    ...fault.map((text) => parseFault(text)),
  ];
  checkSchedule(schedule, {
    brokers: bootstrapServers === undefined ? brokers : 0,
    producers,
    consumers,
    store: engineOf(store),
    transactional: transactions !== undefined,
    sendsMs: durationMs ?? (rate && (messages / rate) * 1_000),
  });
  return schedule;
}

/** The minimum that a broker accepts by default. */
const faultSession = 'session.timeout.ms=6000';

/**
 * The default session (45 s) is longer than most faults: the group would not notice that a consumer was killed or
 * suspended. A session that the user sets is kept.
 */
function consumerSettings(
  { setting = [] }: OptionValues,
  { settings }: RunSettings,
  faults: readonly ScheduledFault[],
): string[] {
  const isSet =
    settings['session.timeout.ms'] !== undefined ||
    settings['heartbeat.interval.ms'] !== undefined ||
    // Then the brokers decide.
    settings['group.protocol'] === 'consumer';
  return faults.length === 0 || isSet ? setting : [...setting, faultSession];
}

/** Likewise for brokers that nodrop starts, which decide about the session with the consumer protocol. */
const groupProperties = (
  { settings }: RunSettings,
  faults: readonly ScheduledFault[],
): Record<string, string> =>
  faults.length === 0 || settings['group.protocol'] !== 'consumer'
    ? {}
    : {
        'group.consumer.min.session.timeout.ms': '6000',
        'group.consumer.session.timeout.ms': '6000',
        'group.consumer.min.heartbeat.interval.ms': '500',
        'group.consumer.heartbeat.interval.ms': '2000',
      };

/** The default (60 s) is longer than most runs with faults. */
const faultTransactionMs = 5_000;

/** With the fault that waits for it, a transaction times out soon. A timeout that the user sets is kept. */
function producerSettings(
  { setting = [] }: OptionValues,
  { settings, transactions, rate, producers }: RunSettings,
  faults: readonly ScheduledFault[],
): string[] {
  const isAwaited = faults.some(({ fault }) => fault.name === 'abandon-transaction');
  if (!isAwaited || transactions === undefined || settings['transaction.timeout.ms'] !== undefined)
    return setting;
  const lastsMs = rate === undefined ? 0 : Math.ceil((1_000 * transactions.size * producers) / rate);
  return [...setting, `transaction.timeout.ms=${Math.max(faultTransactionMs, 2 * lastsMs)}`];
}

function refuseTwoSettings({ security, commandConfig }: OptionValues): void {
  if (security !== undefined && commandConfig !== undefined) {
    throw usageError(
      '--security and --command-config exclude each other: nodrop writes the client settings of the Kafka that it secures.',
      'Give other client settings with -X.',
    );
  }
}

function refuseOwnBrokers(
  { brokers, kafkaVersion, zookeeper, security, brokerProperty }: OptionValues,
  { bootstrapServers }: RunSettings,
): void {
  const isAsked =
    brokers !== 1 || [kafkaVersion, zookeeper, security, brokerProperty].some((value) => value !== undefined);
  if (bootstrapServers === undefined || !isAsked) return;
  throw usageError(
    '--brokers, --kafka-version, --zookeeper, --security and --broker-property are for a Kafka that nodrop starts, but --bootstrap-server names an existing one.',
    'Leave out --bootstrap-server or the others.',
  );
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
