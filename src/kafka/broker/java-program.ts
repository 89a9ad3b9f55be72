/** A Java server with its own folder, which holds its process record and its log. It never outlives nodrop. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';

import { usageError } from '../../errors.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { jvmArguments } from './broker-settings.ts';
import { leftoverGone, leftoverProcess, recordProcess, removeRecord } from '../../system/process-record.ts';
import type { KafkaRuntime } from './runtime.ts';
import { spawnSupervised, type Supervised } from '../../system/supervise.ts';
import { untilStarted } from './until-started.ts';

/** How long (ms) a process may take to end if the nodrop that started it was just killed. */
const leftoverGraceMs = 1_000;

export interface JavaProgram {
  /** `Kafka` or `ZooKeeper`. */
  name: string;
  dir: string;
  logFile: string;
  /** In addition to the arguments that all programs have. */
  javaArguments: readonly string[];
  mainClass: string;
  settingsFile: string;
  /** The texts in the log once the program serves. */
  startedTexts: readonly string[];
}

/** Creates the folder if it is missing. Throws `usage` if a process already runs in it. */
export async function claimProgramFolder(dir: string, name: string): Promise<void> {
  makeFolder(join(dir, 'tmp'));
  if (!(await leftoverGone(dir, leftoverGraceMs))) {
    throw usageError(`${name} (process ${await leftoverProcess(dir)}) runs in ${dir} already.`);
  }
}

/** Starts the program and waits until it serves. Throws `unavailable` with the end of its log. */
export async function startJavaProgram(
  program: JavaProgram,
  runtime: KafkaRuntime,
  options: { timeoutMs: number; signal: AbortSignal | undefined },
): Promise<Supervised | 'port-taken'> {
  const { dir, settingsFile } = program;
  await using log = await open(program.logFile, 'a+', 0o600);
  const logStart = (await log.stat()).size;
  const java = [...jvmArguments(join(dir, 'tmp')), ...program.javaArguments];
  const started = await spawnSupervised(runtime.java.path, [...java, program.mainClass, settingsFile], {
    output: log.fd,
    cwd: dir,
    env: runtime.env,
  });
  try {
    await recordProcess(dir, started.pid, settingsFile);
    const outcome = await untilStarted(started, program, { log, logStart, ...options });
    return outcome === 'started' ? started : outcome;
  } catch (error) {
    await started.end(0);
    await removeRecord(dir);
    throw error;
  }
}
