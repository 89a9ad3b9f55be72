import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { newAuthority } from '../../../src/kafka/broker/certificates.ts';

test('a certificate is signed by its authority, and holds for this machine alone and for a month', () => {
  const authority = newAuthority();
  const certificate = new X509Certificate(authority.issue('nodrop').cert);
  const issuer = new X509Certificate(authority.certificate);
  expect(certificate.subject).toBe('CN=nodrop');
  expect(certificate.checkIssued(issuer)).toBe(true);
  expect(certificate.verify(issuer.publicKey)).toBe(true);
  expect([certificate.ca, issuer.ca]).toEqual([false, true]);
  expect(certificate.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1');
  const days = (certificate.validToDate.getTime() - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(29);
  expect(days).toBeLessThan(31);
  expect(certificate.validFromDate.getTime()).toBeLessThan(Date.now());
});

test('two authorities have different keys, and neither signed the certificates of the other', () => {
  const [one, other] = [newAuthority(), newAuthority()];
  const certificate = new X509Certificate(one.issue('nodrop').cert);
  expect(certificate.verify(new X509Certificate(other.certificate).publicKey)).toBe(false);
});

test('server and client accept each other with certificates of one authority, and not with one of another', async () => {
  const [ours, theirs] = [newAuthority(), newAuthority()];
  const ca = ours.certificate;
  const server = createServer({ ...ours.issue('server'), ca, requestCert: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  /** The name of the client that the server accepts; undefined if it refuses. */
  const accepted = async (client: { key: string; cert: string }): Promise<string | undefined> => {
    const socket = connect({ port, host: '127.0.0.1', ca, ...client }).on('error', () => undefined);
    const [peer] = await Promise.race([once(server, 'secureConnection'), once(server, 'tlsClientError')]);
    socket.destroy();
    return peer instanceof TLSSocket ? String(peer.getPeerCertificate().subject.CN) : undefined;
  };
  expect(await accepted(ours.issue('client'))).toBe('client');
  expect(await accepted(theirs.issue('client'))).toBeUndefined();
  server.close();
});
