import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  bootstrapServersOf,
  checkSettings,
  groupTimes,
  parseSetting,
  readSettingsFile,
  type ClientSettings,
} from '../../../src/kafka/client/client-settings.ts';
import { clientFromSettings } from '../../../src/kafka/client/client-from-settings.ts';

const usage = (message: RegExp): unknown =>
  expect.objectContaining({ code: 'usage', message: expect.stringMatching(message) });

const saying = (words: RegExp): unknown => expect.stringMatching(words);

function fileOf(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'nodrop-settings-')), 'client.properties');
  writeFileSync(path, text);
  return path;
}

test('known settings are accepted, and errors for unknown names and values name them', () => {
  expect(parseSetting('acks=all')).toEqual(['acks', 'all']);
  expect(parseSetting('linger.ms = 5')).toEqual(['linger.ms', '5']);
  expect(() => parseSetting('ack=all')).toThrow(usage(/'ack'/));
  expect(() => parseSetting('acks=2')).toThrow(usage(/acks takes all, -1, 0, 1/));
  expect(() => parseSetting('acks')).toThrow(usage(/key=value/));
  expect(() => parseSetting('toString=1')).toThrow(usage(/'toString'/));
});

test('a secret in an argument is refused, and the error does not repeat it', () => {
  for (const name of ['sasl.jaas.config', 'ssl.keystore.key', 'ssl.key.password']) {
    const attempt = (): unknown => parseSetting(`${name}=hunter2`);
    expect(attempt).toThrow(usage(new RegExp(name)));
    expect(attempt).not.toThrow(/hunter2/);
  }
});

test('a properties file is read like Java reads it', () => {
  const path = fileOf(`# a comment
! another
acks = 1
compression.type: zstd
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
    username="alice" \\
    password="a\\\\"b";
`);
  expect(readSettingsFile(path)).toMatchObject({ acks: '1', 'compression.type': 'zstd' });
  expect(readSettingsFile(path)['sasl.jaas.config']).toContain('username="alice" password=');
  expect(() => readSettingsFile(fileOf('acks=1\nnonsense.key=2'))).toThrow(usage(/line 2.*nonsense\.key/));
  expect(() => readSettingsFile('/nowhere/client.properties')).toThrow(usage(/cannot be read/));
});

test('a comment that ends in a backslash does not continue on the next line', () => {
  const path = fileOf('# old path C:\\certs\\\nsecurity.protocol=SSL\n');
  expect(readSettingsFile(path)).toEqual({ 'security.protocol': 'SSL' });
});

test('a properties file is Latin-1, and trailing blanks count in a password but not in a number', () => {
  const path = fileOf('');
  const password = 'ssl.key.password=\u00fc\\u20ac ';
  writeFileSync(path, `linger.ms = 5 \nacks=all\t\n${password}`, 'latin1');
  expect(readSettingsFile(path)).toEqual({
    'linger.ms': '5',
    acks: 'all',
    'ssl.key.password': '\u00fc\u20ac ',
  });
});

test('the error for a malformed escape names file and line', () => {
  const path = fileOf('acks=1\nssl.truststore.location=C:\\users\\ca.pem\n');
  expect(() => readSettingsFile(path)).toThrow(usage(/client\.properties, line 2: .*hexadecimal/));
});

test.each<[ClientSettings, RegExp]>([
  [{ 'security.protocol': 'SASL_SSL' }, /sasl\.jaas\.config/],
  [{ 'security.protocol': 'SASL_SSL', 'sasl.jaas.config': 'X required;' }, /needs sasl\.mechanism/],
  [{ 'sasl.oauthbearer.scope': 'kafka' }, /security\.protocol/],
  [{ 'sasl.mechanism': 'PLAIN' }, /security\.protocol/],
  [{ 'ssl.truststore.location': 'ca.pem' }, /security\.protocol=SSL/],
  [{ 'enable.idempotence': 'true', acks: '1' }, /acks=all/],
  [{ 'session.timeout.ms': '2000', 'heartbeat.interval.ms': '2000' }, /below session\.timeout\.ms=2000/],
  [
    { 'group.protocol': 'consumer', 'session.timeout.ms': '6000' },
    /session\.timeout\.ms cannot be set with group\.protocol=consumer/,
  ],
  [{ 'heartbeat.interval.ms': '45000' }, /below session\.timeout\.ms=45000/],
])('settings that contradict each other are refused: %o', (settings, message) => {
  expect(() => checkSettings(settings)).toThrow(usage(message));
});

test.each<[settings: ClientSettings, heartbeatIntervalMs: number]>([
  [{}, 3_000],
  [{ 'session.timeout.ms': '1000' }, 334],
  [{ 'session.timeout.ms': '60000' }, 3_000],
  [{ 'session.timeout.ms': '1000', 'heartbeat.interval.ms': '200' }, 200],
])(
  'with the settings %j, heartbeats come often enough for the session timeout',
  (settings, heartbeatIntervalMs) => {
    expect(() => checkSettings(settings)).not.toThrow();
    expect(groupTimes(settings)).toMatchObject({ heartbeatIntervalMs });
  },
);

const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule';

test('settings of the Java clients that nodrop has no use for are handed over by name, and ignored', () => {
  const ignored: string[] = [];
  const path = fileOf(
    'client.id=me\nretries=3\nclient.dns.lookup=use_all_dns_ips\nschema.registry.url=https://x\nacks=all\n',
  );
  expect(readSettingsFile(path, (names) => ignored.push(...names))).toEqual({ acks: 'all' });
  expect(ignored).toEqual(['client.id', 'retries', 'client.dns.lookup', 'schema.registry.url']);
  expect(() => parseSetting('retries=3')).toThrow(usage(/nodrop has no use for retries/));
});

test.each<[line: string, message: RegExp, hint: unknown]>([
  ['security.protcol=SSL', /'security\.protcol'/, saying(/Did you mean security\.protocol\?/)],
  ['sasl.mechanisms=PLAIN', /'sasl\.mechanisms'/, saying(/Did you mean sasl\.mechanism\?/)],
  ['config.providers=file', /no use for config\.providers/, saying(/put the values themselves/)],
  ['sasl.mechanism=AWS_MSK_IAM', /not 'AWS_MSK_IAM'/, saying(/AWS IAM.*SCRAM/)],
  [
    'sasl.client.callback.handler.class=software.amazon.msk.auth.iam.IAMClientCallbackHandler',
    /takes no class/,
    saying(/AWS IAM/),
  ],
  ['sasl.mechanism=GSSAPI', /not 'GSSAPI'/, saying(/Kerberos/)],
  ['ssl.truststore.type=JKS', /takes PEM, not 'JKS'/, saying(/keytool/)],
  ['sasl.oauthbearer.token.endpoint.url=ftp://x', /takes a URL/, undefined],
  ['bootstrap.servers=nonsense', /takes host:port/, undefined],
])('%s in a file is refused, with a hint', (line, message, hint) => {
  const read = (): unknown => readSettingsFile(fileOf(line));
  expect(read).toThrow(usage(message));
  expect(read).toThrow(expect.objectContaining({ hint }));
});

test('bootstrap.servers is read like Java reads it, and -X does not take it', () => {
  const settings = readSettingsFile(fileOf('bootstrap.servers=SASL_SSL://a.example:9093, [::1]:9092\n'));
  expect(bootstrapServersOf(settings)).toBe('a.example:9093,[::1]:9092');
  expect(bootstrapServersOf({})).toBeUndefined();
  expect(() => parseSetting('bootstrap.servers=a:1')).toThrow(usage(/option of its own/));
});

test.each<[ClientSettings, RegExp]>([
  [{ 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': `${plain} required username=a;` }, /no password=/],
  [{ 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': `${plain} required trust-password=x;` }, /no username=/],
  [
    { 'sasl.mechanism': 'OAUTHBEARER', 'sasl.jaas.config': `${plain} required;` },
    /no login module for sasl\.mechanism=OAUTHBEARER/,
  ],
  [
    {
      'sasl.mechanism': 'PLAIN',
      'sasl.jaas.config': 'software.amazon.msk.auth.iam.IAMLoginModule required;',
    },
    /IAMLoginModule is no login module/,
  ],
  [
    {
      'sasl.mechanism': 'OAUTHBEARER',
      'sasl.jaas.config': 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;',
    },
    /needs sasl\.oauthbearer\.token\.endpoint\.url/,
  ],
])('a login that lacks something is refused: %o', (settings, message) => {
  expect(() => clientFromSettings({ 'security.protocol': 'SASL_SSL', ...settings })).toThrow(usage(message));
});

test('settings are converted to options of the connections', () => {
  const client = clientFromSettings({
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': 'SCRAM-SHA-512',
    'sasl.jaas.config': 'ScramLoginModule required username="a\\"b" password="c d";',
    'request.timeout.ms': '1234',
  });
  expect(client).toMatchObject({
    sasl: { mechanism: 'SCRAM-SHA-512', username: 'a"b', password: 'c d' },
    tls: {},
    requestTimeoutMs: 1234,
  });
  expect(clientFromSettings({})).toEqual({});
  const tlsOf = (enabled: string): unknown =>
    clientFromSettings({ 'security.protocol': 'SSL', 'ssl.enabled.protocols': enabled }).tls;
  expect(tlsOf('TLSv1.3')).toEqual({ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' });
  expect(tlsOf('TLSv1.2, TLSv1.3')).toEqual({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' });
});
