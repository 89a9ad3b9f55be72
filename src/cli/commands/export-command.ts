import { once } from 'node:events';
import { readManifest } from '../../audit/audit-run.ts';
import { exitCodes, usageError } from '../../errors.ts';
import { openRunEvidence } from '../../audit/run-evidence/run-evidence.ts';
import { refuseUsersData } from '../../run-folder/check-folder.ts';
import { findRun } from '../../run-folder/find-run.ts';
import { historyLines } from '../../audit/history/write-history.ts';
import type { Context } from './context.ts';
import type { OptionValues } from '../options/options.ts';

const chunkChars = 64 * 1024;

/** Writes the evidence of a run to stdout, line by line, as fast as its reader takes them. */
export async function exportCommand(
  values: OptionValues,
  { signal, terminal }: Context,
  runId: string | undefined,
): Promise<number> {
  const folder = findRun(values.dir, runId);
  refuseUsersData(folder, 'export', 'evidence of messages that were sent');
  const manifest = await readManifest(folder);
  if (typeof manifest === 'string') throw usageError(`Run ${folder.id} cannot be exported: ${manifest}.`);
  await using open = await openRunEvidence(folder, manifest, values.store ?? folder.storeInUse());
  const lines = historyLines({
    evidence: open.evidence,
    producers: open.producers,
    sabotage: folder.sabotages().join(', '),
    onIncomplete: (hop, problem) =>
      terminal.note(`nodrop: the evidence of ${hop} is exported as incomplete: ${problem}`),
  });
  let chunk = '';
  for await (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length < chunkChars) continue;
    await write(chunk, signal);
    chunk = '';
  }
  await write(chunk, signal);
  return exitCodes.pass;
}

async function write(chunk: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!process.stdout.write(chunk)) await once(process.stdout, 'drain', { signal });
}
