/**
 * Keys and certificates in PEM, in the forms that Kafka's Java clients accept: also in one line, with blanks instead of
 * line ends. Everything that TLS would refuse is found here, before anything starts.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { messageOf, usageError } from '../errors.ts';

/** The content of a setting or a file, and the name of the setting. */
export interface PemSource {
  setting: string;
  /** Undefined: the text is the setting's own value. */
  path: string | undefined;
  bytes: Buffer;
}

/** At least one certificate, each in the PEM form that OpenSSL reads. */
export function readCertificates(source: PemSource): string[] {
  const blocks = blocksOf(source).filter(({ label }) => label.endsWith('CERTIFICATE'));
  if (blocks.length === 0) throw nothingIn(source, 'certificate');
  return blocks.map(({ pem }, index) => {
    try {
      return new X509Certificate(pem).toString();
    } catch (error) {
      throw usageError(`${nameOf(source)}: certificate ${index + 1} cannot be read: ${messageOf(error)}`);
    }
  });
}

/** The one private key, decrypted with its password if it is encrypted. */
export function readPrivateKey(source: PemSource, password: string | undefined): KeyObject {
  const blocks = blocksOf(source).filter(({ label }) => label.endsWith('PRIVATE KEY'));
  const [block, ...others] = blocks;
  if (block === undefined) throw nothingIn(source, 'private key');
  if (others.length > 0) {
    throw usageError(`${nameOf(source)} holds ${blocks.length} private keys.`, 'Keep only one of them.');
  }
  const isEncrypted = block.label.includes('ENCRYPTED') || /Proc-Type:.*ENCRYPTED/.test(block.pem);
  if (isEncrypted && password === undefined) {
    throw usageError(
      `${nameOf(source)}: the private key is encrypted, and ssl.key.password is missing.`,
      'Put the password in the file that --command-config names.',
    );
  }
  try {
    return createPrivateKey({ key: block.pem, ...(isEncrypted && { passphrase: password }) });
  } catch (error) {
    if (isEncrypted) {
      throw usageError(
        `${nameOf(source)}: ssl.key.password does not open the private key (${messageOf(error)}).`,
        'Try the password with: openssl pkey -in FILE -noout',
      );
    }
    throw usageError(`${nameOf(source)}: the private key cannot be read: ${messageOf(error)}`);
  }
}

/** Throws `usage` if the first certificate does not belong to the key: TLS presents the first one to servers. */
export function checkKeyFits(key: KeyObject, chain: readonly string[], source: PemSource): void {
  const own = chain.findIndex((pem) => new X509Certificate(pem).checkPrivateKey(key));
  if (own === 0) return;
  throw own > 0
    ? usageError(
        `${nameOf(source)}: certificate ${own + 1} is the one of the private key, and must be the first.`,
        'Its issuers follow it, each before its own issuer.',
      )
    : usageError(
        `${nameOf(source)}: the private key is not that of the certificate.`,
        'These two must print the same: openssl x509 -in CERTIFICATE -noout -pubkey; openssl pkey -in KEY -pubout',
      );
}

export const nameOf = ({ setting, path }: PemSource): string =>
  path === undefined ? setting : `${setting}: ${path}`;

interface Block {
  label: string;
  pem: string;
}

const lineLength = 64;

/** The PEM blocks of a text, with the line ends that OpenSSL requires. Text between blocks has no meaning. */
function blocksOf({ bytes }: PemSource): Block[] {
  const text = bytes.toString('utf8');
  return [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----/gs)].map(
    ([whole, label, body]) => {
      // Headers (in old encrypted keys) need their own line ends.
      if (body!.includes(':')) return { label: label!, pem: `${whole}\n` };
      const base64 = body!.replaceAll(/\s/g, '');
      const lines = base64.match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? [];
      return {
        label: label!,
        pem: `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`,
      };
    },
  );
}

/** The error for a text without the wanted block. It says what the text is instead, if nodrop recognizes that. */
function nothingIn(source: PemSource, wanted: 'certificate' | 'private key'): Error {
  const { bytes, path } = source;
  const file = path ?? 'FILE';
  const name = nameOf(source);
  const magic = bytes.length < 4 ? 0 : bytes.readUInt32BE(0);
  if (magic === 0xfeedfeed || magic === 0xcececece) {
    return usageError(
      `${name} is a Java keystore (${magic === 0xfeedfeed ? 'JKS' : 'JCEKS'}), and nodrop reads PEM.`,
      wanted === 'certificate' && source.setting.includes('truststore')
        ? `Make PEM of it: keytool -list -rfc -keystore ${file} > ca.pem`
        : `Make PEM of it: keytool -importkeystore -srckeystore ${file} -destkeystore client.p12 -deststoretype PKCS12\nand then:         openssl pkcs12 -in client.p12 -out client.pem`,
    );
  }
  if (bytes[0] === 0x30 && path !== undefined) {
    return usageError(
      `${name} is binary (PKCS #12 or DER), and nodrop reads PEM.`,
      `Make PEM of it: openssl pkcs12 -in ${file} -out client.pem\nor, if it is one certificate: openssl x509 -inform der -in ${file} -out ca.pem`,
    );
  }
  return usageError(
    `${name} holds no ${wanted} in PEM.`,
    `It begins with -----BEGIN ${wanted.toUpperCase()}-----, and must be whole.`,
  );
}
