/**
 * Says in words why a cluster cannot be used, which setting is concerned, and whether another attempt may succeed. It
 * repeats no text that a broker sent, and no secret.
 */
import { ProtocolError, ResponseError, type Broker } from '@platformatic/kafka';
import { OperationalError, unavailableError } from '../../errors.ts';
import type { ClientOptions } from './client-options.ts';
import { NotReadyError, rootMessage } from './kafka-errors.ts';

export interface Problem {
  /** Without a stop at the end. */
  text: string;
  hint: string;
  /** Whether another attempt would fail as well. */
  isFinal: boolean;
}

/** The addresses that a cluster's brokers name for themselves, and why each cannot be reached. */
export class UnreachableBrokersError extends NotReadyError {
  readonly brokers: readonly { nodeId: number; broker: Broker; error: unknown }[];

  constructor(brokers: UnreachableBrokersError['brokers']) {
    const each = brokers.map(
      ({ nodeId, broker: { host, port }, error }) =>
        `broker ${nodeId} at ${host}:${port} (${rootMessage(error)})`,
    );
    super(`its brokers cannot be reached at the addresses that they advertise: ${each.join(', ')}`);
    this.brokers = brokers;
  }
}

/** A broker that expects a login before anything else. */
export class LoginWantedError extends Error {
  constructor(mechanisms: readonly string[]) {
    super(
      `it asks for a login, and the client settings name none (it offers sasl.mechanism=${mechanisms.join(' or ')})`,
    );
  }
}

/** A broker that answers on a port without TLS. */
export class PlainPortError extends Error {
  constructor(login: boolean) {
    super(`that port has no TLS, but security.protocol is ${login ? 'SASL_SSL' : 'SSL'}`);
  }
}

const addressHint = 'Check that a broker listens there, or give another address with --bootstrap-server.';
const advertisedHint =
  'Set advertised.listeners of the brokers to addresses that this machine can reach, or make these known to it.';

/** `client`: the options with which the connection was made. */
export function connectionProblem(error: unknown, client: ClientOptions): Problem {
  const causes = [...causesOf(error)];
  return (
    ownProblem(causes) ??
    loginProblem(causes, client) ??
    certificateProblem(causes, client) ??
    alertProblem(causes, client) ?? {
      text: rootMessage(error),
      hint: causes.some((cause) => cause instanceof UnreachableBrokersError) ? advertisedHint : addressHint,
      isFinal: false,
    }
  );
}

/** Whether a login or a certificate was refused: another attempt would fail as well. */
export const isRefusal = (error: unknown): boolean => connectionProblem(error, {}).isFinal;

/** The error for a cluster at this address. `what`: `refuses the connection`, `did not answer within 60000 ms`. */
export function connectionError(
  address: string,
  what: string,
  error: unknown,
  client: ClientOptions,
): OperationalError {
  const { text, hint } = connectionProblem(error, client);
  return unavailableError(`Kafka at ${address} ${what}: ${text}.`, { hint, cause: error });
}

/** The error itself and all its causes, outermost first. */
function* causesOf(error: unknown): Generator<Error> {
  if (!(error instanceof Error)) return;
  yield error;
  yield* causesOf(error.cause);
  if (error instanceof AggregateError) for (const inner of error.errors) yield* causesOf(inner);
}

/** nodrop's own errors, which say all. */
function ownProblem(causes: readonly Error[]): Problem | undefined {
  for (const cause of causes) {
    if (cause instanceof OperationalError) {
      return { text: cause.message.replace(/\.$/, ''), hint: cause.hint ?? '', isFinal: true };
    }
    if (cause instanceof LoginWantedError) {
      const hint =
        'Set security.protocol=SASL_SSL (or SASL_PLAINTEXT), sasl.mechanism and sasl.jaas.config in the file of --command-config.';
      return { text: cause.message, hint, isFinal: true };
    }
    if (cause instanceof PlainPortError) {
      const hint = 'Set security.protocol=PLAINTEXT (or SASL_PLAINTEXT), or use the port for TLS.';
      return { text: cause.message, hint, isFinal: true };
    }
  }
  return undefined;
}

function loginProblem(causes: readonly Error[], { sasl }: ClientOptions): Problem | undefined {
  // The library reports any trouble during a login as a refusal: a broker that was killed meanwhile refused nothing.
  if (causes.some((cause) => cause instanceof NotReadyError)) return undefined;
  const mechanism = sasl?.mechanism ?? '';
  const codes = causes.flatMap((cause) => (cause instanceof ProtocolError ? [cause['apiId'] as string] : []));
  if (codes.includes('UNSUPPORTED_SASL_MECHANISM')) {
    const offered = causes.flatMap((cause) => (cause instanceof ResponseError ? mechanismsOf(cause) : []));
    return {
      text: `it does not offer sasl.mechanism=${mechanism}, but ${offered.join(', ') || 'none'}`,
      hint: 'Set sasl.mechanism and sasl.jaas.config accordingly.',
      isFinal: true,
    };
  }
  if (codes.includes('ILLEGAL_SASL_STATE')) {
    return {
      text: 'that port takes no login, but security.protocol asks for one (SASL)',
      hint: 'Set security.protocol to PLAINTEXT or SSL, or use the port for SASL.',
      isFinal: true,
    };
  }
  const isRefused =
    codes.includes('SASL_AUTHENTICATION_FAILED') ||
    causes.some(
      ({ message }) => message === 'The broker refuses the token.' || message === 'Invalid server signature.',
    );
  if (!isRefused) return undefined;
  if (mechanism === 'OAUTHBEARER') {
    return {
      text: 'it refuses the token from sasl.oauthbearer.token.endpoint.url',
      hint: "The broker's log says why: the token's issuer, audience, scope, signature or time may be wrong.",
      isFinal: true,
    };
  }
  const user = typeof sasl?.username === 'string' ? ` of user ${sasl.username}` : '';
  return {
    text: `it refuses the login${user} with sasl.mechanism=${mechanism}`,
    hint: 'Check username and password in sasl.jaas.config.',
    isFinal: true,
  };
}

const mechanismsOf = (error: ResponseError): string[] => {
  const { response } = error as unknown as { response?: { mechanisms?: string[] } };
  return response?.mechanisms ?? [];
};

const unknownIssuer = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_UNTRUSTED|INVALID_CA|CERT_CHAIN_TOO_LONG)/;
const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? '';

/** This side refuses the certificate of the broker. */
function certificateProblem(causes: readonly Error[], { tls }: ClientOptions): Problem | undefined {
  for (const cause of causes) {
    const code = codeOf(cause);
    if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
      const when = code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet';
      return {
        text: `the certificate of the broker, or of its CA, ${when}`,
        hint: "Renew the broker's certificate (ssl.keystore.* of the broker), or set this machine's clock.",
        isFinal: true,
      };
    }
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
      return {
        text: `the broker's certificate is for another host name (${hostNames(cause)})`,
        hint: 'Connect to a name that the certificate has, or turn the check off with ssl.endpoint.identification.algorithm= (empty).',
        isFinal: true,
      };
    }
    if (unknownIssuer.test(code)) {
      const trusted =
        tls?.ca === undefined
          ? 'without ssl.truststore.location, only public CAs are trusted'
          : 'it is not in ssl.truststore.location (or ssl.truststore.certificates)';
      return {
        text: `the CA of the broker's certificate is unknown: ${trusted}`,
        hint: 'Name the CA of the brokers with ssl.truststore.type=PEM and ssl.truststore.location.',
        isFinal: true,
      };
    }
    if (code.startsWith('CERT_')) {
      return {
        text: `the broker's certificate is not accepted (${code})`,
        hint: 'Check the certificate of the broker, and ssl.truststore.* of this client.',
        isFinal: true,
      };
    }
  }
  return undefined;
}

/** The names that the certificate has, and the one that it lacks. */
function hostNames(error: Error): string {
  const { host, cert } = error as { host?: string; cert?: { subjectaltname?: string } };
  const names = (cert?.subjectaltname ?? 'none').replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200);
  return `it has ${names}, and not ${host}`;
}

const clientAlerts: readonly [alert: RegExp, text: string][] = [
  [/CERTIFICATE_REQUIRED/, 'it asks for a client certificate'],
  [/CERTIFICATE_EXPIRED/, 'it refuses the client certificate, which has expired'],
  [/ALERT_UNKNOWN_CA/, 'it refuses the client certificate, whose CA it does not know'],
  [
    /ALERT_(BAD|UNSUPPORTED|NO)_CERTIFICATE|CERTIFICATE_(REVOKED|UNKNOWN)/,
    'it refuses the client certificate',
  ],
];

/** The broker ends the TLS handshake with an alert. */
function alertProblem(causes: readonly Error[], { tls }: ClientOptions): Problem | undefined {
  for (const cause of causes) {
    const code = codeOf(cause);
    const [, alert] = clientAlerts.find(([pattern]) => pattern.test(code)) ?? [];
    if (alert !== undefined) {
      const isMissing = tls?.cert === undefined;
      return {
        text: isMissing ? 'it asks for a client certificate, and ssl.keystore.location names none' : alert,
        hint: isMissing
          ? 'Name key and certificate with ssl.keystore.type=PEM and ssl.keystore.location.'
          : 'Check the certificate in ssl.keystore.location (or ssl.keystore.certificate.chain), and the ssl.truststore.* of the broker.',
        isFinal: true,
      };
    }
    if (/^ERR_(TLS|SSL|OSSL)_/.test(code)) {
      return {
        text: `TLS cannot be agreed on (${code})`,
        hint: 'Check security.protocol and ssl.* in the client settings, and the port.',
        isFinal: true,
      };
    }
    if (isTlsWanted(cause)) {
      return {
        text: 'that port wants TLS, and security.protocol is without',
        hint: 'Set security.protocol=SSL (or SASL_SSL) and ssl.truststore.location.',
        isFinal: true,
      };
    }
  }
  return undefined;
}

export const isTlsWanted = (error: unknown): boolean =>
  error instanceof Error && error.message === 'Broker requires TLS.';

/** Whether the peer closed the connection in the TLS handshake: a port without TLS does that. */
export const isHandshakeCut = (error: unknown): boolean =>
  [...causesOf(error)].some(({ message }) => message.includes('TLS handshake failed'));

/** Whether a connection was closed that had been made. */
export const isClosed = (error: unknown): boolean =>
  [...causesOf(error)].some(({ message }) => message.startsWith('Connection closed'));
