/**
 * The rates of the stores, each compared with its ceiling in the same run: rows into SQLite with a bare loop of
 * prepared inserts into the same tables, rows into PostgreSQL with a bare COPY of bytes encoded beforehand, and the
 * whole of `consume` into either store with the same ceilings. `--rows` and `--rounds` reduce the amount.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { startKafka } from '../src/kafka/broker/start-kafka.ts';
import type { StageMessage } from '../src/pipeline/stage/stage-messages.ts';
import { openStore } from '../src/stores/engines.ts';
import { BinaryCopyEncoder } from '../src/stores/postgres/copy-binary.ts';
import { encodeRows } from '../src/stores/postgres/copy-rows.ts';
import { parsePostgresLocation } from '../src/stores/postgres/location.ts';
import { openSession } from '../src/stores/postgres/session.ts';
import { quoted, tableOf } from '../src/stores/table-names.ts';
import { startPostgres, type RunningPostgres } from '../test/fixtures/postgres.ts';
import { categories, makeRows, partitions, topicOf } from './made-rows.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
  },
});
const rows = Number(values.rows);
const rounds = Number(values.rounds);
const writerShareMin = 0.8;
const consumeShareMin = 0.5;
const consumerBytesMax = 250 * 1024 ** 2;

const dir = mkdtempSync(join(tmpdir(), 'nodrop-bench-'));
const program = join(import.meta.dirname, '../bin/nodrop.js');
const topic = topicOf('bench');
const begin = new Map(Array.from({ length: partitions }, (_, partition) => [partition, 0]));
let stores = 0;

type Made = ReturnType<typeof makeRows>;

const perSecond = (startedAt: number): number => (rows / (performance.now() - startedAt)) * 1000;

async function throughWriter(location: string, made: Made): Promise<number> {
  const store = await openStore(location, { categories });
  await store.claim(topic, begin);
  const startedAt = performance.now();
  for (const { batch, advances } of made) await store.write(topic.topicId, batch, advances);
  const rate = perSecond(startedAt);
  await store.close();
  return rate;
}

/** Inserts into the store's own tables, and does nothing else. */
async function bareInserts(made: Made): Promise<number> {
  const path = join(dir, `bare-${++stores}.sqlite`);
  await (await openStore(`sqlite:${path}`, { categories })).close();
  const database = new DatabaseSync(path);
  database.exec('PRAGMA synchronous = NORMAL');
  const inserts = categories.map((category) =>
    database.prepare(`INSERT INTO ${quoted(tableOf(category))} VALUES (?,?,?,?,?,?,?,?,?,?,?)`),
  );
  const storedAt = new Date().toISOString();
  const startedAt = performance.now();
  for (const { batch } of made) {
    database.exec('BEGIN');
    for (let row = 0; row < batch.count; row++) {
      inserts[batch.category[row]!]!.run(
        batch.textAt(batch.run[row]!),
        batch.textAt(batch.producer[row]!),
        batch.sequenceOf(row),
        batch.id(row),
        topic.topicId,
        batch.partition[row]!,
        batch.offset[row]!,
        batch.key(row),
        batch.payload(row),
        batch.digest(row),
        storedAt,
      );
    }
    database.exec('COMMIT');
  }
  const rate = perSecond(startedAt);
  database.close();
  return rate;
}

/** Copies rows that were encoded beforehand into the store's own tables, and does nothing else. */
async function bareCopy(location: string, made: Made): Promise<number> {
  await (await openStore(location, { categories })).close();
  const encoder = new BinaryCopyEncoder();
  const encoded = made.map(({ batch }) =>
    Array.from(encodeRows(encoder, categories, topic.topicId, batch), (chunk) => Buffer.from(chunk)),
  );
  const session = await openSession(parsePostgresLocation(location), 'nodrop-bench');
  const startedAt = performance.now();
  for (const chunks of encoded) {
    await session.begin();
    await session.copyIn('COPY messages FROM STDIN (FORMAT binary)', chunks);
    await session.commit();
  }
  const rate = perSecond(startedAt);
  await session.close();
  return rate;
}

interface Consumed {
  rate: number;
  peakBytes: number;
}

/** The rate between the consumer's first and last line of progress, and its peak memory. */
async function consume(args: readonly string[]): Promise<Consumed> {
  const child = spawn(process.execPath, [program, 'consume', '--until-drained', ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const points: { atMs: number; done: number }[] = [];
  let peakBytes = 0;
  let stored = 0;
  child.on('message', (message: StageMessage) => {
    if (message.type === 'summary') stored = message.counts['stored'] ?? 0;
    if (message.type !== 'progress') return;
    points.push({ atMs: performance.now(), done: message.done });
    peakBytes = peakBytesOf(child.pid!) ?? peakBytes;
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  const [first, last] = [points[0]!, points.at(-1)!];
  if (code !== 0 || stored !== rows)
    throw new Error(`consume ended with ${String(code)}, ${stored} of ${rows} rows stored`);
  return { rate: ((last.done - first.done) / (last.atMs - first.atMs)) * 1000, peakBytes };
}

/** The peak memory of a process; undefined if the process is gone or the system does not report it. */
function peakBytesOf(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

interface Measured {
  store: string;
  ceiling: number;
  writer: number;
  consumed: Consumed;
}

async function measure(
  store: string,
  newLocation: () => string,
  bare: (made: Made) => Promise<number>,
  consumeInto: (location: string) => Promise<Consumed>,
): Promise<Measured> {
  const samples: Omit<Measured, 'store'>[] = [];
  for (let round = 0; round < rounds; round++) {
    const made = makeRows('bench', rows);
    const writer = await throughWriter(newLocation(), made);
    const ceiling = await bare(made);
    samples.push({ writer, ceiling, consumed: await consumeInto(newLocation()) });
  }
  return {
    store,
    ceiling: median(samples.map(({ ceiling }) => ceiling)),
    writer: median(samples.map(({ writer }) => writer)),
    consumed: {
      rate: median(samples.map(({ consumed }) => consumed.rate)),
      peakBytes: Math.max(...samples.map(({ consumed }) => consumed.peakBytes)),
    },
  };
}

async function measureAll(postgres: RunningPostgres): Promise<Measured[]> {
  process.env['PGPASSWORD'] = postgres.password;
  const newSqlite = (): string => `sqlite:${join(dir, `store-${++stores}.sqlite`)}`;
  const newPostgres = (): string => `${postgres.location}?schema=bench_${++stores}`;
  await using kafka = await startKafka();
  const common = ['--quiet', '--run=bench', `--dir=${dir}`, `--bootstrap-server=${kafka.bootstrapServers}`];
  const load = [`--messages=${rows}`, '--batch-size=1000', `--partitions=${partitions}`];
  const producer = spawn(process.execPath, [program, 'produce', ...load, ...common], { stdio: 'ignore' });
  const code = await new Promise((resolve) => producer.once('exit', resolve));
  if (code !== 0) throw new Error(`produce ended with ${String(code)}`);
  const consumeInto = (location: string): Promise<Consumed> => consume([`--store=${location}`, ...common]);
  return [
    await measure('SQLite', newSqlite, bareInserts, consumeInto),
    await measure('PostgreSQL', newPostgres, (made) => bareCopy(newPostgres(), made), consumeInto),
  ];
}

const mark = (isReached: boolean): string => (isReached ? '✓' : '✗');

function lineOf({ store, ceiling, writer, consumed }: Measured): string {
  const [share, whole] = [writer / ceiling, consumed.rate / ceiling];
  const cells = [
    store,
    Math.round(ceiling),
    `${Math.round(writer)} (${share.toFixed(2)} ${mark(share >= writerShareMin)})`,
    `${Math.round(consumed.rate)} (${whole.toFixed(2)} ${mark(whole >= consumeShareMin)})`,
    `${Math.round(consumed.peakBytes / 1024 ** 2)} ${mark(consumed.peakBytes <= consumerBytesMax)}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

const postgres = await startPostgres();
try {
  const measured = await measureAll(postgres);
  const lines = [
    `| ${rows} rows of 200 bytes | ceiling, rows/s | writer, rows/s (share, at least ${writerShareMin}) | whole consume, rows/s (share, at least ${consumeShareMin}) | peak MiB of the consumer, at most 250 |`,
    '| --- | ---: | ---: | ---: | ---: |',
    ...measured.map(lineOf),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  const results = join(import.meta.dirname, 'results');
  mkdirSync(results, { recursive: true });
  const document = { date: new Date().toISOString(), rows, measured };
  writeFileSync(join(results, 'stores.json'), `${JSON.stringify(document, null, 2)}\n`);
} finally {
  await postgres.remove();
  rmSync(dir, { recursive: true, force: true });
}
