/** Checks nodrop's prerequisites on this machine, or a cluster, and prints how to mend what is missing. */
import { statfs } from 'node:fs/promises';
import { resolve } from 'node:path';
import { exitCodes, messageOf, OperationalError } from '../../errors.ts';
import { jsonText } from '../../text/json-text.ts';
import { kafkaCacheState, kafkaClasspath } from '../../kafka/broker/jars.ts';
import { findJava, installHint } from '../../kafka/broker/java.ts';
import { checkChoice, defaultVersion } from '../../kafka/broker/versions.ts';
import { mavenVersion } from '../../kafka/broker/maven.ts';
import { freePorts } from '../../system/ports.ts';
import { makeFolder } from '../../system/make-folder.ts';
import type { Context } from './context.ts';
import { addressOf, settingsOf, type OptionValues } from '../options/options.ts';

export interface Check {
  name: string;
  ok: boolean;
  found: string;
  /** A command or a hint that solves the problem. */
  mend?: string;
}

const diskBytesMin = 1024 ** 3;
const defaultPort = 9092;

export async function doctorCommand(values: OptionValues, context: Context): Promise<number> {
  const { signal, terminal } = context;
  const settings = settingsOf(values);
  const bootstrapServers = addressOf(values, settings);
  let checks: Check[];
  if (bootstrapServers === undefined) checks = await checkMachine(values, signal);
  else {
    const { topic, group, timeout: timeoutMs } = values;
    const { checkCluster } = await import('./doctor-cluster.ts');
    checks = await checkCluster({ bootstrapServers, settings, topic, group, timeoutMs, signal });
  }
  if (values.json === true) terminal.printDocument(jsonText({ checks }));
  else {
    const { good, bad } = terminal.palette;
    const width = Math.max(...checks.map(({ name }) => name.length));
    for (const { name, ok, found, mend } of checks) {
      terminal.print(`${ok ? good('✓') : bad('✗')} ${name.padEnd(width)} ${found}`);
      for (const line of mend?.split('\n') ?? []) terminal.print(`    ${line}`);
    }
  }
  return checks.every(({ ok }) => ok) ? exitCodes.pass : exitCodes.unavailable;
}

const checkMachine = async (values: OptionValues, signal: AbortSignal): Promise<Check[]> => [
  { name: 'Node', ok: true, found: process.versions.node },
  ...(await Promise.all([
    check('Java', () => java(signal)),
    check('Kafka', () => kafka(values)),
    check('Maven', () => maven(values, signal)),
    check('Disk', () => disk(values.dir)),
    check('Ports', ports),
  ])),
];

type Found = Omit<Check, 'name'>;

async function check(name: string, look: () => Promise<Found>): Promise<Check> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    const mend = error instanceof OperationalError ? error.hint : undefined;
    return { name, ok: false, found: messageOf(error), ...(mend !== undefined && { mend }) };
  }
}

async function java(signal: AbortSignal): Promise<Found> {
  const { version, path } = await findJava(signal);
  return { ok: true, found: `${version} (${path})` };
}

async function kafka({ kafkaVersion }: OptionValues): Promise<Found> {
  checkChoice({ kafkaVersion });
  if (process.env['KAFKA_HOME']) {
    return { ok: true, found: `${(await kafkaClasspath()).version} from KAFKA_HOME` };
  }
  const version = kafkaVersion ?? defaultVersion;
  const { path, present, bytes } = await kafkaCacheState(version);
  const found = present
    ? `${version} in the cache: ${path} (${Math.round(bytes / 1024 ** 2)} MiB)`
    : `${version}, not in the cache yet: the first run fetches it with Maven to ${path}`;
  return { ok: true, found };
}

/** Maven is needed once, to fill the cache. */
async function maven({ kafkaVersion }: OptionValues, signal: AbortSignal): Promise<Found> {
  const version = await mavenVersion(signal);
  if (version !== undefined) return { ok: true, found: version };
  checkChoice({ kafkaVersion });
  const isNeeded = !process.env['KAFKA_HOME'] && !(await kafkaCacheState(kafkaVersion)).present;
  return isNeeded
    ? { ok: false, found: 'not found', mend: installHint }
    : { ok: true, found: 'not found, and not needed: Kafka is here already' };
}

async function disk(dir: string): Promise<Found> {
  makeFolder(dir);
  const { bavail, bsize } = await statfs(resolve(dir));
  const bytes = bavail * bsize;
  const found = `${(bytes / 1024 ** 3).toFixed(1)} GiB free in ${resolve(dir)}`;
  return bytes >= diskBytesMin
    ? { ok: true, found }
    : { ok: false, found, mend: 'nodrop clean --all\nor choose a folder on a larger disk with --dir' };
}

async function ports(): Promise<Found> {
  const [port] = await freePorts(1);
  return {
    ok: true,
    found: `free ports are available, such as ${port}; nodrop kafka --port ${defaultPort} uses a fixed one`,
  };
}
