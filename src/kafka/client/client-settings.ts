/**
 * The client settings that a user can give, with `-X key=value` or in a properties file. They have the names of Kafka's
 * Java clients, and the list is closed. Secrets are accepted only from the file, which may hold other settings of the
 * Java clients, too.
 */
import { readFileSync } from 'node:fs';
import { messageOf, usageError, type OperationalError } from '../../errors.ts';
import { isJavaSetting, nearestSetting } from './java-settings.ts';
import { parseProperties } from './parse-properties.ts';

/** In the order of Kafka's codec numbers. */
export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Codec = (typeof codecs)[number];

export const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const;

/** Kafka's own classes, by their names in its versions, which log in with a token endpoint. */
const tokenLogin =
  /^org\.apache\.kafka\.common\.security\.oauthbearer\.(secured\.)?OAuthBearerLoginCallbackHandler$/;

interface Setting {
  /** The values that the setting takes, in words, for help and errors. */
  takes: string;
  accepts(value: string): boolean;
  /** Not accepted as an argument: every user of the machine can see arguments. */
  secret?: true;
  /** Not accepted as an argument: this option is for it. */
  option?: string;
  /** Tells what to do about a value that is not accepted. */
  hint?(value: string): string | undefined;
}

const oneOf = (...values: readonly string[]): Setting => ({
  takes: values.join(', '),
  accepts: (value) => values.includes(value),
});
const integer = (min: number, max: number): Setting => ({
  takes: `an integer from ${min} to ${max}`,
  accepts: (value) => /^\d{1,10}$/.test(value) && Number(value) >= min && Number(value) <= max,
});
const text = (takes: string): Setting => ({ takes, accepts: (value) => value !== '' });
const secret = (takes: string): Setting => ({ ...text(takes), secret: true });

/** As the Java clients take it: they pass over a protocol before the host. */
const address = /^(?:[\w.%-]+:\/\/)?(\[[\dA-Fa-f:.]+\]|[\w.-]+):(\d{1,5})$/;

const intMax = 2 ** 31 - 1;

/** A Java class that a client would load. nodrop can do what some of Kafka's own do. */
const javaClass = (takes: string, accepts: RegExp): Setting => ({
  takes,
  accepts: (value) => accepts.test(value),
  hint: (value) => (value.includes('.iam.') ? iamHint : 'nodrop loads no Java classes.'),
  option: '--command-config FILE',
});
const iamHint =
  'nodrop cannot log in with AWS IAM (AWS_MSK_IAM). MSK also offers SASL/SCRAM (sasl.mechanism=SCRAM-SHA-512) and TLS client certificates (security.protocol=SSL).';
const mechanismHint = (value: string): string | undefined => {
  if (value === 'AWS_MSK_IAM') return iamHint;
  return value === 'GSSAPI' ? 'nodrop cannot log in with Kerberos.' : undefined;
};

/** A store of keys or certificates. */
const storeType = (convert: string): Setting => ({
  ...oneOf('PEM'),
  hint: () => `Make PEM of it: ${convert}`,
});
const truststoreCommand = 'keytool -list -rfc -keystore TRUSTSTORE > ca.pem';
const keystoreCommand =
  'keytool -importkeystore -srckeystore KEYSTORE -destkeystore client.p12 -deststoretype PKCS12\nand then:         openssl pkcs12 -in client.p12 -out client.pem';

/** All settings that nodrop knows. */
export const clientSettings = {
  'bootstrap.servers': {
    takes: 'host:port, or several, separated by commas',
    accepts: (value) => value.split(',').every((server) => address.test(server.trim())),
    option: '--bootstrap-server',
  },
  'security.protocol': oneOf('PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'),
  'sasl.mechanism': { ...oneOf(...saslMechanisms), hint: mechanismHint },
  'sasl.jaas.config': secret('a login module with username="…" and password="…"'),
  'sasl.client.callback.handler.class': javaClass('no class', /^$/),
  'sasl.login.callback.handler.class': javaClass(
    "Kafka's own class OAuthBearerLoginCallbackHandler",
    tokenLogin,
  ),
  'sasl.oauthbearer.token.endpoint.url': {
    takes: 'a URL that begins with https:, http: or file:',
    accepts: (value) => ['https:', 'http:', 'file:'].includes(URL.parse(value)?.protocol ?? ''),
  },
  'sasl.oauthbearer.scope': text('the scope of the token'),
  'sasl.oauthbearer.client.credentials.client.id': text("the client's id at the token endpoint"),
  'sasl.oauthbearer.client.credentials.client.secret': secret("the client's secret at the token endpoint"),
  'sasl.oauthbearer.header.urlencode': oneOf('true', 'false'),
  'ssl.truststore.type': storeType(truststoreCommand),
  'ssl.truststore.location': text('the path of a PEM file with the CA certificates'),
  'ssl.truststore.certificates': text('CA certificates in PEM'),
  'ssl.keystore.type': storeType(keystoreCommand),
  'ssl.keystore.location': text('the path of a PEM file with the key and the certificate chain'),
  'ssl.keystore.key': secret('a private key in PEM'),
  'ssl.keystore.certificate.chain': text('a certificate chain in PEM'),
  'ssl.key.password': secret('the password of the private key'),
  'ssl.enabled.protocols': {
    takes: 'TLSv1.2, TLSv1.3, or both, separated by commas',
    accepts: (value) => value.split(',').every((each) => ['TLSv1.2', 'TLSv1.3'].includes(each.trim())),
  },
  'ssl.endpoint.identification.algorithm': {
    takes: 'https, or nothing to trust any name',
    accepts: (value) => value.toLowerCase() === 'https' || value === '',
  },
  'request.timeout.ms': integer(1, intMax),
  acks: oneOf('all', '-1', '0', '1'),
  'enable.idempotence': oneOf('true', 'false'),
  'max.in.flight.requests.per.connection': integer(1, 5),
  'compression.type': oneOf(...codecs),
  'linger.ms': integer(0, 60_000),
  'batch.size': integer(0, 16 * 1024 * 1024),
  'delivery.timeout.ms': integer(1, intMax),
  'transaction.timeout.ms': integer(1, intMax),
  'isolation.level': oneOf('read_committed', 'read_uncommitted'),
  'fetch.min.bytes': integer(1, 64 * 1024 * 1024),
  'fetch.max.bytes': integer(1024, 256 * 1024 * 1024),
  'max.partition.fetch.bytes': integer(1024, 256 * 1024 * 1024),
  'fetch.max.wait.ms': integer(0, 60_000),
  'session.timeout.ms': integer(1000, 3_600_000),
  'heartbeat.interval.ms': integer(100, 3_600_000),
  'metadata.max.age.ms': integer(100, intMax),
  'group.protocol': oneOf('classic', 'consumer'),
  'group.instance.id': {
    takes: 'a name of 1 to 200 letters, digits, dots, underscores and hyphens',
    accepts: (value) => /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,200}$/.test(value),
  },
  'partition.assignment.strategy': oneOf(
    'org.apache.kafka.clients.consumer.RoundRobinAssignor',
    'org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
  ),
} satisfies Record<string, Setting>;

/** The settings that `-X` takes. */
export const argumentSettings: readonly string[] = Object.entries<Setting>(clientSettings)
  .filter(([, { secret: isSecret, option }]) => isSecret !== true && option === undefined)
  .map(([name]) => name);

/** Settings of the Java clients without which all the others may mean something else. */
const meaningful: Readonly<Record<string, string>> = {
  'config.providers': 'nodrop does not look up ${…}: put the values themselves into the file.',
};

export type ClientSetting = keyof typeof clientSettings;
export type ClientSettings = Partial<Record<ClientSetting, string>>;

const isSetting = (name: string): name is ClientSetting => Object.hasOwn(clientSettings, name);

/** Parses the `key=value` of `-X`. */
export function parseSetting(pair: string): [ClientSetting, string] {
  const at = pair.indexOf('=');
  if (at < 1)
    throw usageError(`-X takes key=value, not '${at === 0 ? pair : (pair.split('=', 1)[0] ?? '')}'.`);
  const name = pair.slice(0, at).trim();
  if (!isSetting(name)) throw unknownName(name, '-X');
  const setting = name;
  const { secret: isSecret, option } = clientSettings[setting] as Setting;
  if (option !== undefined) throw usageError(`-X ${name} has an option of its own.`, `Give ${option}.`);
  if (isSecret === true) {
    throw usageError(
      `-X ${name} would show a secret to every user of this machine.`,
      'Put it in a file that only you can read, and name that with --command-config FILE.',
    );
  }
  return [setting, checkedValue(setting, pair.slice(at + 1).trim(), '-X')];
}

/**
 * Reads a properties file the way Kafka's own tools do. `onIgnored` gets the names of other settings of the Java clients
 * in it, if there are some: nodrop has no use for them.
 */
export function readSettingsFile(
  path: string,
  onIgnored: (names: readonly string[]) => void = () => undefined,
): ClientSettings {
  let content: string;
  try {
    // Kafka's tools load the file as a stream of bytes, which Java decodes as Latin-1.
    content = readFileSync(path, 'latin1');
  } catch (error) {
    throw usageError(`--command-config: ${path} cannot be read: ${messageOf(error)}`);
  }
  const settings: ClientSettings = {};
  const ignored = new Set<string>();
  for (const { name, value, line } of parseProperties(content, path)) {
    const where = `${path}, line ${line}`;
    if (isSetting(name)) settings[name] = checkedValue(name, value, where);
    else if (isJavaSetting(name) && meaningful[name] === undefined) ignored.add(name);
    else throw unknownName(name, where);
  }
  if (ignored.size > 0) onIgnored([...ignored]);
  return settings;
}

/** The address that the settings name, as `host:port,host:port`. */
export const bootstrapServersOf = ({ 'bootstrap.servers': servers }: ClientSettings): string | undefined =>
  servers
    ?.split(',')
    .map((server) => server.trim().replace(address, '$1:$2'))
    .join(',');

/** Throws `usage` if settings contradict each other. */
export function checkSettings(settings: ClientSettings): void {
  const protocol = settings['security.protocol'] ?? 'PLAINTEXT';
  const sasl = Object.keys(settings).some((name) => name.startsWith('sasl.'));
  if (protocol.startsWith('SASL') && settings['sasl.jaas.config'] === undefined) {
    throw usageError(
      `security.protocol=${protocol} needs sasl.jaas.config, from a file named by --command-config.`,
    );
  }
  if (protocol.startsWith('SASL') && settings['sasl.mechanism'] === undefined) {
    // The Java clients would take GSSAPI (Kerberos).
    throw usageError(
      `security.protocol=${protocol} needs sasl.mechanism.`,
      `It is one of ${saslMechanisms.join(', ')}.`,
    );
  }
  if (sasl && !protocol.startsWith('SASL')) {
    throw usageError(`sasl.* settings need security.protocol=SASL_PLAINTEXT or SASL_SSL, not ${protocol}.`);
  }
  const usesTls = Object.keys(settings).some((name) => name.startsWith('ssl.'));
  if (usesTls && !protocol.endsWith('SSL')) {
    throw usageError(`ssl.* settings need security.protocol=SSL or SASL_SSL, not ${protocol}.`);
  }
  if (settings['enable.idempotence'] === 'true' && ['0', '1'].includes(settings.acks ?? 'all')) {
    throw usageError(`enable.idempotence=true needs acks=all, not acks=${settings.acks}.`);
  }
  checkGroupProtocol(settings);
  const { sessionTimeoutMs, heartbeatIntervalMs } = groupTimes(settings);
  if (heartbeatIntervalMs >= sessionTimeoutMs) {
    throw usageError(
      `heartbeat.interval.ms=${heartbeatIntervalMs} must be below session.timeout.ms=${sessionTimeoutMs}.`,
      'A third of session.timeout.ms is usual.',
    );
  }
}

/** Java's consumer refuses the same settings: with the consumer protocol, the brokers decide about them. */
function checkGroupProtocol(settings: ClientSettings): void {
  if (settings['group.protocol'] !== 'consumer') return;
  const decided = ['session.timeout.ms', 'heartbeat.interval.ms', 'partition.assignment.strategy'] as const;
  const given = decided.find((name) => settings[name] !== undefined);
  if (given === undefined) return;
  throw usageError(
    `${given} cannot be set with group.protocol=consumer: the brokers decide.`,
    'They take group.consumer.session.timeout.ms, group.consumer.heartbeat.interval.ms and group.consumer.assignors.',
  );
}

/** After how long without an end the coordinator aborts a transaction. */
export const transactionTimeoutMs = (settings: ClientSettings): number =>
  Number(settings['transaction.timeout.ms'] ?? 60_000);

/** How long a group waits for a silent member, and how often a member sends a heartbeat. */
export function groupTimes(settings: ClientSettings): {
  sessionTimeoutMs: number;
  heartbeatIntervalMs: number;
} {
  const sessionTimeoutMs = Number(settings['session.timeout.ms'] ?? 45_000);
  const usual = Math.min(3_000, Math.ceil(sessionTimeoutMs / 3));
  return { sessionTimeoutMs, heartbeatIntervalMs: Number(settings['heartbeat.interval.ms'] ?? usual) };
}

function unknownName(name: string, where: string): OperationalError {
  if (isJavaSetting(name)) {
    return usageError(`${where}: nodrop has no use for ${name}.`, meaningful[name] ?? 'Leave it out.');
  }
  const nearest = nearestSetting(name);
  return usageError(
    `${where}: '${name}' is not a client setting that nodrop knows.`,
    `${nearest === undefined ? '' : `Did you mean ${nearest}?\n`}They are: ${Object.keys(clientSettings).join(', ')}.`,
  );
}

function checkedValue(name: ClientSetting, value: string, where: string): string {
  const setting: Setting = clientSettings[name];
  if (setting.accepts(value)) return value;
  // Java keeps the blanks at a line's end. They may be part of a password, but mean nothing after a number.
  if (setting.accepts(value.trim())) return value.trim();
  const shown = setting.secret === true ? 'the given value' : `'${value}'`;
  throw usageError(`${where}: ${name} takes ${setting.takes}, not ${shown}.`, setting.hint?.(value));
}
