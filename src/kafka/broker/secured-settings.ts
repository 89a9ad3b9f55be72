/** The settings of a secured cluster: of its brokers, of its clients, and of its super user. */
import { join } from 'node:path';
import type { SecurityKind } from './security-kind.ts';

/** `client` has the permissions that a run needs, and the others may do everything. */
export const userNames = { client: 'nodrop', admin: 'nodrop-admin', broker: 'nodrop-broker' } as const;
/** The users of clients. */
export type ClientUser = 'client' | 'admin';

export interface SecuredCluster {
  kind: SecurityKind;
  /** The folder of certificates, passwords and client settings. */
  folder: string;
  /** Where clients get tokens; undefined if they need none. */
  tokenUrl: string | undefined;
}

/** The name that clients' listener has, beside those for proxies. */
export const clientListener = 'CLIENT';
/** The listener that the brokers use among themselves. */
export const brokerListener = 'BROKER';

export const authorityFile = (folder: string): string => join(folder, 'ca.pem');
/** The key and the certificate of a user. */
export const identityFile = (folder: string, user: keyof typeof userNames): string =>
  join(folder, `${userNames[user]}.pem`);
/** The brokers' file of passwords. */
export const passwordsFile = (folder: string): string => join(folder, 'passwords.properties');
export const passwordsKey = 'users';

type SaslKind = Extract<SecurityKind, `sasl-${string}`>;
const mechanisms: Record<SaslKind, string> = {
  'sasl-plain': 'PLAIN',
  'sasl-scram': 'SCRAM-SHA-512',
  'sasl-oauthbearer': 'OAUTHBEARER',
};
const modules: Record<SaslKind, string> = {
  'sasl-plain': 'org.apache.kafka.common.security.plain.PlainLoginModule',
  'sasl-scram': 'org.apache.kafka.common.security.scram.ScramLoginModule',
  'sasl-oauthbearer': 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule',
};
const oauthPackage = 'org.apache.kafka.common.security.oauthbearer';
/** Whom tokens are for, by the endpoint that nodrop opens. */
export const tokenAudience = 'kafka';
const isSasl = (kind: SecurityKind): kind is SaslKind => Object.hasOwn(mechanisms, kind);

const clientProtocol = (kind: SecurityKind): string => (isSasl(kind) ? 'SASL_SSL' : 'SSL');

/** The protocol of a listener, as Kafka names it. */
export const protocolOf = (cluster: SecuredCluster | undefined, isForClients: boolean): string =>
  cluster === undefined ? 'PLAINTEXT' : isForClients ? clientProtocol(cluster.kind) : 'SSL';

/** Whether a user proves with a certificate who it is. */
export const hasIdentity = (kind: SecurityKind, user: ClientUser): boolean =>
  kind === 'mtls' || (kind === 'ssl' && user === 'admin');

export function clientProperties(
  { kind, folder, tokenUrl }: SecuredCluster,
  user: ClientUser,
  password: string,
): Record<string, string> {
  return {
    'security.protocol': clientProtocol(kind),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': authorityFile(folder),
    ...(hasIdentity(kind, user) && {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': identityFile(folder, user),
    }),
    ...(isSasl(kind) && {
      'sasl.mechanism': mechanisms[kind],
      'sasl.jaas.config': loginOf(kind, userNames[user], password),
    }),
    ...(tokenUrl !== undefined && {
      'sasl.login.callback.handler.class': `${oauthPackage}.OAuthBearerLoginCallbackHandler`,
      'sasl.oauthbearer.token.endpoint.url': `${tokenUrl}/token`,
    }),
  };
}

function loginOf(kind: SaslKind, user: string, password: string): string {
  const [name, secret] =
    kind === 'sasl-oauthbearer' ? ['clientId', 'clientSecret'] : ['username', 'password'];
  return `${modules[kind]} required ${name}="${user}" ${secret}="${password}";`;
}

/** The login module with which a broker checks passwords in clear; SCRAM's are in the cluster's metadata. */
export const plainUsers = (passwords: Readonly<Record<ClientUser, string>>): string =>
  `${modules['sasl-plain']} required user_${userNames.client}="${passwords.client}" user_${userNames.admin}="${passwords.admin}";`;

/**
 * The settings of a broker. Brokers and controllers prove to each other with certificates who they are;
 * `clientListeners` are those for clients.
 */
export function securedProperties(
  cluster: SecuredCluster,
  clientListeners: readonly string[],
): Record<string, string> {
  const { kind, folder, tokenUrl } = cluster;
  const forClients = clientListeners.flatMap((listener) =>
    Object.entries(listenerProperties[kind](folder)).map(
      ([name, value]) => [propertyOf(listener, name), value] as const,
    ),
  );
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': identityFile(folder, 'broker'),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': authorityFile(folder),
    'ssl.client.auth': 'required',
    'ssl.principal.mapping.rules': 'RULE:^CN=(.*)$/$1/,DEFAULT',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:${userNames.broker};User:${userNames.admin}`,
    // The settings of a broker stay with a failed run, so they must not hold passwords.
    ...(kind === 'sasl-plain' && {
      'config.providers': 'file',
      'config.providers.file.class': 'org.apache.kafka.common.config.provider.FileConfigProvider',
    }),
    ...(tokenUrl !== undefined && {
      'sasl.oauthbearer.jwks.endpoint.url': `${tokenUrl}/jwks`,
      'sasl.oauthbearer.expected.issuer': tokenUrl,
      'sasl.oauthbearer.expected.audience': tokenAudience,
    }),
    ...Object.fromEntries(forClients),
  };
}

const propertyOf = (listener: string, name: string): string =>
  `listener.name.${listener.toLowerCase()}.${name}`;

const clientAuth = 'ssl.client.auth';
const enabledMechanisms = 'sasl.enabled.mechanisms';

/** The settings of a listener for clients. */
const listenerProperties: Record<SecurityKind, (folder: string) => Record<string, string>> = {
  // The super user has a certificate, and others need none.
  ssl: () => ({ [clientAuth]: 'requested' }),
  mtls: () => ({ [clientAuth]: 'required' }),
  'sasl-plain': (folder) => ({
    [clientAuth]: 'none',
    [enabledMechanisms]: mechanisms['sasl-plain'],
    'plain.sasl.jaas.config': `\${file:${passwordsFile(folder)}:${passwordsKey}}`,
  }),
  'sasl-scram': () => ({
    [clientAuth]: 'none',
    [enabledMechanisms]: mechanisms['sasl-scram'],
    'scram-sha-512.sasl.jaas.config': `${modules['sasl-scram']} required;`,
  }),
  'sasl-oauthbearer': () => ({
    [clientAuth]: 'none',
    [enabledMechanisms]: mechanisms['sasl-oauthbearer'],
    'oauthbearer.sasl.jaas.config': `${modules['sasl-oauthbearer']} required;`,
    'oauthbearer.sasl.server.callback.handler.class': `${oauthPackage}.OAuthBearerValidatorCallbackHandler`,
  }),
};

/** Arguments for Java in addition to those of each broker, which they follow: the last of two counts. */
export const securedArguments = ({ security }: { security?: SecuredCluster | undefined }): string[] =>
  security === undefined
    ? []
    : [
        // Java's first compiler alone encrypts five times slower.
        '-XX:TieredStopAtLevel=4',
        // Kafka 4 asks no endpoint that Java was not told of.
        ...(security.tokenUrl === undefined
          ? []
          : [
              `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${security.tokenUrl}/token,${security.tokenUrl}/jwks`,
            ]),
      ];

/** The settings of a broker that are new at each start. */
export const isSecuredProperty = (name: string): boolean =>
  /^((ssl|sasl|listener\.name|config\.providers)\..+|config\.providers|authorizer\.class\.name|super\.users)$/.test(
    name,
  );

/** How a cluster with these settings of a broker was secured; undefined if it was not. */
export function securityOf(properties: Readonly<Record<string, string>>): SecurityKind | undefined {
  const mechanism = properties[propertyOf(clientListener, enabledMechanisms)];
  if (mechanism !== undefined) {
    return (Object.keys(mechanisms) as SaslKind[]).find((kind) => mechanisms[kind] === mechanism);
  }
  const auth = properties[propertyOf(clientListener, clientAuth)];
  return auth === 'requested' ? 'ssl' : auth === 'required' ? 'mtls' : undefined;
}
