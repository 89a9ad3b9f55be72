/** Login with tokens (SASL/OAUTHBEARER) on a real broker, which has connections log in again before a token expires. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startKafka, type RunningKafka } from '../../src/kafka/broker/start-kafka.ts';
import { newDir, nodrop, type Ended } from '../fixtures/nodrop.ts';
import {
  clientId,
  clientSecret,
  startTokenEndpoint,
  type TokenEndpoint,
} from '../fixtures/token-endpoint.ts';

const module = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required';
let kafka: RunningKafka;
let address: string;
let endpoint: TokenEndpoint;

beforeAll(async () => {
  kafka = await startKafka({
    listeners: [
      {
        name: 'TOKEN',
        isInterBroker: false,
        proxy: (_, port) => {
          address = `127.0.0.1:${port}`;
          return Promise.resolve(port);
        },
      },
    ],
    properties: {
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TOKEN:SASL_PLAINTEXT',
      'sasl.enabled.mechanisms': 'OAUTHBEARER',
      'listener.name.token.oauthbearer.sasl.jaas.config': `${module} unsecuredLoginStringClaim_sub="broker" unsecuredValidatorRequiredScope="kafka";`,
      'listener.name.token.oauthbearer.connections.max.reauth.ms': '60000',
    },
  });
});
afterAll(() => kafka.stop());
beforeEach(async () => {
  endpoint = await startTokenEndpoint();
  return () => endpoint[Symbol.asyncDispose]();
});

function run(command: string, secret: string, ...args: string[]): Promise<Ended> {
  const path = join(mkdtempSync(join(tmpdir(), 'nodrop-settings-')), 'client.properties');
  const lines = [
    `bootstrap.servers=${address}`,
    'security.protocol=SASL_PLAINTEXT',
    'sasl.mechanism=OAUTHBEARER',
    'sasl.login.callback.handler.class=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler',
    `sasl.oauthbearer.token.endpoint.url=${endpoint.url}`,
    `sasl.jaas.config=${module} clientId="${clientId}" clientSecret="${secret}" scope="kafka";`,
  ];
  writeFileSync(path, lines.join('\n'), { mode: 0o600 });
  return nodrop([command, `--dir=${newDir()}`, `--command-config=${path}`, ...args]);
}

test('a run passes that lasts several times as long as a token lives', async () => {
  endpoint.livesMs = 4_000;
  const { code, stdout, stderr } = await run('run', clientSecret, '--rate=200', '--duration=15s', '--json');
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'pass', ledger: { acked: 3_000, unknown: 0 } });
  // Producer, consumer and the run itself each renew their token some 15 s / 2.8 s times.
  expect(endpoint.requests.length).toBeGreaterThan(8);
  expect(endpoint.requests.length).toBeLessThan(60);
  expect(stdout + stderr).not.toContain(clientSecret);
});

test('a wrong secret is named with the setting and the URL, at once', async () => {
  const began = performance.now();
  const { code, stderr } = await run('produce', 'wr0ng-secret', '--timeout=30s');
  expect(stderr).toContain(
    `refuses the connection: sasl.oauthbearer.token.endpoint.url: the token endpoint ${endpoint.url} answers with HTTP status 401 (invalid_client).`,
  );
  expect(stderr).toContain('Check clientId and clientSecret in sasl.jaas.config');
  expect(stderr).not.toContain('wr0ng-secret');
  expect(code).toBe(69);
  expect(performance.now() - began).toBeLessThan(15_000);
});

test('a token that the broker refuses is named, at once', async () => {
  endpoint.scope = 'something else';
  const { code, stderr } = await run('produce', clientSecret, '--timeout=30s');
  expect(stderr).toContain('it refuses the token from sasl.oauthbearer.token.endpoint.url');
  expect(code).toBe(69);
});

test('an endpoint that cannot be reached is named, at the timeout', async () => {
  endpoint.answer = (response) => response.destroy();
  const { code, stderr } = await run('produce', clientSecret, '--timeout=2s');
  expect(stderr).toMatch(/within 2000 ms: sasl\.oauthbearer\.token\.endpoint\.url: .* cannot be reached/);
  expect(code).toBe(69);
});
