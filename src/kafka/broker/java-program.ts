/** A Java program that serves from a folder of its own: recorded there, its output in a log. It never outlives nodrop. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';

import { usageError } from '../../errors.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { jvmArguments } from './broker-settings.ts';
import { leftoverGone, leftoverProcess, recordProcess, removeRecord } from '../../system/process-record.ts';
import type { KafkaRuntime } from './runtime.ts';
import { spawnSupervised, type Supervised } from '../../system/supervise.ts';
import { untilStarted } from './until-started.ts';

/** How long what a nodrop that was just killed had started may take to vanish from its folder. */
const leftoverGraceMs = 1_000;

export interface JavaProgram {
  /** `Kafka` or `ZooKeeper`. */
  name: string;
  dir: string;
  logFile: string;
  /** Beside those that all have. */
  javaArguments: readonly string[];
  mainClass: string;
  settingsFile: string;
  /** What its log says once it serves. */
  startedTexts: readonly string[];
}

/** Makes the folder, where it is missing. Throws `usage` where `name` runs in it already. */
export async function claimProgramFolder(dir: string, name: string): Promise<void> {
  makeFolder(join(dir, 'tmp'));
  if (!(await leftoverGone(dir, leftoverGraceMs))) {
    throw usageError(`${name} (process ${await leftoverProcess(dir)}) runs in ${dir} already.`);
  }
}

/** Waits until it serves. Throws `unavailable` with the end of its log. */
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
