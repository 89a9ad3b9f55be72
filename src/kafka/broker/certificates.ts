/**
 * Certificates for the brokers that nodrop starts, new at each start. They have one fixed form, which a few lines
 * can write: X.509 version 3, elliptic curve P-256, and only the fields that TLS needs.
 */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { loopback } from '../../system/ports.ts';

/** Longer than any run, and than most that `nodrop kafka` starts. */
const validDays = 30;
const dayMs = 24 * 3_600_000;

/** A private key in PKCS #8 and its certificate, both in PEM, with the names of node:tls. */
export interface Identity {
  key: string;
  cert: string;
}

export interface Authority {
  /** In PEM. */
  certificate: string;
  /** For a server or a client on this machine. */
  issue(commonName: string): Identity;
}

/** The authority's key is in this process alone: no one can issue certificates later. */
export function newAuthority(): Authority {
  const issuer = newName('nodrop');
  const keys = newKeys();
  const certificate = (subject: Buffer, publicKey: KeyObject, extensions: Buffer): string =>
    pem('CERTIFICATE', signed(toBeSigned({ issuer, subject, publicKey, extensions }), keys.privateKey));
  return {
    certificate: certificate(issuer, keys.publicKey, authorityExtensions(keys.publicKey)),
    issue(commonName) {
      const own = newKeys();
      const key = own.privateKey.export({ type: 'pkcs8', format: 'der' });
      const extensions = memberExtensions(keys.publicKey);
      return {
        key: pem('PRIVATE KEY', key),
        cert: certificate(newName(commonName), own.publicKey, extensions),
      };
    },
  };
}

const newKeys = (): { privateKey: KeyObject; publicKey: KeyObject } =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Tags of DER, the encoding of certificates. */
const tags = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  object: 0x06,
  utf8: 0x0c,
  time: 0x17,
  sequence: 0x30,
  set: 0x31,
  keyIdentifier: 0x80,
  dnsName: 0x82,
  ipAddress: 0x87,
  version: 0xa0,
  extensions: 0xa3,
} as const;

/** Object identifiers, encoded. */
const objects = {
  commonName: '550403',
  ecdsaWithSha256: '2a8648ce3d040302',
  subjectKeyIdentifier: '551d0e',
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  authorityKeyIdentifier: '551d23',
  extendedKeyUsage: '551d25',
  serverAuth: '2b06010505070301',
  clientAuth: '2b06010505070302',
} as const;

function der(tag: keyof typeof tags, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tags[tag], ...size), content]);
}

const object = (name: keyof typeof objects): Buffer => der('object', Buffer.from(objects[name], 'hex'));
const yes = der('boolean', Buffer.of(0xff));
/** Bits without unused ones at the end. */
const bits = (content: Buffer): Buffer => der('bits', Buffer.of(0), content);

const newName = (commonName: string): Buffer =>
  der('sequence', der('set', der('sequence', object('commonName'), der('utf8', Buffer.from(commonName)))));

const algorithm = der('sequence', object('ecdsaWithSha256'));

function toBeSigned(of: {
  issuer: Buffer;
  subject: Buffer;
  publicKey: KeyObject;
  extensions: Buffer;
}): Buffer {
  // The first bits 01: positive, and not shorter than it seems.
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  // A clock that is set back must not make the certificate invalid.
  const [begin, end] = [Date.now() - dayMs, Date.now() + validDays * dayMs];
  return der(
    'sequence',
    der('version', der('integer', Buffer.of(2))),
    der('integer', serial),
    algorithm,
    of.issuer,
    der('sequence', time(begin), time(end)),
    of.subject,
    of.publicKey.export({ type: 'spki', format: 'der' }),
    der('extensions', of.extensions),
  );
}

/** Without the century, as is prescribed until 2050. */
const time = (ms: number): Buffer =>
  der(
    'time',
    Buffer.from(
      new Date(ms)
        .toISOString()
        .slice(2)
        .replaceAll(/[-:T]|\.\d+/g, ''),
    ),
  );

const signed = (content: Buffer, key: KeyObject): Buffer =>
  der('sequence', content, algorithm, bits(sign('sha256', content, key)));

const critical = (name: keyof typeof objects, value: Buffer): Buffer =>
  der('sequence', object(name), yes, der('octets', value));

const informative = (name: keyof typeof objects, value: Buffer): Buffer =>
  der('sequence', object(name), der('octets', value));

/** A name of a key, by which a strict client finds the authority's certificate. */
const identifier = (key: KeyObject): Buffer =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20);

const authorityExtensions = (key: KeyObject): Buffer =>
  der(
    'sequence',
    critical('basicConstraints', der('sequence', yes)),
    // Only keyCertSign, the sixth bit.
    critical('keyUsage', der('bits', Buffer.of(2, 0x04))),
    informative('subjectKeyIdentifier', der('octets', identifier(key))),
  );

const memberExtensions = (authorityKey: KeyObject): Buffer =>
  der(
    'sequence',
    critical('basicConstraints', der('sequence')),
    informative('extendedKeyUsage', der('sequence', object('serverAuth'), object('clientAuth'))),
    informative('authorityKeyIdentifier', der('sequence', der('keyIdentifier', identifier(authorityKey)))),
    informative(
      'subjectAltName',
      der(
        'sequence',
        der('dnsName', Buffer.from('localhost')),
        der('ipAddress', Buffer.from(loopback.split('.').map(Number))),
      ),
    ),
  );

const pem = (label: string, content: Buffer): string =>
  [
    `-----BEGIN ${label}-----`,
    ...content.toString('base64').match(/.{1,64}/g)!,
    `-----END ${label}-----`,
    '',
  ].join('\n');
