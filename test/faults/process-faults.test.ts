/** Faults on real processes of a user, by the schedule of a run. */
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ProcessConfig } from '../../src/config/config.ts';
import { checkSchedule, faultText, parseFault } from '../../src/faults/fault-schedule.ts';
import type { Pipeline, PipelinePlan, ProcessPlan } from '../../src/faults/fault.ts';
import { beginSchedule } from '../../src/faults/run-schedule.ts';
import { processPlans } from '../../src/processes/process-plan.ts';
import { defaultEngine } from '../../src/stores/engines.ts';
import type { FaultRecord } from '../../src/result/result.ts';
import { alive, program, shell, startUserProcesses, type Started } from '../fixtures/user-processes.ts';

async function started(processes: Record<string, ProcessConfig>): Promise<Started> {
  const all = await startUserProcesses(processes);
  onTestFinished(() => all.stop());
  return all;
}

/** Carries out the faults at once, and ends them when they are over, or `isEnough`. */
async function carriedOut(
  { byName }: Started,
  texts: readonly string[],
  isEnough?: () => Promise<unknown>,
): Promise<FaultRecord[]> {
  const pipeline = { processes: byName, signal: new AbortController().signal } as unknown as Pipeline;
  const running = beginSchedule(texts.map(parseFault), pipeline, { note: () => {}, changed: () => {} });
  await (isEnough?.() ?? running.over);
  return await running.end();
}

const working = shell('echo ready; exec sleep 60');

test('a killed process is gone, and comes back when the fault is over', async () => {
  const all = await started({ api: working, worker: { ...working, count: 2 } });
  const before = all.all.map(({ pid }) => pid!);
  const [fault] = await carriedOut(all, ['kill-process:worker@0s+50ms']);
  const [api, first, second] = all.all.map(({ pid }) => pid!);
  expect(fault).toMatchObject({
    name: 'kill-process',
    target: 'worker-0',
    tookEffect: true,
    evidence: [`process ${before[1]}, worker-0, is gone`, `worker-0 was started again as process ${first}`],
  });
  expect([api, second]).toEqual([before[0], before[2]]);
  expect(await alive(before)).toEqual([api, second]);
  expect(all.ended).toEqual([]);
});

test('a process that is killed for ever stays dead, and does not count as ended by itself', async () => {
  const all = await started({ worker: working });
  const [fault] = await carriedOut(all, ['kill-process:worker@0s+never']);
  expect(fault).toMatchObject({ tookEffect: true, endMs: null });
  expect(all.all[0]!.pid).toBeUndefined();
  expect(all.ended).toEqual([]);
});

test('the first of several processes that tells a point is killed', async () => {
  const source = `
    console.log('ready');
    const tell = () => console.log('{"type":"point","name":"after-commit"}');
    if (process.env.NODROP_WORKER_INDEX === '1') setInterval(tell, 20);
    else setInterval(() => {}, 1000)`;
  const all = await started({ worker: program(source, { count: 2 }) });
  const [fault] = await carriedOut(all, ['kill-process:worker:after-commit@0s+10ms']);
  expect(fault).toMatchObject({ target: 'worker-1', tookEffect: true });
  expect(fault!.evidence[0]).toBe('it had told the point after-commit');
});

test('a point that no process tells leaves the fault without effect', async () => {
  const source = `console.log('ready'); setInterval(() => console.log('{"type":"point","name":"other"}'), 20)`;
  const all = await started({ worker: program(source) });
  // Each of these comes in a later turn of the event loop: by then, the fault has begun.
  const untilBegun = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn++) await all.all[0]!.untilAt('other', AbortSignal.timeout(5_000));
  };
  const [fault] = await carriedOut(all, ['kill-process:worker:after-commit@0s'], untilBegun);
  expect(fault).toMatchObject({ tookEffect: false });
  expect(fault!.evidence.join()).toContain('worker never told the point after-commit');
});

test('a process that does not come back leaves the fault without effect, with the end of its log', async () => {
  // The second start finds the folder that the first has made.
  const all = await started({ worker: shell('mkdir once && echo ready && exec sleep 60') });
  const [fault] = await carriedOut(all, ['kill-process:worker@0s+10ms']);
  expect(fault).toMatchObject({ tookEffect: false });
  expect(fault!.evidence.join()).toMatch(/worker ended with exit code 1 before it was ready. Its log: /);
});

test('a suspended process stands still with all that it has started, and goes on afterwards', async () => {
  const ticking = `sh -c 'while :; do echo tick; sleep 0.01; done' & echo ready; wait`;
  const all = await started({ worker: shell(ticking) });
  const [worker] = all.all;
  const pids = worker!.pids!();
  const [fault] = await carriedOut(all, ['pause-process:worker@0s+100ms']);
  expect(fault).toMatchObject({ tookEffect: true, target: 'worker' });
  expect(fault!.evidence[0]).toMatch(/^processes \d+(, \d+)+, worker, are in state T$/);
  expect(fault!.evidence[0]).toContain(String(pids[0]));
  const ticks = (): number => readFileSync(worker!.logFile).length;
  const now = ticks();
  await vi.waitFor(() => expect(ticks()).toBeGreaterThan(now + 20));
});

test('a restart asks each process of a name to end, and starts it before the next', async () => {
  const all = await started({
    worker: shell(`trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done`, { count: 2 }),
  });
  const before = all.all.map(({ pid }) => pid);
  const [fault] = await carriedOut(all, ['restart-process:worker@0s']);
  const after = all.all.map(({ pid }) => pid);
  expect(fault).toMatchObject({ tookEffect: true, target: 'worker-0, worker-1' });
  expect(fault!.evidence).toEqual(
    [0, 1].map(
      (i) =>
        `worker-${i}, process ${before[i]}, ended with exit code 0 after SIGTERM, and was started again as process ${after[i]}`,
    ),
  );
});

test('in a storm, processes leave and come back in turn until it is over, and all run at its end', async () => {
  const all = await started({ worker: shell('echo ready; exec sleep 60', { count: 2 }) });
  const [fault] = await carriedOut(all, ['rebalance-storm:worker@0s+1s']);
  expect(fault).toMatchObject({ tookEffect: true, target: 'worker-0, worker-1' });
  expect(fault!.evidence[0]).toMatch(/^processes of worker left and came back [2-9] times$/);
  expect(fault!.evidence[1]).toMatch(/^worker-0, /);
  expect(fault!.evidence[2]).toMatch(/^worker-1, /);
  expect(await alive(all.all.map(({ pid }) => pid!))).toHaveLength(2);
});

const own: PipelinePlan = {
  brokers: 3,
  producers: 1,
  consumers: 1,
  store: defaultEngine,
  sendsMs: undefined,
};
const processPlan: ProcessPlan = { count: 1, hasAddresses: false, isContainer: false };
const theirs: PipelinePlan = {
  ...own,
  producers: 0,
  consumers: 0,
  store: undefined,
  processes: new Map([
    ['api', { ...processPlan, hasAddresses: true }],
    ['worker', processPlan],
    ['boxed', { ...processPlan, isContainer: true }],
  ]),
};

test.each<[string, PipelinePlan, string]>([
  ['kill-process:worker@5s', own, "nodrop's own pipeline has no processes of a user"],
  ['rebalance-storm:worker@5s', own, "nodrop's own pipeline has no processes of a user"],
  [
    'cut:worker@5s',
    own,
    "there is no 'worker' whose network it could break: producer, consumer, replication, store",
  ],
  ['latency:producer-acks@5s', own, "there is no 'producer-acks'"],
  ['kill-process@5s', theirs, 'it takes a process after a colon: api, worker, boxed'],
  ['rebalance-storm@5s', theirs, 'it takes a process after a colon: api, worker, boxed'],
  ['kill-process:wroker@5s', theirs, "there is no process 'wroker': api, worker, boxed"],
  [
    'cut:wroker@5s',
    theirs,
    "there is no 'wroker' whose network it could break: api, worker, boxed, replication",
  ],
  ['cut:producer@5s', theirs, "there is no 'producer'"],
  ['pause-process:worker@5s+never', theirs, 'kill it instead'],
  [
    'kill-process:boxed@5s',
    theirs,
    'boxed runs a container, which such a signal does not reach: restart-process:boxed',
  ],
  ['pause-process:boxed@5s', theirs, 'restart-process:boxed or cut:boxed'],
  [
    'kill-consumer@5s',
    theirs,
    "it acts on nodrop's own consumer, which your pipeline does not have: kill-process:api or",
  ],
  ['pause-producer@5s', theirs, 'pause-process:api or pause-process:worker'],
  ['lock-store@5s', theirs, "it acts on nodrop's own store, which your pipeline does not have: cut:api"],
  ['restart-store@5s', theirs, 'reset_peer:api'],
  ['poison@5s', theirs, "it acts on nodrop's own store, which your pipeline does not have"],
  ['delete-records@5s', theirs, "it acts on nodrop's own topic, which your pipeline does not have"],
  [
    'cut:worker@5s',
    { ...theirs, brokers: 0 },
    'leave --bootstrap-server out, or give worker the address of a sink',
  ],
])('the fault %s is refused for a pipeline that cannot have it', (text, plan, why) => {
  const check = (): void => checkSchedule([parseFault(text)], plan);
  expect(check).toThrow(why);
  expect(check).toThrow(expect.objectContaining({ code: 'usage' }));
});

test.each([
  'kill-process:worker@5s',
  'kill-process:worker:a:b@5s+2s',
  'pause-process:api@1s',
  'restart-process:boxed@1s',
  'rebalance-storm:api@1s',
  'cut:worker-acks@1s',
  'latency:api=5ms@1s',
  'bandwidth:api=5kB@1s',
  'slow_close:worker@1s',
  'reset_peer:worker@1s',
  'cut:replication@1s',
  'kill-leader@1s',
])('the fault %s is possible on the processes of a user, and is written as it was read', (text) => {
  expect(() => checkSchedule([parseFault(text)], theirs)).not.toThrow();
  expect(parseFault(faultText(parseFault(text)))).toEqual(parseFault(text));
});

test('a process with an address can be cut off where the brokers are not of the run', () => {
  expect(() => checkSchedule([parseFault('cut:api@1s')], { ...theirs, brokers: 0 })).not.toThrow();
});

test.each([
  'kill-process:@5s',
  'pause-process:worker:point@5s',
  'restart-process:worker@5s+3s',
  'kill-leader:worker@5s',
])('the fault %j is refused', (text) => {
  expect(() => parseFault(text)).toThrow(expect.objectContaining({ code: 'usage' }));
});

test.each<[string | string[], boolean]>([
  ['docker run --rm worker', true],
  [['/usr/bin/podman', 'run', 'x'], true],
  ['cd app && docker compose up worker', true],
  ['docker-compose -f x.yml up', true],
  ['node docker/run.js', false],
  ['npm run docker-free', false],
  [['java', '-jar', 'worker.jar'], false],
])('a command that runs a container is known as such: %s', (command, isContainer) => {
  const env = { DB: '{url:table}' };
  expect(processPlans({ a: { command }, b: { command, env, count: 3 } })).toEqual(
    new Map([
      ['a', { count: 1, hasAddresses: false, isContainer }],
      ['b', { count: 3, hasAddresses: true, isContainer }],
    ]),
  );
});
