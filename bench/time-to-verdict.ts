/**
 * The time to verdict for 1000 messages, by phase: with the embedded broker (with a warm cache) and on a running
 * broker, in turn. Prints a table and writes `bench/results/time-to-verdict.json`.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { startKafka } from '../src/kafka/broker/start-kafka.ts';
import type { Result, Timings } from '../src/result/result.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const rounds = Number(values.rounds);
const program = join(import.meta.dirname, '../bin/nodrop.js');
const dir = mkdtempSync(join(tmpdir(), 'nodrop-bench-'));

/** nodrop's own measurements, and the time of the whole process measured from outside. */
type Sample = Timings & { processMs: number };

const phases = ['brokerStartMs', 'produceMs', 'drainMs', 'auditMs', 'totalMs', 'processMs'] as const;
/** The limits, in milliseconds. */
const wanted: Record<string, Partial<Record<(typeof phases)[number], number>>> = {
  embedded: { brokerStartMs: 2000, processMs: 3000 },
  running: { processMs: 1500 },
};

async function sample(...args: string[]): Promise<Sample> {
  const startedAt = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, [
    program,
    'run',
    '--json',
    '--quiet',
    `--dir=${dir}`,
    ...args,
  ]);
  const processMs = Math.round(performance.now() - startedAt);
  const result = JSON.parse(stdout) as Result;
  if (result.verdict !== 'pass') throw new Error(`a run did not pass: ${result.verdict}`);
  return { ...result.timings, processMs };
}

const samples: Record<string, Sample[]> = { embedded: [], running: [] };
try {
  await using kafka = await startKafka();
  const address = `--bootstrap-server=${kafka.bootstrapServers}`;
  // The first round warms the caches, and does not count.
  for (let round = 0; round <= rounds; round++) {
    const embedded = await sample();
    const running = await sample(address);
    if (round === 0) continue;
    samples['embedded']!.push(embedded);
    samples['running']!.push(running);
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}

const lines = [
  '| 1000 messages | phase | min ms | median ms | max ms | to reach |',
  '| --- | --- | ---: | ---: | ---: | ---: |',
];
for (const [name, taken] of Object.entries(samples)) {
  for (const phase of phases) {
    const sorted = taken
      .map((one) => one[phase])
      .filter((ms) => ms !== null)
      .sort((a, b) => a - b);
    if (sorted.length === 0) continue;
    const median = sorted[Math.floor(sorted.length / 2)]!;
    const limit = wanted[name]?.[phase];
    const verdict = limit === undefined ? '' : `${limit} ${median <= limit ? '✓' : '✗'}`;
    lines.push(`| ${name} | ${phase} | ${sorted[0]} | ${median} | ${sorted.at(-1)} | ${verdict} |`);
  }
}
process.stdout.write(`${lines.join('\n')}\n`);
const results = join(import.meta.dirname, 'results');
mkdirSync(results, { recursive: true });
const machine = {
  cpus: cpus().length,
  cpu: cpus()[0]?.model,
  memoryBytes: totalmem(),
  node: process.version,
};
const document = { date: new Date().toISOString(), machine, rounds, samples };
writeFileSync(join(results, 'time-to-verdict.json'), `${JSON.stringify(document, null, 2)}\n`);
