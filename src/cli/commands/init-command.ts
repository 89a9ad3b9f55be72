/** Samples a topic and a sink, and proposes how to check the one against the other. */
import { existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { exitCodes, isSystemError, usageError, type OperationalError } from '../../errors.ts';
import { freezeTopic } from '../../check/freeze.ts';
import { propose, type Proposal } from '../../check/propose/propose.ts';
import {
  commandLines,
  commandText,
  holdsPassword,
  proposedOptions,
  type GivenOptions,
} from '../../check/propose/proposed-command.ts';
import { tablesOf } from '../../check/propose/tables-of.ts';
import { clientFromSettings } from '../../kafka/client/client-from-settings.ts';
import { openCluster } from '../../kafka/client/cluster.ts';
import {
  candidateLines,
  notesOf,
  sampleLines,
  shownRecords,
  shownRows,
  shownValue,
} from '../../report/terminal/proposal-lines.ts';
import { openSink } from '../../sinks/open-sink.ts';
import type { SinkOptions } from '../../sinks/sink.ts';
import { counted } from '../../text/counted.ts';
import { jsonText } from '../../text/json-text.ts';
import type { InitValues } from '../options/check-options.ts';
import { addressOf, settingsOf, sinkKafkaOf, type OptionValues } from '../options/options.ts';
import { locationOf } from './check-plan.ts';
import type { Context } from './context.ts';

/** How long ids are looked for in the sink. */
const searchMs = 30_000;
const plainWidth = 80;

export async function initCommand(values: OptionValues, { signal, terminal }: Context): Promise<number> {
  const own = values as unknown as InitValues;
  const settings = settingsOf(values);
  const bootstrapServers = addressOf(values, settings);
  if (bootstrapServers === undefined) {
    throw usageError('The address of Kafka is missing.', 'Name it with --bootstrap-server HOST:PORT.');
  }
  const { topic, sink: written } = placesOf(own);
  const file = configFileOf(own);
  const { timeout: timeoutMs } = values;
  const access = { bootstrapServers, client: clientFromSettings(settings), timeoutMs, signal };
  await using cluster = await openCluster({ ...access, clientId: 'nodrop-init' });
  const frozen = await freezeTopic(cluster, access, topic, { from: 'earliest', to: 'latest' });
  const options: SinkOptions = {
    location: locationOf(written),
    query: own.query,
    table: own.table,
    kafka: sinkKafkaOf(own, { bootstrapServers, settings }),
    timeoutMs,
    signal,
  };
  options.table ??= await onlyTable(options);
  const proposal = await propose({
    cluster,
    topic: frozen,
    open: (limitMs) => openSink({ ...options, timeoutMs: limitMs }),
    timeoutMs,
    searchMs,
    signal,
    onStep: (text) => terminal.status(text),
  });
  terminal.clear();
  const { commandConfig, setting = [] } = values;
  const { query, table } = options;
  const { sinkBootstrapServer, sinkCommandConfig } = own;
  const given = {
    bootstrapServers,
    commandConfig,
    settings: setting,
    topic,
    sink: written,
    query,
    table,
    sinkBootstrapServer,
    sinkCommandConfig,
  };
  const [best] = proposal.candidates;
  const pipeline =
    file === undefined || best === undefined
      ? undefined
      : await writeConfig(file, proposal, given, options.location);
  if (values.json === true) {
    const config = pipeline === undefined ? {} : { config: file };
    terminal.printDocument(jsonText({ ...documentOf(given, proposal), ...config }));
  } else {
    for (const line of linesOf(given, proposal, terminal)) terminal.print(line);
    if (pipeline !== undefined) {
      terminal.print('');
      terminal.print(`  Written: ${file}, with the pipeline ${pipeline}. Read its first lines.`);
    }
  }
  if (best === undefined) throw nothingIdentifies(topic, proposal);
  return exitCodes.pass;
}

/** The file that is to be written; undefined: none. Throws `usage` if it is there already. */
function configFileOf({ config }: InitValues): string | undefined {
  if (config === undefined) return undefined;
  const file = config === true ? 'nodrop.config.ts' : config;
  if (existsSync(file)) throw existing(file);
  return file;
}

const existing = (file: string): OperationalError =>
  usageError(
    `--config ${file}: this file is there already, and nodrop overwrites none.`,
    'Name another one, or move it.',
  );

/** Returns the name of the pipeline. */
async function writeConfig(
  file: string,
  { candidates, records: { values: records } }: Proposal,
  given: GivenOptions,
  location: string,
): Promise<string> {
  const best = candidates.find(({ id }) => id !== 'position');
  if (best === undefined) {
    throw usageError(
      'Only positions identify the records: a run finds its messages by ids.',
      'Have the sink keep an id of the record.',
    );
  }
  const [{ proposedConfig }, { configText }, { checkConfig }] = await Promise.all([
    import('../../check/propose/proposed-config.ts'),
    import('../../check/propose/config-text.ts'),
    import('../../config/check-config.ts'),
  ]);
  const { pipeline, config } = proposedConfig(best, given, { records, folder: dirname(file), location });
  await checkConfig(config, file);
  const notes = [
    `nodrop run ${pipeline} writes ${config.pipelines[pipeline]!.messages!.count} messages into topic ${given.topic}: use it where test messages do no harm.`,
    `They are made like ${counted(records.count, 'sampled record')}: make them such that your application takes them.`,
    'In processes, write how your application is started. If there are none, it has to run already.',
  ];
  try {
    writeFileSync(file, configText(file, config, notes), { flag: 'wx' });
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') throw existing(file);
    throw error;
  }
  return pipeline;
}

function placesOf({ topic: topics = [], sink: sinks = [] }: InitValues): { topic: string; sink: string } {
  const [topic, anotherTopic] = topics;
  const [sink, anotherSink] = sinks;
  if (topic === undefined) throw usageError('--topic NAME is missing: the topic that is to be checked.');
  if (sink === undefined) {
    throw usageError(
      '--sink LOCATION is missing: where the rows are.',
      'Write postgres://USER@HOST/DATABASE, topic:NAME, file:PATH, or env:VARIABLE that holds a location.',
    );
  }
  if (anotherTopic !== undefined || anotherSink !== undefined) {
    throw usageError('nodrop init takes one topic and one sink.', 'Call it again for each other one.');
  }
  return { topic, sink };
}

/** The table of a database that has only one. Throws `usage` if the user has to say which one it is. */
async function onlyTable(options: SinkOptions): Promise<string | undefined> {
  if (options.query !== undefined) return undefined;
  const tables = await tablesOf(options);
  if (tables === undefined || tables.length === 1) return tables?.[0];
  throw usageError(
    'The sink is a database: --table NAME or --query SQL is missing.',
    tables.length === 0
      ? 'It has no table that this user can see: write SCHEMA.TABLE.'
      : ['Its tables:', ...tables.map((name) => `  --table ${name}`)].join('\n'),
  );
}

function linesOf(given: GivenOptions, proposal: Proposal, { palette }: Context['terminal']): string[] {
  const width = process.stdout.isTTY ? process.stdout.columns || plainWidth : Infinity;
  const [best] = proposal.candidates;
  const seen = sampleLines(given.topic, proposal, width, palette);
  if (best === undefined) return seen;
  return [
    ...seen,
    '',
    ...candidateLines(proposal),
    ...(holdsPassword(given.sink)
      ? ['  The location holds a password: put it into the variable DATABASE_URL.']
      : []),
    '',
    ...commandLines(proposedOptions(best, given), plainWidth - 2).map((line) => `  ${line}`),
  ];
}

function documentOf(given: GivenOptions, proposal: Proposal): object {
  const { sink, records, rows, candidates, notes } = proposal;
  const [best] = candidates;
  const valuesAt = ({ places, columns }: typeof rows, row: number): Record<string, string | null> =>
    Object.fromEntries(
      places.flatMap(({ text }, index) =>
        text === 'digest' ? [] : [[text, shownValue(text, columns[index]![row] ?? null)]],
      ),
    );
  return {
    topic: given.topic,
    sink: sink.name,
    records: shownRecords(proposal).map((record) => ({
      ...records.positions[record],
      values: valuesAt(records.values, record),
    })),
    rows: shownRows(proposal).map((row) => valuesAt(rows, row)),
    candidates: candidates.map(({ id, sinkId, unique, matched, sampled, warning }) => ({
      id,
      sinkId,
      unique,
      matched,
      sampled,
      ...(warning !== undefined && { warning }),
    })),
    command: best === undefined ? null : commandText(proposedOptions(best, given)),
    notes: best === undefined ? notes : notesOf(best, notes),
  };
}

function nothingIdentifies(topic: string, { sink, records, rows, notes }: Proposal): OperationalError {
  if (records.values.count === 0) {
    return usageError(`Topic ${topic} has no records to sample.`, 'Call nodrop init again once it has some.');
  }
  if (rows.count === 0) {
    return usageError(
      `${sink.name} has no ${sink.rows} to sample.`,
      'Call nodrop init again once it has some.',
    );
  }
  return usageError(
    `Nothing identifies the records of ${topic} in ${sink.name}: no place of ${records.values.count} sampled records holds ids that ${sink.rows} have, each id once.`,
    [
      ...notes,
      'Have the sink keep an id of the record, or its partition and offset; or select them with --query.',
    ].join('\n'),
  );
}
