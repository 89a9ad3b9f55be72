/** Parses the values of options. Each error says which form is valid. */
import { InvalidArgumentError } from 'commander';
import { durationText, parseDurationMs } from '../../system/duration.ts';
import { causes, type Cause } from '../../result/verdict.ts';
import { headerNamePrefix } from '../../workload/record-headers.ts';
import { runIdPattern, topicPattern } from '../../run-folder/run-folder.ts';
import { engineOf } from '../../stores/engines.ts';
import { securityKinds, type SecurityKind } from '../../kafka/broker/security-kind.ts';

/** `500ms`, `5s`, `2m`: milliseconds. */
export function parseDuration(value: string): number {
  const durationMs = parseDurationMs(value) ?? 0;
  if (durationMs < 1 || durationMs > 24 * 3_600_000) {
    throw new InvalidArgumentError('It takes a duration up to 24 hours, such as 500ms, 5s or 2m.');
  }
  return durationMs;
}

/** Stages report every second, so a shorter silence proves nothing. */
const silenceMsMin = 2_000;

export function parseSilence(value: string): number {
  const ms = parseDuration(value);
  if (ms < silenceMsMin) throw new InvalidArgumentError(`It takes ${durationText(silenceMsMin)} or more.`);
  return ms;
}

/** For a duration that stages get as an argument: `print` writes what `parse` reads. */
export const durationValue = { parse: parseDuration, print: durationText };

export function parseInteger(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = /^\d{1,16}$/.test(value) ? Number(value) : NaN;
    if (!(number >= min && number <= max)) {
      throw new InvalidArgumentError(`It takes an integer from ${min} to ${max}.`);
    }
    return number;
  };
}

const rateMax = 10_000_000;

/** `5000`, `0.5`: messages a second. */
export function parseRate(value: string): number {
  const rate = /^\d{1,8}(\.\d{1,6})?$/.test(value) ? Number(value) : NaN;
  if (!(rate > 0 && rate <= rateMax)) {
    throw new InvalidArgumentError(`It takes a number above 0 and up to ${rateMax}: messages a second.`);
  }
  return rate;
}

/** `0.1`: a share of a whole. */
export function parseShare(value: string): number {
  const share = /^[01](\.\d{1,6})?$/.test(value) ? Number(value) : NaN;
  if (!(share <= 1)) throw new InvalidArgumentError('It takes a number from 0 to 1, such as 0.1.');
  return share;
}

export function parseRunId(value: string): string {
  if (!runIdPattern.test(value)) {
    throw new InvalidArgumentError(
      'It takes up to 64 letters, digits, - and _, beginning with a letter or digit.',
    );
  }
  return value;
}

export function parseFolder(value: string): string {
  // To the system, an empty path is the current folder. In an option it comes from a variable that was not set.
  if (value === '') throw new InvalidArgumentError('It takes the path of a folder; . is the current one.');
  return value;
}

/** Kafka accepts no records for these topics, and client libraries hide them from consumers. */
const topicsOfKafka = [
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
  '__cluster_metadata',
  '__remote_log_metadata',
];

export function parseTopic(value: string): string {
  if (!topicPattern.test(value)) {
    throw new InvalidArgumentError('It takes a topic name: up to 249 letters, digits, ., _ and -.');
  }
  if (topicsOfKafka.includes(value)) {
    throw new InvalidArgumentError(`Kafka keeps its own records in ${value}: no messages belong there.`);
  }
  return value;
}

/** Kafka itself accepts any text. */
export function parseGroup(value: string): string {
  if (!/^\S(?:[^\p{C}]{0,247}\S)?$/u.test(value)) {
    throw new InvalidArgumentError(
      'It takes a group name: up to 249 characters, no control characters, no blank at either end.',
    );
  }
  return value;
}

export function parseBootstrap(value: string): string {
  const addresses = value.split(',').map((address) => address.trim());
  const isAddress = (address: string): boolean => {
    const match = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(address);
    return match !== null && Number(match[2]) >= 1 && Number(match[2]) <= 65_535;
  };
  if (!addresses.every(isAddress)) {
    throw new InvalidArgumentError('It takes host:port, or several separated by commas.');
  }
  return addresses.join(',');
}

/** `acks=1,retention`: causes of findings. */
export function parseCauses(value: string): Cause[] {
  return value.split(',').map((part) => {
    const cause = causes.find((known) => known === part.trim());
    if (cause === undefined) throw new InvalidArgumentError(`It takes ${causes.join(', ')}; not '${part}'.`);
    return cause;
  });
}

/** Broker settings that nodrop must set itself; otherwise clients would not find its brokers. */
const ownProperties =
  /^(process\.roles|(node|broker)\.id|zookeeper\.connect|(advertised\.)?listeners|listener\..*|inter\.broker\.listener\.name|controller\..*|log\.dirs?|metadata\.log\.dir)$/;

/** `key=value`, of a broker. */
export function parseBrokerProperty(value: string): [string, string] {
  const match = /^([A-Za-z][A-Za-z0-9._-]{0,199})=([\x20-\x7e]{0,1000})$/.exec(value);
  if (match === null) {
    throw new InvalidArgumentError('It takes KEY=VALUE, such as unclean.leader.election.enable=true.');
  }
  const [, key = '', text = ''] = match;
  if (ownProperties.test(key)) throw new InvalidArgumentError(`nodrop itself sets ${key}.`);
  return [key, text];
}

export function parseSecurity(value: string): SecurityKind {
  const kind = securityKinds.find((known) => known === value);
  if (kind === undefined) throw new InvalidArgumentError(`It takes ${securityKinds.join(', ')}.`);
  return kind;
}

/** The location of a store, its path made absolute. No error repeats an invalid location: it may hold a password. */
export const parseStore = (value: string): string => engineOf(value).parse(value);

const pathSegmentsMax = 16;
const placeCharactersMax = 256;
const isPlain = (text: string): boolean => text.length <= placeCharactersMax && !/[\p{Cc}\p{Cs}]/u.test(text);

/** `status.code`, `items.0.state`: a path into JSON. */
export function parseStateField(value: string): string {
  const segments = value.split('.');
  if (!isPlain(value) || segments.length > pathSegmentsMax || segments.includes('')) {
    throw new InvalidArgumentError(
      `It takes up to ${pathSegmentsMax} names separated by dots, such as status.code, with at most ${placeCharactersMax} characters in all.`,
    );
  }
  return value;
}

export function parseStateHeader(value: string): string {
  if (!isPlain(value) || value === '') {
    throw new InvalidArgumentError(
      `It takes the name of a header, of up to ${placeCharactersMax} characters.`,
    );
  }
  if (value.startsWith(headerNamePrefix)) {
    throw new InvalidArgumentError(`Headers that begin with ${headerNamePrefix} are nodrop's own.`);
  }
  return value;
}

/** Only the state of JSON can be read without the schema. */
export function parseRegistryFraming(value: string): 'json' {
  if (value === 'json') return value;
  throw new InvalidArgumentError(
    'It takes json. Without its schema, Avro and Protobuf cannot be read: put the state into a header, and name that with --state-header.',
  );
}
