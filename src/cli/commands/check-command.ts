import { randomUUID } from 'node:crypto';
import { check } from '../../check/check.ts';
import { checkResult } from '../../check/check-result.ts';
import { usageError } from '../../errors.ts';
import { environmentOf } from '../../result/environment.ts';
import { exitCodeOf } from '../../result/result.ts';
import { RunFolder, runsPath } from '../../run-folder/run-folder.ts';
import { claimFolder, removeRecord } from '../../system/process-record.ts';
import type { CheckValues } from '../options/check-options.ts';
import { addressOf, settingsOf, type OptionValues } from '../options/options.ts';
import { printResult } from '../output/print-result.ts';
import { claimFiles, reportsOf } from '../output/reporters.ts';
import { checkPlanOf } from './check-plan.ts';
import type { Context } from './context.ts';

export async function checkCommand(
  values: OptionValues,
  own: CheckValues,
  { signal, terminal }: Context,
): Promise<number> {
  const startedAt = performance.now();
  const reports = reportsOf(values.reporter, values.json);
  const settings = settingsOf(values);
  const bootstrapServers = addressOf(values, settings);
  if (bootstrapServers === undefined) {
    throw usageError('The address of Kafka is missing.', 'Name it with --bootstrap-server HOST:PORT.');
  }
  const plan = checkPlanOf(own, { bootstrapServers, settings, timeoutMs: values.timeout });
  const folder = new RunFolder(values.dir, values.run ?? newCheckId());
  folder.refuseIfUsed();
  claimFiles(reports, [runsPath(values.dir)]);
  folder.create();
  const owner = await claimFolder(folder.path, 'nodrop');
  if (owner !== undefined) {
    throw usageError(`Run ${folder.id} is under way in process ${owner}.`, 'Choose another id with --run.');
  }
  try {
    const checked = await check({
      id: folder.id,
      path: folder.path,
      plan,
      allowed: values.allow ?? [],
      signal,
      watcher: {
        status: (text) => terminal.status(text),
        progress: (label, done, total) => terminal.progress(label, done, total),
      },
    });
    const totalMs = Math.round(performance.now() - startedAt);
    const result = checkResult(checked, {
      allowed: values.allow ?? [],
      environment: environmentOf(undefined),
      auditMs: null,
      totalMs,
    });
    for (const problem of [checked.unwritten, folder.writeResult(result)]) {
      if (problem !== undefined) terminal.note(`nodrop: ${problem}`);
    }
    printResult(terminal, result, { evidence: folder.path }, reports);
    return exitCodeOf(result);
  } finally {
    await removeRecord(folder.path);
  }
}

const newCheckId = (): string => `check-${randomUUID().slice(0, 8)}`;
