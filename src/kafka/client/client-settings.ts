/**
 * The client settings that a user can give, with `-X key=value` or in a properties file. They have the names of Kafka's
 * Java clients, and the list is closed. Secrets are accepted only from the file.
 */
import { readFileSync } from 'node:fs';
import { messageOf, usageError } from '../../errors.ts';
import { parseProperties } from './parse-properties.ts';

/** In the order of Kafka's codec numbers. */
export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Codec = (typeof codecs)[number];

const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

interface Setting {
  /** The values that the setting takes, in words, for help and errors. */
  takes: string;
  accepts(value: string): boolean;
  /** Not accepted as an argument: every user of the machine can see arguments. */
  secret?: true;
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

const intMax = 2 ** 31 - 1;

/** All settings that nodrop knows. */
export const clientSettings = {
  'security.protocol': oneOf('PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'),
  'sasl.mechanism': oneOf(...saslMechanisms),
  'sasl.jaas.config': secret('a login module with username="…" and password="…"'),
  'ssl.truststore.type': oneOf('PEM'),
  'ssl.truststore.location': text('the path of a PEM file with the CA certificates'),
  'ssl.truststore.certificates': text('CA certificates in PEM'),
  'ssl.keystore.type': oneOf('PEM'),
  'ssl.keystore.location': text('the path of a PEM file with the key and the certificate chain'),
  'ssl.keystore.key': secret('a private key in PEM'),
  'ssl.keystore.certificate.chain': text('a certificate chain in PEM'),
  'ssl.key.password': secret('the password of the private key'),
  'ssl.endpoint.identification.algorithm': {
    takes: 'https, or nothing to trust any name',
    accepts: (value) => value === 'https' || value === '',
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

export type ClientSetting = keyof typeof clientSettings;
export type ClientSettings = Partial<Record<ClientSetting, string>>;

const isSetting = (name: string): name is ClientSetting => Object.hasOwn(clientSettings, name);

/** Parses the `key=value` of `-X`. */
export function parseSetting(pair: string): [ClientSetting, string] {
  const at = pair.indexOf('=');
  if (at < 1)
    throw usageError(`-X takes key=value, not '${at === 0 ? pair : (pair.split('=', 1)[0] ?? '')}'.`);
  const name = pair.slice(0, at).trim();
  const setting = checkedName(name, '-X');
  if ((clientSettings[setting] as Setting).secret === true) {
    throw usageError(
      `-X ${name} would show a secret to every user of this machine.`,
      'Put it in a file that only you can read, and name that with --command-config FILE.',
    );
  }
  return [setting, checkedValue(setting, pair.slice(at + 1).trim(), '-X')];
}

/** Reads a properties file the way Kafka's own tools do. */
export function readSettingsFile(path: string): ClientSettings {
  let content: string;
  try {
    // Kafka's tools load the file as a stream of bytes, which Java decodes as Latin-1.
    content = readFileSync(path, 'latin1');
  } catch (error) {
    throw usageError(`--command-config: ${path} cannot be read: ${messageOf(error)}`);
  }
  const settings: ClientSettings = {};
  for (const property of parseProperties(content, path)) {
    const where = `${path}, line ${property.line}`;
    const name = checkedName(property.name, where);
    settings[name] = checkedValue(name, property.value, where);
  }
  return settings;
}

/** Throws `usage` if settings contradict each other. */
export function checkSettings(settings: ClientSettings): void {
  const protocol = settings['security.protocol'] ?? 'PLAINTEXT';
  const sasl = settings['sasl.jaas.config'] !== undefined || settings['sasl.mechanism'] !== undefined;
  if (protocol.startsWith('SASL') && settings['sasl.jaas.config'] === undefined) {
    throw usageError(
      `security.protocol=${protocol} needs sasl.jaas.config, from a file named by --command-config.`,
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

function checkedName(name: string, where: string): ClientSetting {
  if (isSetting(name)) return name;
  throw usageError(
    `${where}: '${name}' is not a client setting that nodrop knows.`,
    `They are: ${Object.keys(clientSettings).join(', ')}.`,
  );
}

function checkedValue(name: ClientSetting, value: string, where: string): string {
  const setting: Setting = clientSettings[name];
  if (setting.accepts(value)) return value;
  // Java keeps the blanks at a line's end. They may be part of a password, but mean nothing after a number.
  if (setting.accepts(value.trim())) return value.trim();
  const shown = setting.secret === true ? 'the given value' : `'${value}'`;
  throw usageError(`${where}: ${name} takes ${setting.takes}, not ${shown}.`);
}
