/** What explain shows in addition to the timeline: the audit's findings, and commands that show the record. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { explainRun } from '../../src/explain/explain-run.ts';
import { recordProcess } from '../../src/system/process-record.ts';
import type { RunFolder } from '../../src/run-folder/run-folder.ts';
import { storeFileOf } from '../../src/stores/engines.ts';
import type { Timeline } from '../../src/explain/timeline.ts';
import type { SingleFinding } from '../../src/result/verdict.ts';
import { runOnDisk, type Spoils } from '../audit/history/run-on-disk.ts';

const explain = (folder: RunFolder, asked: string, bootstrapServers?: string): Promise<Timeline> =>
  explainRun({ folder, store: folder.store, asked, bootstrapServers });

const newRun = async (spoils: Spoils = {}): Promise<RunFolder> => (await runOnDisk(spoils)).folder;

/** Writes the result and the findings of an audit. */
function save(folder: RunFolder, kafka: string | null, findings: SingleFinding[] = []): void {
  const verdict = findings.length === 0 ? 'pass' : 'fail';
  writeFileSync(folder.result, JSON.stringify({ verdict, environment: { kafka } }));
  if (findings.length > 0)
    writeFileSync(folder.findings, findings.map((each) => `${JSON.stringify(each)}\n`).join(''));
}

const lost = { kind: 'lost', blame: 'store' } as const;
const at = (offset: number) => ({ partition: 0, offset });

test('a run that was never audited is audited, and no file is written', async () => {
  const folder = await newRun({ store: (rows) => void rows.splice(3, 1) });
  // SQLite itself may create these files when it reads a database.
  const files = (): string[] => readdirSync(folder.path).filter((name) => !/-(shm|wal)$/.test(name));
  const before = files();
  const started = Date.now();
  const { findings, audit } = await explain(folder, 'p0-3');
  expect(findings).toMatchObject([{ kind: 'lost', id: 'p0-3' }]);
  expect(audit!.verdict).toBe('fail');
  expect(audit!.time).toBeGreaterThanOrEqual(started);
  expect(files()).toEqual(before);
});

test('the findings of the last audit are shown if the timeline agrees with them', async () => {
  const folder = await newRun({ store: (rows) => void rows.splice(3, 1) });
  save(folder, null, [
    { ...lost, id: 'p0-4', ...at(4) },
    { ...lost, id: 'p0-3', ...at(3), detail: 'told by the last audit' },
    { ...lost, ...at(3) },
    { ...lost, id: 'p0-33', ...at(3) },
    { kind: 'overcommitted', blame: 'consumer', ...at(20) },
  ]);
  const { findings } = await explain(folder, 'p0-3');
  expect(findings).toMatchObject([
    { id: 'p0-3', detail: 'told by the last audit' },
    { ...lost, ...at(3) },
  ]);
  // The last audit says that p0-4 is lost, but its row is there.
  expect((await explain(folder, 'p0-4')).findings).toEqual([]);
});

test('a store that changed since the last audit is audited again', async () => {
  const folder = await newRun();
  save(folder, null);
  expect(await explain(folder, 'p0-3')).toMatchObject({ asExpected: true, audit: { verdict: 'pass' } });
  const database = new DatabaseSync(storeFileOf(folder.store)!);
  for (const table of ['failed', 'completed']) database.exec(`DELETE FROM ${table} WHERE sequence = 3`);
  database.close();
  expect(await explain(folder, 'p0-3')).toMatchObject({
    asExpected: false,
    findings: [{ kind: 'lost', id: 'p0-3' }],
    audit: { verdict: 'fail' },
  });
  writeFileSync(folder.findings, 'no finding');
  expect((await explain(folder, 'p0-3')).findings).toHaveLength(1);
});

test('a kcat command that shows the record is given if a broker may have it', async () => {
  const folder = await newRun();
  const show = (address: string): string => `kcat -C -b ${address} -t t -p 0 -o 3 -c 1 -e -f `;
  save(folder, null, [{ ...lost, id: 'p0-9' }]);
  const external = await explain(folder, 'p0-3');
  expect(external).toMatchObject({ dumpLog: null, note: null });
  expect(external.kcat).toContain(show('127.0.0.1:1'));
  expect((await explain(folder, 'p0-3', 'other:9092')).kcat).toContain(show('other:9092'));
  rmSync(folder.findings);
  save(folder, null);
  expect((await explain(folder, 'p0-3')).note).toContain('--keep-topic');
});

test("the run's own broker is read with kcat if it runs, and with kafka-dump-log if only its files are left", async () => {
  const folder = await newRun();
  save(folder, '4.3.1');
  const gone = await explain(folder, 'p0-3');
  expect(gone).toMatchObject({ kcat: null, dumpLog: null, note: expect.stringContaining('nodrop messages') });
  const partition = `${folder.broker}/data/t-0`;
  mkdirSync(partition, { recursive: true });
  for (const base of [0, 2, 4]) writeFileSync(`${partition}/${String(base).padStart(20, '0')}.log`, '');
  const ended = await explain(folder, 'p0-3');
  expect(ended).toMatchObject({ kcat: null, note: expect.stringContaining("Kafka's own tool") });
  expect(ended.dumpLog).toBe(
    `kafka-dump-log.sh --print-data-log --files ${partition}/00000000000000000002.log`,
  );
  await recordProcess(folder.broker, process.pid, 'node');
  expect(await explain(folder, 'p0-3')).toMatchObject({
    kcat: expect.stringContaining('kcat -C'),
    dumpLog: null,
  });
});

test('no command is given for a message without an offset, and an unknown message or run is a usage error', async () => {
  const folder = await newRun({ plan: { p0: 20 } });
  const unsent = await explain(folder, 'p0-19');
  expect(unsent).toMatchObject({
    kcat: null,
    dumpLog: null,
    note: expect.stringContaining('Its place'),
    findings: [],
  });
  await expect(explain(folder, 'p0-20')).rejects.toMatchObject({ code: 'usage' });
  rmSync(folder.manifest);
  await expect(explain(folder, 'p0-3')).rejects.toMatchObject({ code: 'usage' });
});
