/** A store on a PostgreSQL server with TLS: `sslmode` means what it means to psql. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { engineOf, openStore } from '../../src/stores/engines.ts';
import { messageOf } from '../../src/errors.ts';
import { openPostgresSink } from '../../src/sinks/postgres/sink.ts';
import { parsePostgresLocation } from '../../src/stores/postgres/location.ts';
import { openSession } from '../../src/stores/postgres/session.ts';
import { makeAuthority } from '../fixtures/certificate-authority.ts';
import { quickGroup, sharedBroker } from '../fixtures/faulted-run.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { readSink } from '../fixtures/sink-rows.ts';
import { startPostgres, type RunningPostgres } from '../fixtures/postgres.ts';
import { categories } from '../fixtures/store-batches.ts';

const ca = makeAuthority('store');
const otherCa = makeAuthority('somebody');
const ofLocalhost = ca.sign('localhost', 'DNS:localhost');
const ofClient = ca.sign('postgres');
const strangeClient = otherCa.sign('postgres');
const filesOf = ({ certificate, key }: typeof ofLocalhost): Record<string, string> => ({
  'server.crt': certificate,
  'server.key': key,
});

// The certificate is for localhost and not for 127.0.0.1.
let tls: RunningPostgres;
let none: RunningPostgres['location'];
let home: string;

beforeAll(async () => {
  none = inject('postgres').location;
  const hba = `
    hostssl   all encrypted all scram-sha-256
    hostnossl all plain     all scram-sha-256
    hostssl   all shown     all scram-sha-256 clientcert=verify-ca
    hostssl   all proven    all cert
    host      all postgres  all scram-sha-256\n`;
  const files = { ...filesOf(ofLocalhost), 'ca.crt': ca.certificate, 'pg_hba.conf': hba };
  tls = await startPostgres(files, { ssl: 'on', ssl_ca_file: 'ca.crt' });
  vi.stubEnv('PGPASSWORD', tls.password);
  const session = await openSession(parsePostgresLocation(`${tls.location}?sslmode=disable`), 'test');
  for (const user of ['encrypted', 'plain', 'shown', 'proven']) {
    await session.query(`CREATE ROLE ${user} SUPERUSER LOGIN PASSWORD ${session.literal(tls.password)}`);
  }
  await session.close();
}, 60_000);
afterAll(() => tls.remove());
beforeEach(() => {
  home = newDir();
  vi.stubEnv('HOME', home);
  vi.stubEnv('PGPASSWORD', tls.password);
  for (const name of ['PGSSLMODE', 'PGSSLROOTCERT', 'PGSSLCERT', 'PGSSLKEY']) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const at = (server: string, parameters: Record<string, string>, user = 'postgres'): string =>
  `${server.replace('postgres@', `${user}@`)}?${new URLSearchParams(parameters).toString()}`;
const byName = (): string => tls.location.replace('127.0.0.1', 'localhost');

/** `TLS` or `clear`, or the error with its hint. */
async function connectTo(location: string): Promise<string> {
  try {
    const session = await openSession(parsePostgresLocation(location), 'test');
    const [row] = await session.query<{ ssl: boolean }>(
      'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    );
    await session.close();
    return row!.ssl ? 'TLS' : 'clear';
  } catch (error) {
    const { code, hint } = error as { code: string; hint: string };
    return `${code}: ${messageOf(error)} ${hint}`;
  }
}

const encrypted = /^TLS$/;
const clear = /^clear$/;
const noTls = /^unavailable: .*the server has no TLS, and sslmode asks for it/;
const strange = /^unavailable: .*not from a CA that nodrop trusts .*sslrootcert/;
const wrongName = /^unavailable: .*certificate is for DNS:localhost, and not for 127\.0\.0\.1 Name the host/;
const needsRoot = /^usage: sslmode=verify-ca .* needs the certificate of the CA/;

interface Situation {
  name: string;
  location: () => string;
  root: string | undefined;
  outcomes: Record<string, RegExp>;
}

const situations: Situation[] = [
  {
    name: 'a server without TLS',
    location: () => none,
    root: ca.certificatePath,
    outcomes: {
      disable: clear,
      allow: clear,
      prefer: clear,
      require: noTls,
      'verify-ca': noTls,
      'verify-full': noTls,
    },
  },
  {
    name: 'a certificate of an unknown CA, and no file of CAs',
    location: byName,
    root: undefined,
    outcomes: {
      disable: clear,
      allow: clear,
      prefer: encrypted,
      require: encrypted,
      'verify-ca': needsRoot,
      'verify-full': strange,
    },
  },
  {
    name: 'the CA of the certificate, and the right host',
    location: byName,
    root: ca.certificatePath,
    outcomes: {
      disable: clear,
      allow: clear,
      prefer: encrypted,
      require: encrypted,
      'verify-ca': encrypted,
      'verify-full': encrypted,
    },
  },
  {
    name: 'the CA of the certificate, and another host',
    location: () => tls.location,
    root: ca.certificatePath,
    outcomes: {
      disable: clear,
      allow: clear,
      prefer: encrypted,
      require: encrypted,
      'verify-ca': encrypted,
      'verify-full': wrongName,
    },
  },
  {
    name: 'another CA than that of the certificate',
    location: byName,
    root: otherCa.certificatePath,
    outcomes: {
      disable: clear,
      allow: clear,
      prefer: clear,
      require: strange,
      'verify-ca': strange,
      'verify-full': strange,
    },
  },
];

const psql = ['/usr/bin/psql', '/usr/local/bin/psql'].find((path) => existsSync(path));

describe.each(situations)('$name', ({ location, root, outcomes }) => {
  const rootOf = root === undefined ? {} : { sslrootcert: root };

  test.each(Object.entries(outcomes))('sslmode=%s leads to %s', async (sslmode, outcome) => {
    vi.stubEnv('PGPASSWORD', location() === none ? inject('postgres').password : tls.password);
    const found = await connectTo(at(location(), { sslmode, ...rootOf }));
    expect(found).toMatch(outcome);
  });

  test.skipIf(psql === undefined)('psql connects in the same way for each sslmode', async () => {
    vi.stubEnv('PGPASSWORD', location() === none ? inject('postgres').password : tls.password);
    const query = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
    const found = await Promise.all(
      Object.keys(outcomes).map(async (sslmode) => {
        const args = [at(location(), { sslmode, ...rootOf }), '-XAtc', query];
        const said = await promisify(execFile)(psql!, args).catch(() => ({ stdout: 'refused' }));
        return [sslmode, { t: encrypted, f: clear }[said.stdout.trim()] ?? 'refused'];
      }),
    );
    const expected = Object.entries(outcomes).map(([sslmode, outcome]) => [
      sslmode,
      outcome === encrypted || outcome === clear ? outcome : 'refused',
    ]);
    expect(found).toEqual(expected);
  });
});

test('without sslmode, PGSSLMODE counts, and without both, prefer', async () => {
  expect(await connectTo(tls.location)).toBe('TLS');
  vi.stubEnv('PGSSLMODE', 'disable');
  expect(await connectTo(tls.location)).toBe('clear');
  expect(await connectTo(at(tls.location, { sslmode: 'require' }))).toBe('TLS');
  vi.stubEnv('PGSSLMODE', 'verify-full');
  vi.stubEnv('PGSSLROOTCERT', ca.certificatePath);
  expect(await connectTo(byName())).toBe('TLS');
  expect(await connectTo(tls.location)).toMatch(wrongName);
});

test('the files in ~/.postgresql count if no others are named', async () => {
  mkdirSync(join(home, '.postgresql'));
  const put = (name: string, text: string): void => writeFileSync(join(home, '.postgresql', name), text);
  expect(await connectTo(at(byName(), { sslmode: 'require' }))).toBe('TLS');
  put('root.crt', otherCa.certificate);
  expect(await connectTo(at(byName(), { sslmode: 'require' }))).toMatch(strange);
  put('root.crt', ca.certificate);
  expect(await connectTo(at(byName(), { sslmode: 'verify-ca' }))).toBe('TLS');
  put('postgresql.crt', ofClient.certificate);
  put('postgresql.key', ofClient.key);
  expect(await connectTo(at(byName(), { sslmode: 'require' }, 'shown'))).toBe('TLS');
});

test('sslrootcert=system asks for verify-full, and trusts the CAs of the operating system', async () => {
  expect(await connectTo(at(byName(), { sslrootcert: 'system' }))).toMatch(strange);
  expect(await connectTo(at(byName(), { sslrootcert: 'system', sslmode: 'require' }))).toMatch(
    /^usage: sslrootcert=system .* sslmode=require/,
  );
});

const shown = { sslcert: ofClient.certificatePath, sslkey: ofClient.keyPath };

test.each([
  ['encrypted', 'disable', {}, /^unavailable: .*no encryption.* Set sslmode=require/],
  ['encrypted', 'allow', {}, encrypted],
  ['plain', 'require', {}, /^unavailable: .*SSL encryption.* Set sslmode=disable/],
  ['plain', 'prefer', {}, clear],
  ['shown', 'require', {}, /^unavailable: .*valid client certificate.*: sslcert and sslkey/],
  ['shown', 'prefer', {}, /^unavailable: .*valid client certificate.*: sslcert and sslkey/],
  ['shown', 'require', shown, encrypted],
  ['proven', 'require', {}, /^unavailable: .*valid client certificate.*: sslcert and sslkey/],
  ['proven', 'require', shown, /^unavailable: .*certificate authentication failed.* Check sslcert/],
])('the user %s with sslmode=%s and %o: %s', async (user, sslmode, files, outcome) => {
  const found = await connectTo(at(byName(), { sslmode, ...files }, user));
  expect(found).toMatch(outcome);
});

test('a certificate of a client that the server refuses is told with its parameters', async () => {
  const files = { sslcert: strangeClient.certificatePath, sslkey: strangeClient.keyPath };
  // The server closes the session right after its answer, which may therefore be lost.
  const found = await vi.waitFor(async () => {
    const said = await connectTo(at(byName(), { sslmode: 'require', ...files }));
    expect(said).not.toMatch(/ECONNRESET|EPIPE/);
    return said;
  });
  expect(found).toMatch(
    /^unavailable: .*refuses the certificate of this client \(.*\) Check sslcert and sslkey/,
  );
});

test.each([
  [
    'an expired certificate',
    () => ca.sign('localhost', 'DNS:localhost', -1),
    /certificate has expired\s+Renew the server/,
  ],
  [
    'a certificate for another host',
    () => ca.sign('db', 'DNS:db.example'),
    /for DNS:db\.example, and not for localhost/,
  ],
])('%s of the server ends consume with 69 and says so, within its timeout', async (_, make, words) => {
  await tls.stop();
  tls.write(filesOf(make()));
  await tls.start();
  try {
    const parameters = { sslmode: 'verify-full', sslrootcert: ca.certificatePath };
    expect(await connectTo(at(byName(), parameters))).toMatch(words);
    const store = `--store=${at(byName(), parameters)}`;
    const consume = ['consume', '--run=a', `--dir=${newDir()}`, store, '--bootstrap-server=127.0.0.1:1'];
    const { code, stderr } = await nodrop(consume);
    expect({ code, stderr }).toEqual({ code: 69, stderr: expect.stringMatching(words) });
  } finally {
    await tls.stop();
    tls.write(filesOf(ofLocalhost));
    await tls.start();
  }
});

const missing = join(newDir(), 'missing.pem');

test.each([
  [
    { sslmode: 'no-verify' },
    "sslmode of a PostgreSQL location takes disable, allow, prefer, require, verify-ca, verify-full; not 'no-verify'",
  ],
  [{ ssl: 'true' }, 'nodrop does not know the parameter ssl in'],
  [{ sslcrl: 'x' }, 'nodrop does not know the parameter sslcrl in'],
  [{ sslpassword: 'h4nter2' }, 'must not hold sslpassword'],
  [
    { sslmode: 'require', sslrootcert: missing },
    `sslrootcert of a PostgreSQL location: ${missing} cannot be read`,
  ],
  [{ sslmode: 'require', sslrootcert: ca.keyPath }, `sslrootcert: ${ca.keyPath} holds no certificate`],
  [
    { sslmode: 'require', sslcert: ofClient.certificatePath },
    'sslcert of a PostgreSQL location needs sslkey',
  ],
  [{ sslmode: 'require', sslkey: ofClient.keyPath }, 'sslkey of a PostgreSQL location needs sslcert'],
  [{ ...shown, sslkey: ca.keyPath }, 'the private key is not that of the certificate'],
])('%o is wrong usage, and starts nothing', async (parameters, words) => {
  const { code, stdout, stderr } = await nodropInProcess(['run', `--store=${at(byName(), parameters)}`]);
  expect({ code, stdout, stderr }).toEqual({ code: 64, stdout: '', stderr: expect.stringContaining(words) });
  expect(stderr).not.toContain('h4nter2');
});

test('an encrypted key is wrong usage, and its password is not asked for', async () => {
  const path = join(newDir(), 'encrypted.key');
  const encrypt = ['pkcs8', '-topk8', '-in', ofClient.keyPath, '-passout', 'pass:h4nter2', '-out', path];
  await promisify(execFile)('openssl', encrypt);
  const location = at(byName(), { sslcert: ofClient.certificatePath, sslkey: path });
  await expect(openStore(location, { categories })).rejects.toMatchObject({
    code: 'usage',
    message: `sslkey of a PostgreSQL location: ${path} is encrypted.`,
    hint: expect.stringContaining('openssl pkey'),
  });
});

test('a location keeps its files as absolute paths', () => {
  const path = relative(process.cwd(), ca.certificatePath);
  expect(engineOf('postgres://h').parse(`postgres://h/d?sslrootcert=${path}&schema=s`)).toBe(
    `postgres://h/d?sslrootcert=${ca.certificatePath}&schema=s`,
  );
  expect(engineOf('postgres://h').parse('postgres://h/d?sslrootcert=system')).toBe(
    'postgres://h/d?sslrootcert=system',
  );
});

test('a run over TLS whose sessions are reset on the way compares the name of the host, and no library warns', async () => {
  const [dir, run] = [newDir(), `t${randomUUID().slice(0, 8)}`];
  const store = at(byName(), {
    sslmode: 'verify-full',
    sslrootcert: relative(process.cwd(), ca.certificatePath),
    schema: run,
  });
  const args = ['--json', '--quiet', `--run=${run}`, `--dir=${dir}`, `--store=${store}`, sharedBroker];
  const load = ['--duration=1s', '--rate=300', '--fault=reset_peer:store@300ms', ...quickGroup];
  const { code, stdout, stderr } = await nodrop(['run', ...args, ...load]);
  expect(code, stderr).toBe(0);
  expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('fault: '))).toEqual([]);
  expect(JSON.parse(stdout)).toMatchObject({
    verdict: 'pass',
    faults: [{ tookEffect: true }],
    store: { rows: 300 },
  });
});

test('sslmode means the same for a sink', async () => {
  const query = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
  const sslOf = async (location: string): Promise<string | null> =>
    (await readSink(openPostgresSink, { location, query }, 'column:ssl')).rows[0]![0]!;
  const sslrootcert = ca.certificatePath;
  expect(await sslOf(at(tls.location, { sslmode: 'disable' }))).toBe('false');
  expect(await sslOf(at(tls.location, {}))).toBe('true');
  expect(await sslOf(at(byName(), { sslmode: 'verify-full', sslrootcert }))).toBe('true');
  for (const [location, message] of [
    [at(tls.location, { sslmode: 'verify-full', sslrootcert }), 'certificate is for DNS:localhost'],
    [at(none, { sslmode: 'require' }), 'the server has no TLS'],
  ] as const) {
    await expect(sslOf(location)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(message) as string,
    });
  }
});
