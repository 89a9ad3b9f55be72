/**
 * Measures the time and the memory of an audit, for 1 M and 10 M messages from evidence on disk. Each audit runs in its
 * own process; another process makes the evidence. `--quick`: 100 k and 1 M.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';

const { values } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, child: { type: 'string' }, dir: { type: 'string' } },
});

interface Measured {
  verdict: string;
  seconds: number;
  peakBytes: number;
}

const ratioMax = 11;
const peakBytesMax = 300 * 1024 ** 2;

if (values.child === 'make') {
  const { makeRun } = await import('./made-run.ts');
  await makeRun(values.dir!, Number(process.argv.at(-1)));
} else if (values.child === 'audit') {
  process.stdout.write(JSON.stringify(await auditChild(values.dir!)));
} else {
  await main();
}

async function auditChild(dir: string): Promise<Measured> {
  const { auditRun } = await import('../src/audit/audit-run.ts');
  const { findRun } = await import('../src/run-folder/find-run.ts');
  const folder = findRun(dir, undefined);
  const startedAt = performance.now();
  const { audit } = await auditRun({ folder, store: folder.store, scan: undefined, interruptions: [] });
  const seconds = (performance.now() - startedAt) / 1000;
  return { verdict: audit.verdict, seconds, peakBytes: process.resourceUsage().maxRSS * 1024 };
}

async function main(): Promise<void> {
  const sizes = values.quick ? [100_000, 1_000_000] : [1_000_000, 10_000_000];
  const measured: Measured[] = [];
  for (const messages of sizes) measured.push(await measure(messages));
  const [small, large] = measured as [Measured, Measured];
  const ratio = large.seconds / small.seconds;
  const lines = [
    '| audit of | seconds | peak resident MiB | to reach |',
    '| --- | ---: | ---: | --- |',
    ...measured.map(
      ({ seconds, peakBytes }, index) =>
        `| ${sizes[index]} messages | ${seconds.toFixed(1)} | ${Math.round(peakBytes / 1024 ** 2)} | ${mark(peakBytes <= peakBytesMax)} at most 300 MiB |`,
    ),
    `| the second / the first | ${ratio.toFixed(1)} | | ${mark(ratio <= ratioMax)} at most ${ratioMax} |`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  const results = join(import.meta.dirname, 'results');
  mkdirSync(results, { recursive: true });
  const document = { date: new Date().toISOString(), sizes, measured, ratio };
  writeFileSync(join(results, 'audit.json'), `${JSON.stringify(document, null, 2)}\n`);
}

function mark(isReached: boolean): string {
  return isReached ? '✓' : '✗';
}

async function measure(messages: number): Promise<Measured> {
  const dir = mkdtempSync(join(tmpdir(), 'nodrop-bench-'));
  try {
    const child = (...args: string[]): Promise<{ stdout: string }> =>
      promisify(execFile)(process.execPath, [import.meta.filename, `--dir=${dir}`, ...args]);
    await child('--child=make', '--', String(messages));
    const { stdout } = await child('--child=audit');
    const measured = JSON.parse(stdout) as Measured;
    if (measured.verdict !== 'pass') throw new Error(`the made run is ${measured.verdict}`);
    return measured;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
