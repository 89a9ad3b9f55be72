/** Bad input and failures from outside: the message, the exit code and the files that are left. */
import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { runManifest } from '../fixtures/run-manifest.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop, processesNaming, program, start, until } from '../fixtures/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;
const newRun = (): string => `b${randomUUID().slice(0, 8)}`;

test.each([
  [['run', '--messages=many'], /--messages.*integer from 1 to/],
  [['run', '--messages=0'], /--messages/],
  [
    ['run', '--payload-bytes=20'],
    /--payload-bytes 20 is too small: the fields of these messages take \d+ bytes/,
  ],
  [['run', '--batch-size=100000', '--payload-bytes=1000000'], /--batch-size/],
  [['run', '--states=rest:failed,rest:Failed'], /--states/],
  [['run', '--states=dead-letters'], /No state can be 'dead-letters'/],
  [['run', '--timeout=5'], /500ms, 5s or 2m/],
  [['run', '--seed=-1'], /--seed/],
  [['run', '--store=mysql://x'], /sqlite:PATH/],
  [['run', '-X', 'ack=all'], /'ack' is not a client setting/],
  [['run', '-X', 'sasl.jaas.config=secret'], /--command-config/],
  [['run', '--command-config=/nowhere'], /\/nowhere cannot be read/],
  [['run', '--mesages=5'], /Did you mean --messages/],
  [['runn'], /unknown command 'runn'/],
  [['run', 'orders', 'extra'], /too many arguments/],
  [['produce'], /--bootstrap-server is missing/],
  [['produce', '--bootstrap-server=nonsense'], /host:port/],
  [['consume', '--run=x'], /--bootstrap-server is missing/],
  [['consume', '--bootstrap-server=127.0.0.1:1'], /--run is missing/],
  [['verify', 'unknown'], /There is no run unknown/],
  // A terminal's control characters are replaced, so that the terminal does not obey them.
  [['verify', 'a\u001b[31mb'], /There is no run a\ufffd\[31mb/],
  [['verify'], /There is no run in/],
  [['messages'], /There is no run in/],
  [['kafka', '--port=70000'], /--port/],
  [['clean', '--everything'], /unknown option/],
])('%j is wrong usage', async (args, message) => {
  const { code, stdout, stderr } = await nodropInProcess(
    args[0] === 'runn' ? args : [...args, `--dir=${newDir()}`],
  );
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^ {4}at /m);
  expect([code, stdout]).toEqual([64, '']);
});

test('NODROP_ variables are checked like options, and an option overrides its variable', async () => {
  const env = { NODROP_MESSAGES: 'many' };
  expect(await nodrop(['produce', at, `--dir=${newDir()}`], env)).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('NODROP_MESSAGES'),
  });
  const { code, stdout } = await nodrop(['produce', '--json', '--messages=3', `--dir=${newDir()}`], {
    NODROP_MESSAGES: '5',
    NODROP_RUN: newRun(),
    KAFKA_BOOTSTRAP_SERVERS: inject('bootstrapServers'),
  });
  expect([code, (JSON.parse(stdout) as { sent: number }).sent]).toEqual([0, 3]);
});

test('if no broker answers within the timeout, the error names its address and the run id stays unused', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const ports = [1, (silent.address() as AddressInfo).port];
  const tried = ports.flatMap((port) => ['run', 'produce', 'consume'].map((command) => ({ port, command })));
  const ended = await Promise.all(
    tried.map(async ({ port, command }) => {
      const dir = newDir();
      const address = `--bootstrap-server=127.0.0.1:${port}`;
      const { code, stderr } = await nodrop([
        command,
        '--run=x',
        `--dir=${dir}`,
        '--timeout=1500ms',
        address,
      ]);
      const folder = join(dir, 'runs/x');
      const left = (existsSync(folder) ? readdirSync(folder) : []).filter((name) =>
        /^(run\.json|ledger)/.test(name),
      );
      return { port, command, code, isNamed: stderr.includes(`127.0.0.1:${port}`), left };
    }),
  );
  silent.close();
  expect(ended).toEqual(tried.map((one) => ({ ...one, code: 69, isNamed: true, left: [] })));
});

test('without Java or Maven, run says within 5 s what to install', async () => {
  const bin = newDir();
  symlinkSync('/bin/sh', join(bin, 'sh'));
  const startedAt = performance.now();
  const { code, stderr } = await nodrop(['run', `--dir=${newDir()}`, '--quiet'], {
    PATH: bin,
    JAVA_HOME: undefined,
  });
  expect(code).toBe(69);
  for (const system of ['apt-get install', 'brew install', 'docker compose up -d'])
    expect(stderr).toContain(system);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

test('Ctrl-C stops a run in order: the messages that were sent are audited, and the exit code is 130', async () => {
  const dir = newDir();
  const run = newRun();
  const { child, ended } = start([
    'run',
    '--json',
    `--run=${run}`,
    `--dir=${dir}`,
    '--messages=2000000',
    '--batch-size=10',
    at,
  ]);
  await until('it is publishing', () => existsSync(join(dir, 'runs', run, 'run.json.sha256')));
  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended;
  expect([code, stderr]).toEqual([130, expect.stringContaining('stopping')]);
  const result = JSON.parse(stdout) as Result;
  expect(result).toMatchObject({ verdict: 'inconclusive', findings: [] });
  expect(result.ledger.unsent).toBeGreaterThan(0);
  expect(result.store.rows).toBe(result.ledger.acked);
});

test('if the process that started nodrop is killed, its broker, producer and consumer end too', async () => {
  const dir = newDir();
  const run = newRun();
  // Like npm, this parent passes no signal on.
  const parent = spawn(
    process.execPath,
    [
      '-e',
      `require('child_process').spawn(process.execPath, ${JSON.stringify([program, 'run', `--run=${run}`, `--dir=${dir}`, '--messages=2000000', '--batch-size=10'])}, { stdio: 'ignore' }); setInterval(() => {}, 1000)`,
    ],
    {
      env: { ...process.env, npm_command: 'run-script', NODROP_BOOTSTRAP_SERVER: undefined },
      stdio: 'ignore',
    },
  );
  await until('it is publishing', () => existsSync(join(dir, 'runs', run, 'run.json.sha256')));
  parent.kill('SIGKILL');
  await until('all of its processes are gone', () => processesNaming(dir).length === 0);
  expect(existsSync(join(dir, 'runs', run, 'kafka'))).toBe(true);
});

test('a second Ctrl-C ends nodrop at once, and none of its processes is left', async () => {
  const dir = newDir();
  const { child, ended } = start(['kafka', `--dir=${dir}`]);
  await until('the broker is being started', () => processesNaming(dir).length > 1);
  child.kill('SIGINT');
  child.kill('SIGINT');
  expect((await ended).code).toBe(130);
  await until('all of its processes are gone', () => processesNaming(dir).length === 0);
});

test('if two runs with the same id start at once, one is refused and the other passes', async () => {
  const args = ['run', '--run=same', `--topic=${newRun()}`, `--dir=${newDir()}`, '--messages=50', at];
  const ended = await Promise.all([nodrop(args), nodrop(args)]);
  expect(new Set(ended.map(({ code }) => code))).toEqual(new Set([0, 64]));
});

test('clean removes passed and crashed runs, removes failed runs only with --all, and keeps active runs', async () => {
  const dir = newDir();
  const passed = await nodrop([
    'run',
    '--run=passed',
    `--topic=${newRun()}`,
    `--dir=${dir}`,
    '--messages=20',
    at,
  ]);
  expect(passed.code, passed.stderr).toBe(0);
  for (const id of ['failed', 'crashed']) {
    const folder = new RunFolder(dir, id);
    folder.create();
    folder.writeManifest({ ...runManifest(1), id });
  }
  writeFileSync(join(dir, 'runs/failed/result.json'), '{"verdict":"fail"}');
  mkdirSync(join(dir, 'runs/somebodys'));
  const busy = start(['consume', '--run=busy', `--topic=${newRun()}`, `--dir=${dir}`, at]);
  await until('the consumer is at work', () => existsSync(join(dir, 'runs/busy/consumer.json')));
  expect(await nodropInProcess(['clean', `--dir=${dir}`])).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('--yes'),
  });
  expect((await nodropInProcess(['clean', '--yes', `--dir=${dir}`])).stdout).toContain('2 removed');
  expect(readdirSync(join(dir, 'runs')).toSorted()).toEqual(['busy', 'failed', 'somebodys']);
  await nodropInProcess(['clean', '--yes', '--all', `--dir=${dir}`]);
  expect(readdirSync(join(dir, 'runs')).toSorted()).toEqual(['busy', 'somebodys']);
  busy.child.kill('SIGTERM');
  await busy.ended;
});

test('doctor finds all prerequisites on this machine, and names a missing one', async () => {
  const here = await nodrop(['doctor', `--dir=${newDir()}`]);
  expect(here, here.stdout).toMatchObject({ code: 0 });
  for (const name of ['Node', 'Java', 'Kafka', 'Maven', 'Disk', 'Ports']) expect(here.stdout).toContain(name);
  const bare = await nodrop(['doctor', '--json', `--dir=${newDir()}`], {
    PATH: newDir(),
    JAVA_HOME: undefined,
  });
  expect(bare.code).toBe(69);
  const { checks } = JSON.parse(bare.stdout) as { checks: { name: string; ok: boolean; mend?: string }[] };
  expect(checks.find(({ name }) => name === 'Java')).toMatchObject({
    ok: false,
    mend: expect.stringContaining('apt-get'),
  });
});

test.each([
  ['misroute:17', 1, 'fail'],
  [undefined, 0, 'pass'],
] as const)(
  'a run whose output has no reader still judges: with sabotage %s its exit code is %i',
  async (sabotage, expected, verdict) => {
    const [dir, run] = [newDir(), newRun()];
    const child = spawn(
      process.execPath,
      [program, 'run', `--run=${run}`, `--dir=${dir}`, '--rate=400', '--duration=1s', at],
      { env: { ...process.env, NODROP_SABOTAGE: sabotage }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child.stdout.destroy();
    child.stderr.destroy();
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(expected);
    const result = JSON.parse(readFileSync(join(dir, 'runs', run, 'result.json'), 'utf8')) as Result;
    expect(result.verdict).toBe(verdict);
  },
);
