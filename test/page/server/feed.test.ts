/** The events for a page that watches a run, from the first to the last. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { RunSource } from '../../../src/page/server/run-source.ts';
import type { PageData } from '../../../src/page/page-data.ts';
import { writeReport } from '../../../src/page/report-page.ts';
import type { Series } from '../../../src/watch/series.ts';
import { seal } from '../../../src/run-folder/seal.ts';
import { lost, passed } from '../../report/results.ts';
import { EventReader } from './read-events.ts';
import { newRun, runUnderWay, serveRuns, type ServedRuns } from './served-runs.ts';

async function watch({ ask }: ServedRuns, run: string): Promise<EventReader> {
  const answer = await ask(`/api/runs/${run}/events`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  return new EventReader(answer);
}

test('the page of a run under way gets its state, then its changes, then its verdict', async () => {
  const served = serveRuns();
  const { folder, ledger } = runUnderWay(served.dir, 'busy');
  const reader = await watch(served, 'busy');
  const first = await reader.next();
  expect(first).toMatchObject({
    name: 'live',
    data: { isUnderWay: true, progress: { run: 'busy', planned: 100, sent: { count: 10 } } },
  });
  const series = (await reader.nextNamed('series')) as Series;
  expect(series.sent.some((rate) => rate > 0)).toBe(true);
  ledger.intend(10, 20);
  expect(await reader.nextNamed('live')).toMatchObject({ progress: { sent: { count: 30 } } });
  // A second page gets the current state at once.
  const second = await watch(served, 'busy');
  expect(await second.next()).toMatchObject({ name: 'live', data: { progress: { sent: { count: 30 } } } });
  folder.writeResult(passed);
  ledger.finish();
  ledger.close();
  await seal(folder.file('ledger-p0-0.bin'));
  for (const each of [reader, second]) {
    const ended = (await each.nextNamed('ended')) as PageData;
    expect(ended).toMatchObject({ result: { verdict: 'pass' }, findings: [], findingsInAll: 0 });
    expect(ended.series!.sent.length).toBeGreaterThan(0);
    expect(await each.next()).toBeUndefined();
  }
});

test('the page of an audited run gets the result at once, and the stream ends', async () => {
  const served = serveRuns();
  newRun(served.dir, 'r').writeResult(passed);
  const reader = await watch(served, 'r');
  expect(await reader.next()).toMatchObject({ name: 'ended', data: { result: passed } });
  expect(await reader.next()).toBeUndefined();
});

test('findings come from the report if it belongs to the last audit, and not if it is older', async () => {
  const served = serveRuns();
  const folder = newRun(served.dir, 'r');
  const detail = 'told by the report';
  writeFileSync(folder.findings, `${JSON.stringify({ kind: 'lost', blame: 'store', detail })}\n`);
  const failed = { ...passed, verdict: 'fail' as const, findings: [lost] };
  folder.writeResult(failed);
  expect(await writeReport(folder, failed, folder.store)).toBeUndefined();
  rmSync(folder.findings);
  const ended = async (): Promise<unknown> => {
    const reader = await watch(served, 'r');
    const told = await reader.nextNamed('ended');
    expect(await reader.next()).toBeUndefined();
    return told;
  };
  expect(await ended()).toMatchObject({
    result: { verdict: 'fail' },
    findings: expect.arrayContaining([expect.objectContaining({ detail })]) as unknown,
  });
  folder.writeResult(passed);
  expect(await ended()).toMatchObject({ result: { verdict: 'pass' }, findings: [] });
});

test('a run whose result is damaged counts as not audited', async () => {
  const served = serveRuns();
  const texts = ['{', 'null', '[]', '{}', '{"verdict":"pass"}', '"pass"'];
  const watched = texts.map(async (text, index) => {
    const folder = newRun(served.dir, `r${index}`);
    writeFileSync(folder.result, text);
    const reader = await watch(served, folder.id);
    expect([text, await reader.next()]).toMatchObject([
      text,
      { name: 'live', data: { isUnderWay: false, progress: { ended: null } } },
    ]);
    folder.writeResult(passed);
    expect([text, await reader.nextNamed('ended')]).toMatchObject([text, { result: { verdict: 'pass' } }]);
  });
  await Promise.all(watched);
});

test('damaged findings are left out, and the page still gets the verdict', async () => {
  const served = serveRuns();
  const folder = newRun(served.dir, 'r');
  const one = { kind: 'lost', blame: 'store', id: 'p0-1' };
  writeFileSync(folder.findings, `nonsense\n${JSON.stringify(one)}\nnull\n`);
  writeFileSync(folder.file('consumer.json'), 'nonsense');
  folder.writeResult({ ...passed, verdict: 'fail', findings: [{ ...lost, examples: [] }] });
  expect(await (await watch(served, 'r')).next()).toMatchObject({
    name: 'ended',
    data: { findings: [one], findingsInAll: 12 },
  });
});

test('a server that closes ends each stream with the verdict, or with a closing event if there is none', async () => {
  const served = serveRuns();
  runUnderWay(served.dir, 'busy');
  const unaudited = newRun(served.dir, 'unaudited');
  const [busy, late] = [await watch(served, 'busy'), await watch(served, 'unaudited')];
  for (const reader of [busy, late]) expect(await reader.next()).toMatchObject({ name: 'live' });
  unaudited.writeResult(passed);
  await served.routes.close();
  expect(await busy.nextNamed('closing')).toBeNull();
  expect(await busy.next()).toBeUndefined();
  expect(await late.nextNamed('ended')).toMatchObject({ result: { verdict: 'pass' } });
  expect(await late.next()).toBeUndefined();
});

test('if the folder of a run is removed, its page gets a gone event and the run answers 404', async () => {
  const served = serveRuns();
  const { folder } = runUnderWay(served.dir, 'busy');
  const reader = await watch(served, 'busy');
  expect(await reader.next()).toMatchObject({ name: 'live' });
  rmSync(folder.path, { recursive: true });
  expect(await reader.nextNamed('gone')).toBeNull();
  expect(await reader.next()).toBeUndefined();
  expect((await served.ask('/api/runs/busy/events')).status).toBe(404);
});

/** Counts how often the server looks at each run. */
function counted(looks: Map<string, number>): (source: RunSource) => RunSource {
  return (source) => ({
    ...source,
    watch: (run) => {
      const watched = source.watch(run);
      if (watched === undefined) return undefined;
      const isUnderWay = (): Promise<boolean> => {
        looks.set(run, (looks.get(run) ?? 0) + 1);
        return watched.isUnderWay();
      };
      return { ...watched, isUnderWay };
    },
  });
}

test('the server reads a run once for all its watching pages, and stops when the last one leaves', async () => {
  const looks = new Map<string, number>();
  const served = serveRuns(undefined, counted(looks));
  const looksAt = (run: string): number => looks.get(run) ?? 0;
  const left = runUnderWay(served.dir, 'left');
  const clock = runUnderWay(served.dir, 'clock');
  const readers = await Promise.all([1, 2, 3].map(() => watch(served, 'left')));
  for (const reader of readers) expect(await reader.next()).toMatchObject({ name: 'live' });
  // Three pages watch the run, and the server has read it once.
  expect(looksAt('left')).toBe(1);
  await readers[0]!.leave();
  left.ledger.intend(10, 1);
  for (const reader of readers.slice(1))
    expect(await reader.nextNamed('live')).toMatchObject({ progress: { sent: { count: 11 } } });
  for (const reader of readers.slice(1)) await reader.leave();
  const before = looksAt('left');
  // The second run serves as a clock: each look at it stands for one that the first run would have had.
  const ticking = await watch(served, 'clock');
  for (let sent = 10; looksAt('clock') < 4; sent++) {
    await ticking.nextNamed('live');
    clock.ledger.intend(sent, 1);
  }
  await ticking.leave();
  expect(looksAt('left')).toBe(before);
});

test('a run that cannot be read for a while stays in the list, and its page gets later changes', async () => {
  const looks = new Map<string, number>();
  const served = serveRuns(undefined, counted(looks));
  const { folder, ledger } = runUnderWay(served.dir, 'busy');
  const reader = await watch(served, 'busy');
  expect(await reader.next()).toMatchObject({ name: 'live' });
  mkdirSync(folder.file('process.json'));
  ledger.intend(10, 1);
  const before = looks.get('busy')!;
  await expect.poll(() => looks.get('busy')).toBeGreaterThan(before + 1);
  expect(await served.ask('/api/runs').then((answer) => answer.json())).toMatchObject([{ id: 'busy' }]);
  rmSync(folder.file('process.json'), { recursive: true });
  expect(await reader.nextNamed('live')).toMatchObject({ progress: { sent: { count: 11 } } });
  await reader.leave();
});

test('64 pages may watch at once, the next one gets 503, and pages that leave make room', async () => {
  const served = serveRuns();
  runUnderWay(served.dir, 'busy');
  const ask = (): Promise<Response> => served.ask('/api/runs/busy/events');
  for (const round of [1, 2]) {
    const answers = await Promise.all(Array.from({ length: 64 }, ask));
    expect([round, ...new Set(answers.map(({ status }) => status))]).toEqual([round, 200]);
    const refused = await ask();
    expect([refused.status, await refused.json()]).toEqual([
      503,
      { error: 'Too many pages are open: close some of them.' },
    ]);
    const readers = answers.map((answer) => new EventReader(answer));
    for (const reader of readers.slice(0, 32)) await reader.next();
    await Promise.all(readers.map((reader) => reader.leave()));
    // By the next turn of the event loop the server has released them.
    await setImmediate();
  }
});
