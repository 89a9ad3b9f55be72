/**
 * A config: the pipelines of a user, as `nodrop.config.ts`, `.yaml` or `.json` describes them. It is plain data, apart from
 * `make` and `expect`, which may be functions in a `.ts` file. Places are texts as on the command line: `header:NAME`, `key`,
 * `json:PATH`, `column:NAME`. A text that begins with `env:` stands for a variable of the environment: it is read when it is
 * used, and never written down.
 */

/** Such as `5s`, `500ms` or `2m`. */
export type DurationText = string;
/** Such as `header:event-id`, `key`, `json:meta.id` or `column:event_id`. */
export type PlaceText = string;

/** All that a config says. */
export interface Config {
  /** The Kafka that nodrop starts, or one that runs already. Default: one broker that nodrop starts. */
  kafka?: KafkaConfig;
  /** The processes that nodrop starts, by name. */
  processes?: Readonly<Record<string, ProcessConfig>>;
  /** The pipelines, by name: `nodrop run NAME`. */
  pipelines: Readonly<Record<string, PipelineConfig>>;
  /** Faults as `--fault` takes them. */
  faults?: readonly string[];
  /** Thresholds as `--threshold` takes them. */
  thresholds?: readonly string[];
}

/** A Kafka that nodrop starts (`brokers`, `version`, `properties`), or one that is there (`bootstrapServers`). */
export interface KafkaConfig {
  /** How many brokers nodrop starts. Default: 1. */
  brokers?: number;
  /** Which Kafka nodrop starts, as `--kafka-version` takes it. */
  version?: string;
  /** Properties of the brokers. */
  properties?: Readonly<Record<string, string>>;
  /** Listeners are advertised under this host, too, for processes in containers: `host.docker.internal`. */
  advertise?: string;
  /** Addresses of a Kafka that runs already: `HOST:PORT`, with commas between several. nodrop then starts none. */
  bootstrapServers?: string;
  /** With `bootstrapServers`: a file with client settings, counted from the config's folder. */
  commandConfig?: string;
}

/** Processes of one kind. nodrop starts them, and ends them with all that they started. */
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
  /** nodrop sends `signal` (default: SIGTERM), and SIGKILL after `within` (default: 10s). */
  stop?: { signal?: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP'; within?: DurationText };
}

/** How nodrop sees that a process is ready, and for how long it waits for that (default: 60s). */
export type ReadyConfig = { within?: DurationText } &
  /** An address that answers with a status from 200 to 299. */
  (
    | { url: string }
    /** A regular expression that a line of standard output matches. */
    | { stdout: string }
    /** A port of this machine that takes connections. */
    | { port: number }
    /** The group has members, which own all partitions of what they subscribe to. */
    | { group: string }
  );

/** From a source over hops to sinks. */
export interface PipelineConfig {
  /** Where nodrop hands the messages over. */
  source: SourceConfig;
  /** The messages that nodrop makes. */
  messages?: MessagesConfig;
  /** Topics between source and sinks, by name and in their order. */
  hops?: Readonly<Record<string, HopConfig>>;
  /** Where the messages are to arrive, by name. */
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

/** One of four kinds: `topic()`, `http()`, `command()`, or a table by `postgres()`, `mysql()` or `sqlite()`. */
export type SourceConfig = TopicSource | HttpSource | CommandSource | TableSource;

/** nodrop produces into the topic, which it makes if it is not there. */
export interface TopicSource {
  topic: string;
  /** If nodrop makes the topic. Default: 3. */
  partitions?: number;
  /** Settings of the producer, as `-X` takes them. */
  settings?: Readonly<Record<string, string>>;
}

/** A request for each message: its value is the body, its headers are the request's. */
export interface HttpSource {
  /** The address: `http://` or `https://`. */
  http: string;
  /** Default: POST. */
  method?: 'POST' | 'PUT' | 'PATCH';
  /** Headers beside the message's own. */
  headers?: Readonly<Record<string, string>>;
  /** The status codes that acknowledge a message. Default: 200 to 299. */
  accepted?: readonly number[];
  /** Requests at a time. Default: 16. */
  concurrency?: number;
}

/** A program that takes messages as lines of JSON and prints what became of each. */
export interface CommandSource {
  /** A text is a line for `/bin/sh`. */
  command: string | readonly string[];
  /** Counted from the config's folder, which it is by default. */
  cwd?: string;
  /** Its environment. */
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
  /** The table, which must exist. */
  table: string;
  /** Rows of a transaction. Default: 1. */
  batch?: number;
}

/** How many messages nodrop makes, how fast, and what they are. */
export interface MessagesConfig {
  /** Default: 1000. */
  count?: number;
  /** Messages a second, such as `500/s`. Default: as fast as the source takes them. */
  rate?: string;
  /** `text`: the run's id and a number. `uuid` and `integer` are unique in all runs, too. Default: text. */
  ids?: 'text' | 'uuid' | 'integer';
  /** A function, or a template with `{id}`, `{sequence}`, `{run}`, `{pick:a|b}` and `{integer:1..9}` in its texts. */
  make?: MakeFunction | MessageTemplate;
}

/** JSON. A text or bytes are taken as they are; `null` is a tombstone. */
export type MessageValue = unknown;

/** A message as `make` gives it. Texts become UTF-8. */
export interface MadeMessage {
  /** Default: none. */
  key?: string | Uint8Array | null;
  /** Default: none. */
  headers?: Readonly<Record<string, string | Uint8Array>>;
  /** Default: id and sequence as JSON, in 200 bytes. */
  value?: MessageValue;
}
/** A message whose texts have placeholders. */
export type MessageTemplate = MadeMessage;

/** Random values that follow from the seed and the message's sequence. */
export interface Random {
  /** 0 to 1, without 1. */
  number(): number;
  /** Both ends included. */
  integer(min: number, max: number): number;
  /** true with this probability, from 0 to 1. */
  chance(probability: number): boolean;
  /** One of these values. */
  pick<T>(values: readonly T[]): T;
  /** Letters from a to z and digits. */
  text(length: number): string;
}

/** From this, `make` makes a message. */
export interface MakeContext {
  /** The message's id: it has to be in the message, where hops and sinks are to find it. */
  id: string;
  /** From 0. */
  sequence: number;
  /** The run's id. */
  run: string;
  /** Gives the same values in each run with the same seed. */
  random: Random;
}
/** Must be pure: with the same context, it gives the same message. */
export type MakeFunction = (context: MakeContext) => MadeMessage;

interface Destination {
  /** Where its records or rows have the message's id. Topics have it where the messages do, programs in `id`; others need it. */
  id?: PlaceText;
  /** What feeds it: the name of a hop before it, or `source`. Default: the hop before it, and for sinks the last hop. */
  from?: string;
  /** The consumer group that feeds it: its commits say how far it has come. */
  group?: string;
  /** Where its category is. */
  category?: PlaceText;
  /** How categories are written there: `{ paid: 'PAID' }`. */
  categoryMap?: Readonly<Record<string, string>>;
  /** Values that must agree: from the message's place to the place there. `{ 'json:amount': 'column:amount' }`. */
  compare?: Readonly<Record<PlaceText, PlaceText>>;
  /** It takes what could not be handled. */
  deadLetters?: boolean;
}

/** A topic, as a hop or as a sink. nodrop makes it if it is not there. */
export interface TopicHop extends Destination {
  topic: string;
  /** If nodrop makes the topic. Default: 3. */
  partitions?: number;
}
/** A hop is a topic. */
export type HopConfig = TopicHop;

/** Rows of a database. Exactly one of `query` and `table` is given. */
export interface DatabaseSink extends Destination {
  /** `postgres://`, `mysql://` or `sqlite:PATH`. */
  database: string;
  /** The rows: a SELECT. */
  query?: string;
  /** The rows: a table or a view. */
  table?: string;
}
/** Lines or rows of files: JSON Lines, CSV or Parquet. */
export interface FileSink extends Destination {
  /** A path or pattern, counted from the config's folder. */
  file: string;
}
/** A program that prints lines of the history form. */
export interface CommandSink extends Destination {
  /** A line for `/bin/sh`. */
  command: string;
}
/** One of four kinds: `topic()`, `postgres()` and the like, `file()`, or `command()`. */
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

/** From this, `expect` decides. The headers and the key are as `make` gave them. */
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
