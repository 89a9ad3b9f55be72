/** Starts the processes of a config, and ends them. */
import { statSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Config, ProcessConfig } from '../config/config.ts';
import { usageError } from '../errors.ts';
import type { AdminAccess } from '../kafka/client/topics.ts';
import { parseDurationMs } from '../system/duration.ts';
import { GroupGuard } from '../system/group-guard.ts';
import { makeFolder } from '../system/make-folder.ts';
import { environmentOf, urlNamesIn } from './process-environment.ts';
import type { ProcessLinks } from './process-links.ts';
import { readyTest } from './readiness.ts';
import type { UserProcess } from './user-process.ts';
import { WorkerProcess } from './worker-process.ts';

const readyStandard = '60s';
const stopStandard = '10s';

export interface ProcessContext {
  run: string;
  /** The config's folder, from which working directories count. */
  configFolder: string;
  /** For logs: made if it is not there. */
  logFolder: string;
  /** How nodrop itself reaches the brokers, to look at groups. */
  access: AdminAccess;
  /** The proxies of those whose network faults break. */
  links: ProcessLinks;
  /** The addresses of the source, hops and sinks, by their names. */
  addresses: ReadonlyMap<string, string>;
  signal: AbortSignal;
  /** Called when a process ends, though nodrop has not ended it: with a sentence, and the end of its log. */
  onEnded: (sentence: string) => void;
  /** Called with a sentence about trouble that does not concern the pipeline. */
  note: (sentence: string) => void;
}

export interface StartedProcesses extends AsyncDisposable {
  readonly all: readonly UserProcess[];
  /** By the name in the config. */
  readonly byName: ReadonlyMap<string, readonly UserProcess[]>;
  /** Stops all at the same time. Settles when nothing of them is left. Safe to call again. */
  stop(): Promise<void>;
}

/**
 * Starts the names in the order of the config, each when the one before is ready, and the processes of a name side by side.
 * Throws `unavailable` if one does not become ready, once all that were started have ended.
 */
export async function startProcesses(
  processes: NonNullable<Config['processes']>,
  context: ProcessContext,
): Promise<StartedProcesses> {
  const marks = randomUUID();
  makeFolder(context.logFolder);
  const guard = await GroupGuard.start(`${marks}.`);
  const all: WorkerProcess[] = [];
  const byName = new Map<string, WorkerProcess[]>();
  const stop = async (): Promise<void> => {
    await Promise.all(all.map((each) => each.close()));
    await guard.close();
  };
  try {
    for (const [group, config] of Object.entries(processes))
      byName.set(group, await workersOf(group, config, { context, guard, marks }));
    for (const workers of byName.values()) {
      all.push(...workers);
      await Promise.all(workers.map((worker) => worker.start()));
    }
  } catch (error) {
    await stop();
    context.signal.throwIfAborted();
    throw error;
  }
  return { all, byName, stop, [Symbol.asyncDispose]: stop };
}

async function workersOf(
  group: string,
  config: ProcessConfig,
  { context, guard, marks }: { context: ProcessContext; guard: GroupGuard; marks: string },
): Promise<WorkerProcess[]> {
  const where = `processes.${group}`;
  const { count = 1 } = config;
  const cwd = folderOf(config, context.configFolder, where);
  const readyMs = durationOf(config.ready?.within ?? readyStandard, `${where}.ready.within`);
  const stopMs = durationOf(config.stop?.within ?? stopStandard, `${where}.stop.within`);
  const newTest = () => readyTest(config.ready, group, context.access);
  // A wrong test is an error before anything has been started.
  newTest();
  const { links, access } = context;
  const used = urlNamesIn(config).flatMap((name) => {
    const address = context.addresses.get(name);
    return address === undefined ? [] : [[name, address] as const];
  });
  const addresses = await links.addressesFor(group, new Map(used), where);
  return Array.from({ length: count }, (_, index) => {
    const facts = {
      bootstrapServers: links.bootstrapServersOf(group, access.bootstrapServers),
      run: context.run,
      index,
      count,
      urlOf: (name: string) => addresses.get(name),
    };
    const { signal, onEnded, note } = context;
    const logFile = join(context.logFolder, `${group}-${index}.log`);
    const env = environmentOf(config, facts, where);
    const mark = `${marks}.${group}-${index}`;
    const waits = { readyMs, stopMs, newTest, signal };
    return new WorkerProcess({
      group,
      index,
      count,
      config,
      cwd,
      env,
      logFile,
      mark,
      guard,
      ...waits,
      onEnded,
      note,
    });
  });
}

function folderOf({ cwd = '.' }: ProcessConfig, configFolder: string, where: string): string {
  const folder = resolve(configFolder, cwd);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return folder;
  throw usageError(`${where}.cwd: ${folder} is no folder.`);
}

function durationOf(text: string, where: string): number {
  const ms = parseDurationMs(text);
  if (ms !== undefined) return ms;
  throw usageError(`${where} takes a duration, such as 500ms, 5s or 2m; not '${text}'.`);
}
