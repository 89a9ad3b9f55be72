import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { readSettingsFile, type ClientSettings } from '../../../src/kafka/client/client-settings.ts';
import { clientFromSettings } from '../../../src/kafka/client/client-from-settings.ts';
import { encryptedKey, fileIn, keystore, makeIdentity, truststore } from '../../fixtures/certificates.ts';
import { nodrop } from '../../fixtures/nodrop.ts';

const own = makeIdentity('own');
const other = makeIdentity('other');
const encrypted = encryptedKey(own, 'right');
const chained = `${other.certificate}${own.certificate}`;
const jks = truststore(own);
const pkcs12 = keystore(own);
const secret = own.key.split('\n')[1]!;

const inOneLine = (pem: string): string => pem.trim().replaceAll('\n', ' ');

const client = (settings: ClientSettings): ReturnType<typeof clientFromSettings> =>
  clientFromSettings({ 'security.protocol': 'SSL', ...settings });

/** The subject of the client certificate that reaches a server, which trusts `own`. */
async function subjectSeen(settings: ClientSettings): Promise<string> {
  const { key, certificate: cert } = own;
  const server = createServer({ key, cert, ca: cert, requestCert: true, rejectUnauthorized: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, ...client(settings).tls });
  try {
    const [seen] = (await Promise.race([
      once(server, 'secureConnection'),
      once(server, 'tlsClientError').then(([error]) => {
        throw error;
      }),
    ])) as [TLSSocket];
    return seen.getPeerCertificate().subject.CN as string;
  } finally {
    socket.destroy();
    server.close();
  }
}

const inline = (key: string, certificate = own.certificate): ClientSettings => ({
  'ssl.truststore.certificates': own.certificate,
  'ssl.keystore.key': key,
  'ssl.keystore.certificate.chain': certificate,
});

test.each<[what: string, settings: ClientSettings]>([
  ['as settings', inline(own.key)],
  ['in one line', inline(inOneLine(own.key), inOneLine(own.certificate))],
  ['with Windows line ends', inline(own.key.replaceAll('\n', '\r\n'))],
  ['encrypted, with its password', { ...inline(encrypted), 'ssl.key.password': 'right' }],
  [
    'encrypted and in one line, with its password',
    { ...inline(inOneLine(encrypted)), 'ssl.key.password': 'right' },
  ],
  [
    'from files with text between the PEM blocks',
    {
      'ssl.truststore.location': own.certificatePath,
      'ssl.keystore.location': fileIn(
        own,
        'client.pem',
        `Bag Attributes: x\n${own.key}subject=own\n${own.certificate}`,
      ),
    },
  ],
  [
    'from files with a single line',
    {
      'ssl.truststore.location': fileIn(own, 'ca-line.pem', inOneLine(chained)),
      'ssl.keystore.location': fileIn(
        own,
        'client-line.pem',
        `${inOneLine(own.key)} ${inOneLine(own.certificate)}`,
      ),
    },
  ],
])('a server accepts key and certificates %s', async (_, settings) => {
  expect(await subjectSeen(settings)).toBe('own');
});

test('a server accepts key and certificates from a settings file with continued lines, which Kafka documents', async () => {
  const path = join(own.folder, 'client.properties');
  const continued = (pem: string): string => pem.trim().replaceAll('\n', ' \\\n');
  const lines = Object.entries(inline(own.key)).map(([name, pem]) => `${name}=${continued(pem)}\n`);
  writeFileSync(path, `security.protocol=SSL\n${lines.join('')}`);
  expect(await subjectSeen(readSettingsFile(path))).toBe('own');
});

test.each<[settings: ClientSettings, message: RegExp, hint?: RegExp]>([
  [
    { 'ssl.truststore.location': jks },
    /ssl\.truststore\.location: .*trust\.jks is a Java keystore \(JKS\)/,
    /keytool -list -rfc -keystore .*trust\.jks/,
  ],
  [
    { 'ssl.keystore.location': jks },
    /ssl\.keystore\.location: .*trust\.jks is a Java keystore/,
    /importkeystore.*\n.*openssl pkcs12/,
  ],
  [{ 'ssl.truststore.location': pkcs12 }, /client\.p12 is binary \(PKCS #12 or DER\)/, /openssl pkcs12/],
  [{ 'ssl.keystore.location': own.keyPath }, /key\.pem holds no certificate in PEM/],
  [{ 'ssl.keystore.location': own.certificatePath }, /certificate\.pem holds no private key in PEM/],
  [{ 'ssl.truststore.certificates': 'ca.pem' }, /^ssl\.truststore\.certificates holds no certificate/],
  [{ 'ssl.truststore.certificates': own.certificate.slice(0, -30) }, /holds no certificate/, /must be whole/],
  [
    { 'ssl.truststore.certificates': own.certificate.replace(/\n..../, '\n') },
    /certificate 1 cannot be read/,
  ],
  [
    inline(own.key, other.certificate),
    /ssl\.keystore\.certificate\.chain: the private key is not that/,
    /-pubout/,
  ],
  [inline(own.key, chained), /certificate 2 is the one of the private key, and must be the first/],
  [inline(own.key + other.key), /ssl\.keystore\.key holds 2 private keys/],
  [inline(own.key.replace(/\n..../, '\n')), /ssl\.keystore\.key: the private key cannot be read/],
  [inline(encrypted), /ssl\.keystore\.key: the private key is encrypted, and ssl\.key\.password is missing/],
  [{ ...inline(encrypted), 'ssl.key.password': 'wrong' }, /ssl\.key\.password does not open the private key/],
  [{ 'ssl.keystore.key': own.key }, /ssl\.keystore\.key needs ssl\.keystore\.certificate\.chain/],
  [{ 'ssl.keystore.certificate.chain': own.certificate }, /needs ssl\.keystore\.key/],
  [
    { ...inline(own.key), 'ssl.truststore.location': jks },
    /ssl\.truststore\.certificates and ssl\.truststore\.location are both given/,
  ],
  [
    { 'ssl.truststore.location': '/nowhere/ca.pem' },
    /ssl\.truststore\.location: \/nowhere\/ca\.pem cannot be read/,
  ],
])('%#: %o is refused as %s', (settings, message, hint = /(?:)/) => {
  let thrown: unknown;
  try {
    client(settings);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: 'usage', message: expect.stringMatching(message) });
  expect((thrown as { hint?: string }).hint ?? '').toMatch(hint);
  expect(JSON.stringify(thrown)).not.toContain(secret);
});

test.each(['run', 'produce', 'consume'])(
  'nodrop %s exits with 64 for a Java truststore, before it does anything else',
  async (command) => {
    const args = ['-X', 'security.protocol=SSL', '-X', `ssl.truststore.location=${jks}`];
    const there = ['--bootstrap-server', '127.0.0.1:9', '--dir', own.folder, '--run', 'r'];
    const ended = await nodrop([command, ...there, ...args]);
    expect(ended).toMatchObject({ code: 64, stdout: '' });
    expect(ended.stderr).toContain('is a Java keystore (JKS), and nodrop reads PEM.');
  },
);
