/**
 * A config: the pipelines of a user, as `nodrop.config.ts`, `.yaml` or `.json` describes them. It is plain data, apart from
 * `make` and `expect`, which may be functions in a `.ts` file. Places are texts as on the command line: `header:NAME`, `key`,
 * `json:PATH`, `column:NAME`. A text that begins with `env:` stands for a variable of the environment: it is read when it is
 * used, and never written down.
 */

/** Such as `5s`, `500ms` or `2m`. */
export type DurationText = string;
export type PlaceText = string;

export interface Config {
  kafka?: KafkaConfig;
  processes?: Readonly<Record<string, ProcessConfig>>;
  pipelines: Readonly<Record<string, PipelineConfig>>;
  /** Faults as `--fault` takes them. */
  faults?: readonly string[];
  /** Thresholds as `--threshold` takes them. */
  thresholds?: readonly string[];
}

/** A Kafka that nodrop starts (`brokers`, `version`, `properties`), or one that is there (`bootstrapServers`). */
export interface KafkaConfig {
  brokers?: number;
  version?: string;
  /** Properties of the brokers. */
  properties?: Readonly<Record<string, string>>;
  /** Listeners are advertised under this host, too, for processes in containers: `host.docker.internal`. */
  advertise?: string;
  bootstrapServers?: string;
  /** A file with client settings. */
  commandConfig?: string;
}

export interface ProcessConfig {
  /** A text is a line for `/bin/sh`. */
  command: string | readonly string[];
  /** Counted from the config's folder, which it is by default. */
  cwd?: string;
  /** May hold `{bootstrapServers}`, `{run}`, `{index}`, `{count}`, and `{url:NAME}` for an address behind a proxy. */
  env?: Readonly<Record<string, string>>;
  /** How many of it run side by side. Default: 1. */
  count?: number;
  /** Exactly one test. Without it, a process is ready once it has started. */
  ready?: ReadyConfig;
  stop?: { signal?: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP'; within?: DurationText };
}

export type ReadyConfig = { within?: DurationText } & (
  | { url: string }
  /** A regular expression that a line of standard output matches. */
  | { stdout: string }
  | { port: number }
  /** The group has members, which own all partitions of what they subscribe to. */
  | { group: string }
);

export interface PipelineConfig {
  source: SourceConfig;
  messages?: MessagesConfig;
  hops?: Readonly<Record<string, HopConfig>>;
  sinks: Readonly<Record<string, SinkConfig>>;
  /** A function, or rules of which the first that fits decides. Default: each message once at each hop and sink. */
  expect?: ExpectFunction | readonly ExpectRule[];
  /** Where a record says its category. Without it, nothing is said of categories. */
  category?: PlaceText;
  /** How long a sink may lag behind what its consumer has committed. Default: 5s. */
  settle?: DurationText;
  /** Limit of the time without progress, and of the wait until all has drained. Default: 60s. */
  timeout?: DurationText;
}

export type SourceConfig = TopicSource | HttpSource | CommandSource | TableSource;

/** nodrop produces into the topic, which it makes if it is not there. */
export interface TopicSource {
  topic: string;
  partitions?: number;
  /** Settings of the producer, as `-X` takes them. */
  settings?: Readonly<Record<string, string>>;
}

/** A request for each message: its value is the body, its headers are the request's. */
export interface HttpSource {
  http: string;
  method?: 'POST' | 'PUT' | 'PATCH';
  headers?: Readonly<Record<string, string>>;
  /** The status codes that acknowledge a message. Default: 200 to 299. */
  accepted?: readonly number[];
  /** Requests at a time. Default: 16. */
  concurrency?: number;
}

/** A program that takes messages as lines of JSON and prints what became of each. */
export interface CommandSource {
  command: string | readonly string[];
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  /** How many of it share the messages. Default: 1. */
  workers?: number;
  /** `verifiable-producer`: the program makes messages of its own and prints lines as Apache's VerifiableProducer. */
  protocol?: 'nodrop' | 'verifiable-producer';
}

/** nodrop inserts a row for each message, of an outbox or a table that is captured. The value's fields are columns. */
export interface TableSource {
  /** `postgres://`, `mysql://` or `sqlite:PATH`. */
  database: string;
  table: string;
  /** Rows of a transaction. Default: 1. */
  batch?: number;
}

export interface MessagesConfig {
  /** Default: 1000. */
  count?: number;
  /** Such as `500/s`. */
  rate?: string;
  /** `text`: the run's id and a number. `uuid` and `integer` are unique in all runs, too. Default: text. */
  ids?: 'text' | 'uuid' | 'integer';
  /** A function, or a template with `{id}`, `{sequence}`, `{run}`, `{pick:a|b}` and `{integer:1..9}` in its texts. */
  make?: MakeFunction | MessageTemplate;
}

/** JSON. A text or bytes are taken as they are; `null` is a tombstone. */
export type MessageValue = unknown;

export interface MadeMessage {
  key?: string | Uint8Array | null;
  headers?: Readonly<Record<string, string | Uint8Array>>;
  value?: MessageValue;
}
export type MessageTemplate = MadeMessage;

export interface Random {
  /** 0 to 1, without 1. */
  number(): number;
  /** Both ends included. */
  integer(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(values: readonly T[]): T;
  text(length: number): string;
}

export interface MakeContext {
  id: string;
  /** From 0. */
  sequence: number;
  run: string;
  /** Gives the same values in each run with the same seed. */
  random: Random;
}
/** Must be pure: with the same context, it gives the same message. */
export type MakeFunction = (context: MakeContext) => MadeMessage;

interface Destination {
  /** Where its records or rows have the message's id. */
  id?: PlaceText;
  /** What feeds it: the name of a hop. Default: the hop before it, and for sinks the last hop. */
  from?: string;
  /** The consumer group that feeds it: its commits say how far it has come. */
  group?: string;
  category?: PlaceText;
  /** How categories are written there: `{ paid: 'PAID' }`. */
  categoryMap?: Readonly<Record<string, string>>;
  /** Values that must agree: from the message's place to the place there. `{ 'json:amount': 'column:amount' }`. */
  compare?: Readonly<Record<PlaceText, PlaceText>>;
  /** It takes what could not be handled. */
  deadLetters?: boolean;
}

export interface TopicHop extends Destination {
  topic: string;
  partitions?: number;
}
export type HopConfig = TopicHop;

export interface DatabaseSink extends Destination {
  database: string;
  /** Exactly one of them. */
  query?: string;
  table?: string;
}
export interface FileSink extends Destination {
  /** A path or pattern, counted from the config's folder. */
  file: string;
}
/** A program that prints lines of the history form. */
export interface CommandSink extends Destination {
  command: string;
}
export type SinkConfig = TopicHop | DatabaseSink | FileSink | CommandSink;

/** What is to become of a message at one hop or sink. */
export type Rule =
  | 'once'
  | 'at-least-once'
  | { times: number }
  /** Exactly these children, by their ids. */
  | { each: readonly string[] }
  | { latest: { key: PlaceText; version?: PlaceText } }
  | {
      balances: {
        by: PlaceText;
        count?: PlaceText;
        sum?: readonly [PlaceText, PlaceText];
        fingerprint?: PlaceText;
      };
    };

/** What is to become of a message. A hop or sink that is not named must not have it. */
export type Expectation =
  | { dropped: string }
  | { deadLettered: string }
  /** At this one, and at no other of these. */
  | { oneOf: string; among: readonly string[] }
  | { at: Readonly<Record<string, Rule>> };

export interface ExpectContext {
  id: string;
  sequence: number;
  key: MadeMessage['key'];
  headers: NonNullable<MadeMessage['headers']>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  value: any;
}
/** Decides from the input alone. Must be pure. */
export type ExpectFunction = (context: ExpectContext) => Expectation | Readonly<Record<string, Rule>>;

/** For configs without functions. Without `when`, it fits all. */
export type ExpectRule = { when?: Readonly<Record<PlaceText, string>> } & (
  | { dropped: string }
  | { deadLettered: string }
  | { at: Readonly<Record<string, Rule>> }
);
