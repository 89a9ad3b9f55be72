/** Real processes, started, told what they need, and ended. */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ProcessConfig } from '../../src/config/config.ts';
import type { ProcessContext } from '../../src/processes/start-processes.ts';
import {
  alive,
  newFolder,
  program,
  shell,
  startUserProcesses,
  type Started,
} from '../fixtures/user-processes.ts';
import { freePorts } from '../../src/system/ports.ts';

async function started(
  processes: Record<string, ProcessConfig>,
  changes: Partial<ProcessContext> = {},
): Promise<Started> {
  const all = await startUserProcesses(processes, changes);
  onTestFinished(() => all.stop());
  return all;
}

const logOf = (all: Started, name: string): string =>
  readFileSync(join(all.logFolder, `${name}.log`), 'utf8');

/** Started and expected to fail: the error. */
async function refusal(config: ProcessConfig, changes: Partial<ProcessContext> = {}) {
  const error: unknown = await startUserProcesses({ worker: config }, changes).catch(
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  return error as Error & { code: string; hint?: string };
}

test('each process knows the run, its index, the count, the brokers and its own variables', async () => {
  const env = {
    SPRING_KAFKA_BOOTSTRAP_SERVERS: '{bootstrapServers}',
    WHO: '{run} {index}/{count}',
    JSON: '{"a":{"b":"{index}"}}',
    DB: '{url:table} {host:table} {port:table}',
    SECRET: 'env:NODROP_TEST_SECRET',
  };
  vi.stubEnv('NODROP_TEST_SECRET', 'a{run}b');
  onTestFinished(() => void vi.unstubAllEnvs());
  const names = ['KAFKA_BOOTSTRAP_SERVERS', 'NODROP_RUN', 'NODROP_WORKER_INDEX', 'NODROP_WORKER_COUNT'];
  const printed = [...names, ...Object.keys(env)].map((name) => `process.env.${name}`).join(',');
  const source = `console.log(JSON.stringify([${printed}])); console.log('ready'); setInterval(() => {}, 1000)`;
  const all = await started(
    { worker: program(source, { count: 2, env }) },
    { addresses: new Map([['table', 'postgres://u:p@db.example/x']]) },
  );
  expect(JSON.parse(logOf(all, 'worker-1').split('\n')[0]!)).toEqual([
    '127.0.0.1:1',
    'run-1',
    '1',
    '2',
    '127.0.0.1:1',
    'run-1 1/2',
    '{"a":{"b":"1"}}',
    'postgres://u:p@db.example/x db.example 5432',
    'a{run}b',
  ]);
  expect(all.byName.get('worker')!.map(({ name, index }) => [name, index])).toEqual([
    ['worker-0', 0],
    ['worker-1', 1],
  ]);
});

test.each<[string, Partial<ProcessConfig>, RegExp]>([
  ['a folder that is none', { cwd: 'nowhere' }, /^processes.worker.cwd: .*nowhere is no folder/],
  ['an unset variable', { env: { A: 'env:NODROP_UNSET' } }, /the variable NODROP_UNSET, which is not set/],
  [
    'an unknown address',
    { env: { A: '{url:tabel}' } },
    /no source, hop or sink with an address has the name tabel/,
  ],
  ['a wrong pattern', { ready: { stdout: '(' } }, /processes.worker.ready.stdout is no regular expression/],
  ['a wrong URL', { ready: { url: 'localhost:80' } }, /takes an http or https URL/],
  ['a wrong time', { stop: { within: '5 s' } }, /processes.worker.stop.within takes a duration/],
])('%s is wrong usage, and nothing is started', async (_, config, why) => {
  const error = await refusal(shell('touch started; echo ready; sleep 60', config));
  expect(error.message).toMatch(why);
  expect(error.code).toBe('usage');
});

test('a command that does not exist, and one that ends before it is ready, are named with the end of the log', async () => {
  expect(await refusal({ command: ['no-such-program'] })).toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/^no-such-program cannot be started: .*ENOENT/),
  });
  const error = await refusal(shell('echo one; echo "\u001b[31mtwo" >&2; exit 3'));
  expect(error).toMatchObject({ code: 'unavailable', hint: 'one\n\ufffd[31mtwo' });
  expect(error.message).toMatch(
    /^worker ended with exit code 3 before it was ready. Its log: .*worker-0.log$/,
  );
});

test('a process that is not ready in time is ended, and the error says what was waited for', async () => {
  const error = await refusal(
    shell('echo $$; echo nearly ready; sleep 60', { ready: { stdout: '^ready', within: '300ms' } }),
  );
  expect(error.message).toMatch(
    /^worker was not ready within 300ms: no whole line of its standard output matches \/\^ready\//,
  );
  expect(await alive([Number(error.hint!.split('\n')[0])])).toEqual([]);
});

test('a URL makes a process ready once it answers with 2xx: neither an error nor a redirect does', async () => {
  const [port] = await freePorts(1);
  const source = `
    const statuses = [503, 302, 204];
    require('http').createServer((_, answer) => {
      console.log(statuses[0]);
      answer.writeHead(statuses.shift(), { location: '/ready' }).end();
    }).listen(${port}, '127.0.0.1')`;
  const ready = { url: `http://127.0.0.1:${port}/health`, within: '10s' };
  const all = await started({ api: program(source, { ready }) });
  expect(logOf(all, 'api-0')).toBe('503\n302\n204\n');

  const taken = await refusal(program(source, { ready }));
  expect(taken.message).toBe(`Something listens at port ${port} before worker was started.`);
  await all.stop();
  const silent = await refusal(shell('sleep 60', { ready: { ...ready, within: '200ms' } }));
  expect(silent.message).toContain(`http://127.0.0.1:${port}/health: connect ECONNREFUSED`);
});

test('a port makes a process ready, and a silent one is named', async () => {
  const [port] = await freePorts(1);
  const source = `setTimeout(() => require('net').createServer().listen(${port}, '127.0.0.1'), 200)`;
  const all = await started({ worker: program(source, { ready: { port: port!, within: '10s' } }) });
  await all.stop();
  const error = await refusal(shell('sleep 60', { ready: { port: port!, within: '200ms' } }));
  expect(error.message).toContain(`nothing listens at port ${port} of this machine`);
});

test('a process that ends by itself is named with the end of its log, and is not started again', async () => {
  const configFolder = newFolder();
  execFileSync('mkfifo', [join(configFolder, 'go')]);
  const command = 'sleep 60 & echo $! ready; read line < go; echo the end; exit 7';
  const all = await started({ worker: shell(command, { ready: { stdout: 'ready' } }) }, { configFolder });
  const [worker] = all.all;
  const left = Number(logOf(all, 'worker-0').split(' ')[0]);
  expect(await alive([left])).toEqual([left]);
  writeFileSync(join(configFolder, 'go'), 'go\n');
  await vi.waitFor(() => expect(all.ended).toHaveLength(1));
  expect(all.ended[0]).toMatch(
    /^worker ended with exit code 7 while the run was under way, and is not started again. Its log: .*\n\d+ ready\nthe end$/,
  );
  expect(worker!.pid).toBeUndefined();
  // The process that it left behind has ended with it.
  expect(await alive([left])).toEqual([]);
});

test('a process is asked to end with its signal, and killed with all that it has started if it does not', async () => {
  const polite = `trap 'echo bye; exit 0' INT; echo ready; while :; do sleep 0.01; done`;
  const stubborn = `trap '' TERM; sh -c 'trap "" TERM; echo $$; echo ready; while :; do sleep 0.05; done'`;
  const all = await started({
    polite: shell(polite, { stop: { signal: 'SIGINT', within: '10s' } }),
    stubborn: shell(stubborn, { stop: { within: '100ms' } }),
  });
  const [one, other] = all.all;
  const pids = all.all.flatMap((each) => [...each.pids!()]);
  expect(pids.length).toBeGreaterThanOrEqual(3);
  expect(await one!.stop()).toBe('ended with exit code 0 after SIGINT');
  expect(logOf(all, 'polite-0')).toContain('bye');
  expect(await other!.stop()).toBe('still ran 100ms after SIGTERM, and was killed');
  expect(await alive(pids)).toEqual([]);
  expect(all.ended).toEqual([]);
});

test('a killed or stopped process starts again in its place, waits until it is ready, and writes on in its log', async () => {
  const all = await started({ worker: shell('echo ready $$; exec sleep 60') });
  const [worker] = all.all;
  const pids = [worker!.pid!];
  await worker!.kill();
  expect(worker!.pid).toBeUndefined();
  await worker!.start();
  pids.push(worker!.pid!);
  await worker!.stop();
  await worker!.start();
  pids.push(worker!.pid!);
  expect(logOf(all, 'worker-0')).toBe(pids.map((pid) => `ready ${pid}\n`).join(''));
  expect(await alive(pids)).toEqual(pids.slice(-1));
  expect(all.ended).toEqual([]);
  expect(statSync(worker!.logFile).mode & 0o777).toBe(0o600);
});

test.runIf(process.platform === 'linux')(
  'a suspended process and all that it has started stand still, and it can be stopped',
  async () => {
    const all = await started({ worker: shell(`sh -c 'while :; do sleep 0.01; done' & echo ready; wait`) });
    const [worker] = all.all;
    worker!.suspend();
    const states = (): string[] =>
      worker!.pids!().map((pid) => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.charAt(0));
    await vi.waitFor(() => expect(states().every((state) => state === 'T')).toBe(true));
    expect(states().length).toBeGreaterThanOrEqual(2);
    expect(await worker!.stop()).toMatch(/after SIGTERM$/);
  },
);

test('a process that is started tells its points, and a wait for one that never comes ends with its name', async () => {
  const lines = ['{"type":"point","name":"other"}', '{"type":"point","name":"after-commit"}', 'a "point"'];
  const source = `console.log('ready'); setInterval(() => console.log(${JSON.stringify(lines.join('\n'))}), 20)`;
  const all = await started({ worker: program(source) });
  const [worker] = all.all;
  await worker!.untilAt('after-commit', AbortSignal.timeout(5_000));
  const never = worker!.untilAt('before-commit', AbortSignal.timeout(50));
  await expect(never).rejects.toThrow('worker never told the point before-commit');
});

test('when one process fails to start, the others do not wait until they are late', async () => {
  const source = `if (process.env.NODROP_WORKER_INDEX === '1') process.exit(5); setInterval(() => {}, 1000)`;
  const begunAt = performance.now();
  const error = await refusal(program(source, { count: 2, ready: { stdout: 'never', within: '30s' } }));
  expect(error.message).toContain('worker-1 ended with exit code 5 before it was ready');
  expect(performance.now() - begunAt).toBeLessThan(10_000);
});

test('a process that a fault has killed comes back although the user has stopped the run, until all are stopped', async () => {
  const stop = new AbortController();
  const all = await started({ worker: shell('echo ready; exec sleep 60') }, { signal: stop.signal });
  const [worker] = all.all;
  await worker!.kill();
  stop.abort(new Error('Ctrl-C'));
  await worker!.start();
  const pid = worker!.pid!;
  await all.stop();
  expect(await alive([pid])).toEqual([]);
  await expect(worker!.start()).rejects.toThrow('worker is not started again: the run is over');
});

test('when nodrop is stopped while it waits for a process, the process is ended', async () => {
  const stop = new AbortController();
  const starting = startUserProcesses(
    { worker: shell('echo $$ > pid; sleep 60') },
    { signal: stop.signal, configFolder: newFolder() },
  );
  setTimeout(() => stop.abort(new Error('enough')), 300);
  await expect(starting).rejects.toThrow('enough');
});
