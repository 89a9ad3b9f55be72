/** Errors of TLS between nodrop and PostgreSQL in words, with the parameter that mends each. */

interface Told {
  words: string;
  hint: string;
}

interface TlsError {
  code?: string;
  message?: string;
  reason?: string;
  host?: string;
  cert?: { subjectaltname?: string; subject?: { CN?: string } };
}

/** pg's message if the server answers that it has no TLS. */
const noTls = 'The server does not support SSL connections';

const unknownCa = {
  words: 'its certificate is not from a CA that nodrop trusts',
  hint: "Name the file with the CA's certificate with sslrootcert. sslmode=require does not look at the certificate, if there is no such file.",
};

/** By the codes of OpenSSL for the server's certificate. */
const certificateErrors: Record<string, Told> = {
  CERT_HAS_EXPIRED: {
    words: 'its certificate has expired',
    hint: "Renew the server's certificate, or that of its CA in sslrootcert.",
  },
  CERT_NOT_YET_VALID: {
    words: 'its certificate is not valid yet',
    hint: "Compare the clocks of this machine and of the server, then the dates of the server's certificate.",
  },
  UNABLE_TO_GET_ISSUER_CERT: unknownCa,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownCa,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownCa,
  SELF_SIGNED_CERT_IN_CHAIN: unknownCa,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownCa,
  CERT_SIGNATURE_FAILURE: unknownCa,
};

const otherCertificateErrors = /^(CERT_|INVALID_(CA|PURPOSE)$|PATH_LENGTH_EXCEEDED$|UNABLE_TO_)/;

export const lacksTls = (error: unknown): boolean => (error as TlsError | undefined)?.message === noTls;

export const isTlsError = (error: unknown): boolean => tlsErrorText(error) !== undefined;

/** Undefined if it is another error. */
export function tlsErrorText(error: unknown): Told | undefined {
  const { code = '', message = '', reason = message, host, cert } = (error ?? {}) as TlsError;
  if (lacksTls(error)) {
    return {
      words: 'the server has no TLS, and sslmode asks for it',
      hint: 'Set ssl = on in the server, or sslmode=disable for a session that others can read.',
    };
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = cert?.subjectaltname ?? cert?.subject?.CN ?? 'another host';
    return {
      words: `its certificate is for ${names}, and not for ${host}`,
      hint: "Name the host as its certificate does, or look at the CA only: sslmode=verify-ca, with the CA's file in sslrootcert.",
    };
  }
  if (Object.hasOwn(certificateErrors, code)) return certificateErrors[code];
  if (otherCertificateErrors.test(code)) {
    return {
      words: `its certificate is refused: ${message}`,
      hint: "Check the server's certificate, and sslrootcert.",
    };
  }
  if (/^ERR_SSL_.*ALERT.*(CERTIFICATE|UNKNOWN_CA)/.test(code)) {
    return {
      words: `the server refuses the certificate of this client (${reason})`,
      hint: 'Check sslcert and sslkey: the certificate must be from a CA in the ssl_ca_file of the server.',
    };
  }
  if (!/^(ERR_SSL_|EPROTO$)/.test(code)) return undefined;
  return {
    words: `TLS failed: ${reason}`,
    hint: 'nodrop speaks TLS 1.2 and 1.3: compare ssl_min_protocol_version and ssl_ciphers of the server.',
  };
}
