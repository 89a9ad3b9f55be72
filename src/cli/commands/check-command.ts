import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { check } from '../../check/check.ts';
import { recordsFile } from '../../check/check-record.ts';
import { checkResult } from '../../check/check-result.ts';
import { usageError } from '../../errors.ts';
import { environmentOf } from '../../result/environment.ts';
import type { Verdict } from '../../result/verdict.ts';
import { EventLog } from '../../run-folder/event-log.ts';
import { refuseForeignFolder } from '../../run-folder/run-files.ts';
import { RunFolder, runsPath } from '../../run-folder/run-folder.ts';
import { claimFolder, removeRecord } from '../../system/process-record.ts';
import { removeEmptyFolder } from '../../system/removal.ts';
import type { CheckValues } from '../options/check-options.ts';
import { addressOf, settingsOf, type OptionValues } from '../options/options.ts';
import { claimFiles, reportsOf } from '../output/reporters.ts';
import { checkPlanOf } from './check-plan.ts';
import type { Context } from './context.ts';
import { finishCheck } from './finish-check.ts';

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
  const allowed = values.allow ?? [];
  const plan = checkPlanOf(own, { bootstrapServers, settings, timeoutMs: values.timeout });
  const folder = new RunFolder(values.dir, values.run ?? newCheckId());
  folder.refuseIfUsed();
  refuseForeignFolder(folder);
  claimFiles(reports, [runsPath(values.dir)]);
  folder.create();
  const owner = await claimFolder(folder.path, 'nodrop');
  if (owner !== undefined) {
    throw usageError(`Run ${folder.id} is under way in process ${owner}.`, 'Choose another id with --run.');
  }
  const events = new EventLog(folder.events, (problem) => terminal.note(`nodrop: ${problem}`));
  events.note({ type: 'check', topics: [...plan.topics] });
  let verdict: Verdict | null = null;
  try {
    const { readMs, judgeMs, ...checked } = await check({
      id: folder.id,
      path: folder.path,
      plan,
      allowed,
      signal,
      watcher: {
        status: (text) => terminal.status(text),
        progress: (label, done, total) => terminal.progress(label, done, total),
      },
    });
    const result = checkResult(checked, {
      allowed,
      environment: environmentOf(undefined),
      readMs: Math.round(readMs),
      auditMs: Math.round(judgeMs),
      totalMs: Math.round(performance.now() - startedAt),
    });
    ({ verdict } = result);
    return await finishCheck(folder, result, { terminal, reports, unwritten: checked.unwritten });
  } finally {
    const hasRead = existsSync(folder.file(`${recordsFile}.facts`));
    if (hasRead) events.note({ type: 'ended', verdict });
    else rmSync(folder.events, { force: true });
    await removeRecord(folder.path);
    // Nothing is left of a check that has read nothing, such as one with a mistake in its options.
    if (!hasRead) removeEmptyFolder(folder.path);
  }
}

const newCheckId = (): string => `check-${randomUUID().slice(0, 8)}`;
