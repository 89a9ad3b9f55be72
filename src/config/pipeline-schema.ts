/** The schema of a pipeline: its source, its messages, and where they are to arrive. */
import { z } from 'zod';
import { chosen, integer, kinds, list, named, oneOfTexts, records, text } from './chosen-schema.ts';
import type { ExpectFunction, ExpectRule, MakeFunction, MessageTemplate } from './config.ts';
import {
  commandLine,
  databaseLocation,
  duration,
  environment,
  filledText,
  groupName,
  httpAddress,
  httpHeaderName,
  place,
  plainText,
  rate,
  simpleName,
  topicName,
} from './config-values.ts';
import { expectRules } from './rule-schema.ts';
import { problemOfTemplateText, problemsOfTemplateValue } from './template.ts';

/** As many messages a run may have. */
const messagesMax = 100_000_000;
const partitionsMax = 10_000;

const partitions = integer('number of partitions', 1, partitionsMax);

const sourceKinds = {
  topic: named({
    topic: topicName.describe('nodrop produces into this topic, which it makes if it is not there.'),
    partitions: partitions.exactOptional().describe('Its partitions, if nodrop makes the topic. Default: 3.'),
    settings: records(filledText, plainText)
      .exactOptional()
      .describe('Settings of the producer, as `-X` takes them.'),
  }),
  http: named({
    http: httpAddress.describe('nodrop sends a request for each message: its value is the body.'),
    method: oneOfTexts('method', ['POST', 'PUT', 'PATCH']).exactOptional().describe('Default: POST.'),
    headers: records(httpHeaderName, plainText).exactOptional().describe("Headers beside the message's own."),
    accepted: list(integer('status code', 100, 599), 'status codes', 500)
      .exactOptional()
      .describe('The status codes that acknowledge a message. Default: 200 to 299.'),
    concurrency: integer('number of requests', 1, 1_000)
      .exactOptional()
      .describe('Requests at a time. Default: 16.'),
  }),
  command: named({
    command: commandLine.describe(
      'A program that takes messages as lines of JSON, and prints what became of each.',
    ),
    cwd: filledText
      .exactOptional()
      .describe("Its folder, counted from the config's folder, which is the default."),
    env: environment.exactOptional().describe('Its environment.'),
    workers: integer('number of workers', 1, 64)
      .exactOptional()
      .describe('How many of it share the messages. Default: 1.'),
    protocol: oneOfTexts('protocol', ['nodrop', 'verifiable-producer'])
      .exactOptional()
      .describe(
        "`verifiable-producer`: it makes messages of its own, and prints lines as Apache's VerifiableProducer.",
      ),
  }),
  database: named({
    database: databaseLocation.describe('A database, in which nodrop inserts a row for each message.'),
    table: filledText.describe("The table. The fields of a message's value are its columns."),
    batch: integer('number of rows', 1, 10_000)
      .exactOptional()
      .describe('Rows of a transaction. Default: 1.'),
  }),
};

const isBytes = (value: unknown): boolean => value instanceof Uint8Array;
const templateText = text('no template.').superRefine((value, context) => {
  const problem = problemOfTemplateText(value);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem, input: value });
});
const templateValue = z.unknown().superRefine((value, context) => {
  for (const { path, text, problem } of problemsOfTemplateValue(value))
    context.addIssue({ code: 'custom', message: problem, path, input: text });
});
const textOrBytes = (published: z.ZodType): z.ZodType<string | Uint8Array> =>
  chosen((value) => (isBytes(value) ? z.any() : templateText), published);

const template = named({
  key: chosen<string | Uint8Array | null>(
    (value) => (value === null || isBytes(value) ? z.any() : templateText),
    z.string().nullable(),
  )
    .exactOptional()
    .describe("The record's key. Default: none."),
  headers: records(filledText, textOrBytes(z.string())).exactOptional().describe("The record's headers."),
  value: templateValue
    .exactOptional()
    .describe(
      'JSON. A text is taken as it is; `null` is a tombstone. Default: `{"id", "sequence", "padding"}` of 200 bytes.',
    ),
});

const templateForm = 'no template. Write an object with key, headers or value.';
const messages = named({
  count: integer('number of messages', 1, messagesMax).exactOptional().describe('Default: 1000.'),
  rate: rate.exactOptional().describe('Such as `500/s`. Default: as fast as the source takes them.'),
  ids: oneOfTexts('kind of ids', ['text', 'uuid', 'integer'])
    .exactOptional()
    .describe("`text` (the run's id and a number), `uuid` or `integer` (below 2^53). Default: text."),
  make: chosen<MakeFunction | MessageTemplate>(
    (value) =>
      typeof value === 'function'
        ? z.any()
        : typeof value === 'object' && value !== null
          ? template
          : templateForm,
    template,
  )
    .exactOptional()
    .describe(
      'A function in a `.ts` file, or a template with `{id}`, `{sequence}`, `{run}`, `{pick:a|b}` and `{integer:1..9}` in its texts.',
    ),
});

const destination = (side: 'record' | 'row') => ({
  id: place(`${side}Id`)
    .exactOptional()
    .describe(
      "Where the message's id is. Default: in topics where the messages have it, in the lines of programs `id`. Rows and files need it.",
    ),
  from: simpleName
    .exactOptional()
    .describe(
      'What feeds it: a hop before it, or `source`. Default: the hop before it, and for sinks the last hop.',
    ),
  group: groupName
    .exactOptional()
    .describe('The consumer group that feeds it: its commits say how far it has come.'),
  category: place(side).exactOptional().describe('Where its category is.'),
  categoryMap: records(filledText, filledText)
    .exactOptional()
    .describe('How categories are written there: `{ paid: "PAID" }`.'),
  compare: records(place('compared'), place(side))
    .exactOptional()
    .describe("Values that must agree: from the message's place to the place there."),
  deadLetters: z
    .boolean({ error: 'neither true nor false.' })
    .exactOptional()
    .describe('It takes the messages that could not be handled.'),
});

const hop = named({
  topic: topicName.describe('A topic, which nodrop makes if it is not there.'),
  partitions: partitions.exactOptional().describe('Its partitions, if nodrop makes the topic. Default: 3.'),
  ...destination('record'),
});

const sinkKinds = {
  topic: hop,
  database: named({
    database: databaseLocation.describe(
      'postgres://…, mysql://…, sqlite:PATH, or env:VARIABLE that holds one.',
    ),
    query: filledText
      .exactOptional()
      .describe('The rows: a SELECT. Exactly one of `query` and `table` is given.'),
    table: filledText.exactOptional().describe('The rows: a table or a view.'),
    ...destination('row'),
  }),
  file: named({
    file: filledText.describe(
      "A path or a pattern, counted from the config's folder: JSON Lines, CSV or Parquet.",
    ),
    ...destination('row'),
  }),
  command: named({
    command: filledText.describe('A line for `/bin/sh`. It prints lines of the history form.'),
    ...destination('row'),
  }),
};

export const pipeline = named({
  source: kinds('source', sourceKinds).describe('Where nodrop hands the messages over.'),
  messages: messages.exactOptional().describe('The messages that nodrop makes.'),
  hops: records(simpleName, hop).exactOptional().describe('Topics between source and sinks, in their order.'),
  sinks: records(simpleName, kinds('sink', sinkKinds)).describe('Where the messages are to arrive.'),
  expect: chosen<ExpectFunction | readonly ExpectRule[]>(
    (value) => (typeof value === 'function' ? z.any() : expectRules),
    expectRules,
  )
    .exactOptional()
    .describe(
      'A function in a `.ts` file, or rules of which the first that fits decides. Default: each message once at each hop and sink.',
    ),
  category: place('message')
    .exactOptional()
    .describe("Where a message's category is. Without it, categories are not judged."),
  settle: duration
    .exactOptional()
    .describe('How long a sink may lag behind the commits of its consumer. Default: 5s.'),
  timeout: duration
    .exactOptional()
    .describe('Limit of the time without progress, and of the wait until all has drained. Default: 60s.'),
});
