/** A broker that refuses a client: each refusal is a sentence that names the setting, and comes at once; and the doctor. */
import { AclOperations, ResourceTypes } from '@platformatic/kafka';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeAuthority } from '../fixtures/certificate-authority.ts';
import { secrets, startGuardedBroker, type GuardedBroker } from '../fixtures/guarded-broker.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop, type Ended } from '../fixtures/nodrop.ts';

let broker: GuardedBroker;
beforeAll(async () => {
  broker = await startGuardedBroker();
});
afterAll(() => broker[Symbol.asyncDispose]());

const timeoutMs = 15_000;

/** Runs `produce` with these settings, and checks that it says nothing secret. */
async function produce(
  listener: keyof GuardedBroker['addresses'],
  settings: readonly string[],
  ...args: string[]
): Promise<Ended & { elapsedMs: number }> {
  const began = performance.now();
  const ended = await nodropInProcess([
    'produce',
    `--dir=${newDir()}`,
    '--messages=10',
    `--timeout=${timeoutMs}ms`,
    `--bootstrap-server=${broker.addresses[listener]}`,
    `--command-config=${broker.settings(settings)}`,
    ...args,
  ]);
  for (const secret of secrets) expect(ended.stdout + ended.stderr).not.toContain(secret);
  return { ...ended, elapsedMs: performance.now() - began };
}

const trusted = (): string[] => [
  'ssl.truststore.type=PEM',
  `ssl.truststore.location=${broker.authority.certificatePath}`,
];
const client = (path: string): string[] => ['ssl.keystore.type=PEM', `ssl.keystore.location=${path}`];

type Case = [
  what: string,
  listener: keyof GuardedBroker['addresses'],
  settings: () => string[],
  words: RegExp,
];

test.each<Case>([
  [
    'a wrong password',
    'USERS',
    () => ['security.protocol=SASL_PLAINTEXT', ...broker.login('limited', 'wr0ng-secret')],
    /refuses the login of user limited with sasl\.mechanism=PLAIN.*\n.*sasl\.jaas\.config/s,
  ],
  [
    'a wrong password over TLS',
    'LOGIN',
    () => ['security.protocol=SASL_SSL', ...broker.login('limited', 'wr0ng-secret'), ...trusted()],
    /refuses the login of user limited/,
  ],
  [
    'a mechanism that the broker does not offer',
    'USERS',
    () => [
      'security.protocol=SASL_PLAINTEXT',
      ...broker.login('limited').map((line) => line.replace('=PLAIN', '=SCRAM-SHA-512')),
    ],
    /does not offer sasl\.mechanism=SCRAM-SHA-512, but PLAIN\./,
  ],
  [
    'a port that wants a login, and no login',
    'USERS',
    () => [],
    /asks for a login, and the client settings name none \(it offers sasl\.mechanism=PLAIN\).*security\.protocol=SASL_SSL/s,
  ],
  [
    'a port that wants a login, and TLS without a login',
    'LOGIN',
    () => ['security.protocol=SSL', ...trusted()],
    /asks for a login, and the client settings name none/,
  ],
  [
    'a login on a port without',
    'PLAINTEXT',
    () => ['security.protocol=SASL_PLAINTEXT', ...broker.login('limited')],
    /takes no login, but security\.protocol asks for one/,
  ],
  [
    'TLS on a port without',
    'PLAINTEXT',
    () => ['security.protocol=SSL', ...trusted()],
    /that port has no TLS, but security\.protocol is SSL/,
  ],
  [
    'TLS and a login on a port without TLS',
    'USERS',
    () => ['security.protocol=SASL_SSL', ...broker.login('limited'), ...trusted()],
    /that port has no TLS, but security\.protocol is SASL_SSL/,
  ],
  ['no TLS on a port with', 'TLS', () => [], /that port wants TLS, and security\.protocol is without/],
  [
    'a login without TLS on a port with',
    'LOGIN',
    () => ['security.protocol=SASL_PLAINTEXT', ...broker.login('limited')],
    /that port wants TLS/,
  ],
  [
    'an unknown CA',
    'TLS',
    () => ['security.protocol=SSL', `ssl.truststore.location=${makeAuthority('another CA').certificatePath}`],
    /the CA of the broker's certificate is unknown: it is not in ssl\.truststore\.location/,
  ],
  [
    'a private CA without a truststore',
    'TLS',
    () => ['security.protocol=SSL'],
    /unknown: without ssl\.truststore\.location, only public CAs are trusted/,
  ],
  [
    'an expired certificate',
    'EXPIRED',
    () => ['security.protocol=SSL', ...trusted()],
    /the certificate of the broker, or of its CA, has expired/,
  ],
  [
    'a certificate for another host',
    'RENAMED',
    () => ['security.protocol=SSL', ...trusted()],
    /for another host name \(it has DNS:other\.example, and not 127\.0\.0\.1\).*ssl\.endpoint\.identification\.algorithm/s,
  ],
  [
    'a missing client certificate',
    'MUTUAL',
    () => ['security.protocol=SSL', ...trusted()],
    /asks for a client certificate, and ssl\.keystore\.location names none/,
  ],
  [
    'a client certificate of an unknown CA',
    'MUTUAL',
    () => [
      'security.protocol=SSL',
      ...trusted(),
      ...client(makeAuthority('another CA').sign('client').pairPath),
    ],
    /refuses the client certificate.*ssl\.keystore\.location/s,
  ],
  [
    'an expired client certificate',
    'MUTUAL',
    () => [
      'security.protocol=SSL',
      ...trusted(),
      ...client(broker.authority.sign('late', undefined, -1).pairPath),
    ],
    /refuses the client certificate.*ssl\.keystore\.location/s,
  ],
])('%s is named, with exit 69, and before the timeout', async (_, listener, settings, words) => {
  const { code, stderr, elapsedMs } = await produce(listener, settings());
  expect(stderr).toMatch(words);
  expect(stderr).toContain(broker.addresses[listener]);
  expect(code).toBe(69);
  expect(elapsedMs).toBeLessThan(timeoutMs / 2);
});

test.each<Case>([
  ['TLS', 'TLS', () => ['security.protocol=SSL', ...trusted()], /10 acknowledged/],
  [
    'TLS with a client certificate',
    'MUTUAL',
    () => ['security.protocol=SSL', ...trusted(), ...client(broker.authority.sign('client').pairPath)],
    /10 acknowledged/,
  ],
  [
    'TLS to another host name, unchecked',
    'RENAMED',
    () => ['security.protocol=SSL', ...trusted(), 'ssl.endpoint.identification.algorithm='],
    /10 acknowledged/,
  ],
  [
    'a login over TLS',
    'LOGIN',
    () => ['security.protocol=SASL_SSL', ...broker.login('admin'), ...trusted()],
    /10 acknowledged/,
  ],
])('with right settings, a producer works over %s', async (_, listener, settings, words) => {
  const { code, stdout, stderr } = await produce(listener, settings());
  expect(stdout, stderr).toMatch(words);
  expect(code).toBe(0);
});

test('addresses that the brokers advertise and that cannot be reached are named', async () => {
  const { code, stderr } = await produce('LOST', [], '--timeout=1s');
  expect(stderr).toMatch(
    /did not answer within 1000 ms: its brokers cannot be reached at the addresses that they advertise: broker 1 at kafka\.invalid:\d+ \(getaddrinfo E\w+ kafka\.invalid\).*advertised\.listeners/s,
  );
  expect(code).toBe(69);
});

test('each missing permission is named, with its resource and exit 69', async () => {
  const user = ['security.protocol=SASL_PLAINTEXT', ...broker.login('limited')];
  const allow = (
    operation: keyof typeof AclOperations,
    type: 'TOPIC' | 'GROUP',
    name: string,
  ): Promise<void> => broker.allow([ResourceTypes[type], name], AclOperations[operation]);
  const missing = async (permission: string): Promise<void> => {
    const { code, stderr } = await produce('USERS', user, '--topic=guarded');
    expect(stderr).toContain(`it takes the permission ${permission}`);
    expect(code).toBe(69);
  };
  await missing('Describe on topic guarded');
  await allow('DESCRIBE', 'TOPIC', 'guarded');
  await missing('Create on topic guarded');
  await allow('CREATE', 'TOPIC', 'guarded');
  await missing('Write on topic guarded or IdempotentWrite on the cluster');
  // A permission on one topic is enough for a producer id.
  await allow('WRITE', 'TOPIC', 'another');
  await missing('Write on topic guarded');
  await allow('WRITE', 'TOPIC', 'guarded');
  const args = ['--run=acl', `--dir=${newDir()}`, '--topic=guarded'];
  expect((await produce('USERS', user, ...args)).code).toBe(0);

  const consume = async (permission: string, ...settings: string[]): Promise<void> => {
    const at = [`--bootstrap-server=${broker.addresses.USERS}`, `--command-config=${broker.settings(user)}`];
    const { code, stderr } = await nodropInProcess([
      'consume',
      ...args,
      ...at,
      ...settings,
      '--until-drained',
      '--timeout=9s',
    ]);
    expect(stderr).toContain(`it takes the permission ${permission}`);
    expect(code).toBe(69);
  };
  await consume('Read on group nodrop-acl');
  await consume('Read on group nodrop-acl', '-Xgroup.protocol=consumer');
  await allow('READ', 'GROUP', 'nodrop-acl');
  await consume('Read on topic guarded');
});

test('a file as clouds hand it out works: quotes, bootstrap.servers, and settings of no use', async () => {
  const dir = newDir();
  const path = join(dir, 'cloud.properties');
  writeFileSync(
    path,
    `# Required connection configs for Kafka producer, consumer, and admin
bootstrap.servers=SASL_SSL://${broker.addresses.LOGIN}
security.protocol=SASL_SSL
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule   required username='admin' password='p@ss-admin';
sasl.mechanism=PLAIN
${trusted().join('\n')}
# Required for correctness in Apache Kafka clients prior to 2.6
client.dns.lookup=use_all_dns_ips
session.timeout.ms=45000
acks=all
schema.registry.url=https://registry.example
basic.auth.user.info=KEY:wr0ng-secret
`,
  );
  const { code, stdout, stderr } = await nodrop([
    'run',
    `--dir=${dir}`,
    '--messages=20',
    `--command-config=${path}`,
  ]);
  expect(stdout, stderr).toMatch(/PASS/);
  expect(stderr).toMatch(
    /^nodrop: --command-config: nodrop has no use for client\.dns\.lookup, schema\.registry\.url, basic\.auth\.user\.info$/m,
  );
  expect(stderr.match(/no use/g)).toHaveLength(1);
  for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
  expect(code).toBe(0);
});

interface Checked {
  code: number | null;
  /** By name, the first of each. */
  checks: Record<string, { ok: boolean; found: string; mend?: string }>;
}

async function doctor(
  listener: keyof GuardedBroker['addresses'],
  settings: readonly string[],
  ...args: string[]
): Promise<Checked> {
  const { code, stdout, stderr } = await nodropInProcess([
    'doctor',
    '--json',
    `--bootstrap-server=${broker.addresses[listener]}`,
    `--command-config=${broker.settings(settings)}`,
    ...args,
  ]);
  for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
  const { checks } = JSON.parse(stdout) as { checks: { name: string; ok: boolean; found: string }[] };
  return { code, checks: Object.fromEntries(checks.toReversed().map(({ name, ...check }) => [name, check])) };
}

test('the doctor finds nothing wrong for a user who may do everything', async () => {
  const settings = ['security.protocol=SASL_SSL', ...broker.login('admin'), ...trusted()];
  const { code, checks } = await doctor('LOGIN', settings);
  expect(checks).toEqual({
    Address: { ok: true, found: expect.stringMatching(/^127\.0\.0\.1:\d+ answers in \d+ ms$/) },
    Security: {
      ok: true,
      found: expect.stringMatching(/^SASL_SSL, PLAIN, TLSv1\.3, the certificate is valid until /),
    },
    Versions: { ok: true, found: 'Produce 9, Fetch 13, ListOffsets 7, Metadata 12, InitProducerId 4' },
    Broker: { ok: true, found: expect.stringMatching(/^1 is advertised at 127\.0\.0\.1:\d+ answers/) },
    Topic: {
      ok: true,
      found: 'nodrop-doctor: Describe, Write, Read, Create, Delete, DescribeConfigs permitted',
    },
    Group: { ok: true, found: 'nodrop-doctor: Read, Describe, Delete permitted' },
  });
  expect(code).toBe(0);
});

test('the doctor names missing permissions, and the command that gives them', async () => {
  const settings = ['security.protocol=SASL_PLAINTEXT', ...broker.login('limited')];
  const bare = await doctor('USERS', settings);
  expect(bare.code).toBe(69);
  expect(bare.checks['Topic']).toMatchObject({
    ok: false,
    found: expect.stringMatching(/^nodrop-doctor: Describe is missing; Write is missing; /),
    mend: `kafka-acls.sh --bootstrap-server ${broker.addresses.USERS} --add --allow-principal User:limited --operation Describe --operation Write --operation Read --operation Create --operation Delete --operation DescribeConfigs --topic nodrop- --resource-pattern-type prefixed`,
  });
  expect(bare.checks['Group']).toMatchObject({
    ok: false,
    found: expect.stringContaining('Read is missing'),
  });

  await broker.allow(
    [ResourceTypes.TOPIC, 'doctored'],
    AclOperations.WRITE,
    AclOperations.READ,
    AclOperations.CREATE,
  );
  await broker.allow([ResourceTypes.GROUP, 'team-a'], AclOperations.READ);
  const enough = await doctor('USERS', settings, '--topic=doctored', '--group=team-a');
  expect(enough.checks['Topic']).toEqual({
    ok: true,
    found:
      "doctored: Describe, Write, Read, Create permitted; Delete is missing: nodrop leaves the topic after a pass; DescribeConfigs is missing: the result says that the topic's settings are not known",
  });
  expect(enough.checks['Group']).toMatchObject({ ok: true, found: expect.stringMatching(/^team-a: Read/) });
  expect(enough.code).toBe(0);
});

test('the doctor names an advertised address that cannot be reached', async () => {
  const { code, checks } = await doctor('LOST', [], '--timeout=1s');
  expect(checks['Address']).toMatchObject({ ok: true });
  expect(checks['Broker']).toMatchObject({
    ok: false,
    found: expect.stringMatching(/^1 is advertised at kafka\.invalid:\d+: getaddrinfo E\w+ kafka\.invalid$/),
    mend: expect.stringContaining('advertised.listeners'),
  });
  expect(code).toBe(69);
});

test.each<Case>([
  ['a login', 'USERS', () => [], /asks for a login/],
  [
    'a client certificate',
    'MUTUAL',
    () => ['security.protocol=SSL', ...trusted()],
    /asks for a client certificate/,
  ],
  ['TLS', 'TLS', () => [], /wants TLS/],
])('the doctor says that a port wants %s', async (_, listener, settings, words) => {
  const { code, checks } = await doctor(listener, settings());
  expect(checks).toEqual({
    Address: { ok: false, found: expect.stringMatching(words), mend: expect.any(String) },
  });
  expect(code).toBe(69);
});
