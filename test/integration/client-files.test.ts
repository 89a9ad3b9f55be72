/** Files of client settings, on a broker without any security. The other brokers are in `test/full/refusals.test.ts`. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, type Ended } from '../fixtures/nodrop.ts';

const bootstrapServers = inject('bootstrapServers');

function produce(lines: readonly string[], ...args: string[]): Promise<Ended> {
  const dir = newDir();
  const path = join(dir, 'client.properties');
  writeFileSync(path, lines.join('\n'));
  const run = `--run=f${randomUUID().slice(0, 8)}`;
  return nodropInProcess([
    'produce',
    run,
    `--dir=${dir}`,
    '--messages=10',
    `--command-config=${path}`,
    ...args,
  ]);
}

test('bootstrap.servers of the file is used, and settings of no use are named once', async () => {
  const { code, stdout, stderr } = await produce([
    `bootstrap.servers=PLAINTEXT://${bootstrapServers}`,
    'client.dns.lookup=use_all_dns_ips',
    'basic.auth.user.info=KEY:SECRET',
    'acks=all',
  ]);
  expect(stdout, stderr).toContain('10 acknowledged');
  expect(stderr).toMatch(/no use for client\.dns\.lookup, basic\.auth\.user\.info$/m);
  expect(stderr).not.toContain('SECRET');
  expect(code).toBe(0);
});

test('--bootstrap-server overrides bootstrap.servers of the file', async () => {
  const { code, stdout, stderr } = await produce(
    ['bootstrap.servers=nowhere.invalid:1'],
    `--bootstrap-server=${bootstrapServers}`,
  );
  expect(stdout, stderr).toContain('10 acknowledged');
  expect(code).toBe(0);
});

const login =
  "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username='KEY' password='SECRET';";

test.each([
  ['TLS', ['security.protocol=SSL'], /that port has no TLS, but security\.protocol is SSL\./],
  [
    'a login over TLS',
    ['security.protocol=SASL_SSL', 'sasl.mechanism=PLAIN', login],
    /that port has no TLS, but security\.protocol is SASL_SSL\./,
  ],
  [
    'a login',
    ['security.protocol=SASL_PLAINTEXT', 'sasl.mechanism=PLAIN', login],
    /that port takes no login, but security\.protocol asks for one/,
  ],
])('if the settings ask for %s and the port has none, nodrop says so at once', async (_, lines, words) => {
  const began = performance.now();
  const { code, stdout, stderr } = await produce(lines, `--bootstrap-server=${bootstrapServers}`);
  expect(stderr).toMatch(words);
  expect(stdout + stderr).not.toContain('SECRET');
  expect(code).toBe(69);
  expect(performance.now() - began).toBeLessThan(10_000);
});

test('the doctor looks at a cluster: addresses, versions and permissions', async () => {
  const { code, stdout } = await nodropInProcess([
    'doctor',
    `--bootstrap-server=${bootstrapServers},127.0.0.1:1`,
    '--no-color',
  ]);
  expect(stdout).toMatch(/^✓ Address {2}127\.0\.0\.1:\d+ answers in \d+ ms$/m);
  expect(stdout).toMatch(/^✗ Address {2}127\.0\.0\.1:1: connect ECONNREFUSED 127\.0\.0\.1:1$/m);
  expect(stdout).toMatch(/^✓ Security PLAINTEXT$/m);
  expect(stdout).toMatch(/^✓ Versions Produce 9, Fetch 13, ListOffsets 7, Metadata 12, InitProducerId 4$/m);
  expect(stdout).toMatch(/^✓ Broker {3}1 is advertised at 127\.0\.0\.1:\d+ answers in \d+ ms$/m);
  expect(stdout).toMatch(/^✓ Topic {4}nodrop-doctor: Describe, Write, .* permitted$/m);
  expect(code).toBe(69);
});
