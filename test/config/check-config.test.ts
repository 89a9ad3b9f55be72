/** Each error of a config names the path, the value and what it takes. */
import { expect, test } from 'vitest';
import { checkConfig } from '../../src/config/check-config.ts';
import { OperationalError } from '../../src/errors.ts';

const pipeline = {
  source: { topic: 'orders' },
  sinks: { table: { database: 'sqlite:orders.db', table: 'orders', id: 'column:id' } },
};
const withPipeline = (more: object): object => ({ pipelines: { orders: { ...pipeline, ...more } } });
const withSink = (more: object): object =>
  withPipeline({ sinks: { table: { ...pipeline.sinks.table, ...more } } });

/** The errors of a config, each as a line. */
async function errorsOf(config: unknown): Promise<string[]> {
  try {
    await checkConfig(config, 'c.yaml');
  } catch (error) {
    if (!(error instanceof OperationalError) || error.exitCode !== 64) throw error;
    return error.hint === undefined ? [error.message.replace('c.yaml: ', '')] : error.hint.split('\n');
  }
  return [];
}

test('a config with all that can stand in it is right', async () => {
  const config = {
    kafka: {
      brokers: 3,
      version: '4.4.0',
      properties: { 'log.segment.bytes': '1048576' },
      advertise: 'host.docker.internal',
    },
    processes: {
      a: {
        command: 'true',
        cwd: 'app',
        env: { KAFKA: '{bootstrapServers}' },
        count: 2,
        ready: { url: 'http://127.0.0.1:1/', within: '5s' },
      },
      b: {
        command: ['true', 'x'],
        ready: { stdout: 'started in \\d+' },
        stop: { signal: 'SIGINT', within: '10s' },
      },
      c: { command: 'true', ready: { port: 8080 } },
      d: { command: 'true', ready: { group: 'orders' } },
    },
    pipelines: {
      kafka: {
        source: { topic: 'in', partitions: 6, settings: { acks: 'all' } },
        messages: {
          count: 5,
          rate: '0.5/s',
          ids: 'uuid',
          make: { key: '{id}', headers: { h: 'x' }, value: { n: '{integer:-5..9}' } },
        },
        hops: {
          one: { topic: 'one', partitions: 3, id: 'header:h', group: 'g' },
          two: { topic: 'two', id: 'json:a.b', from: 'one' },
          three: { topic: 'three', from: 'source' },
        },
        sinks: {
          table: {
            database: 'env:DATABASE_URL',
            query: 'select 1',
            id: 'columns:p,o',
            from: 'two',
            category: 'column:c',
            categoryMap: { paid: 'PAID' },
            compare: { 'json:amount': 'column:amount', digest: 'column:digest' },
          },
          file: { file: 'out/*.jsonl', id: 'json:id' },
          told: { command: 'cat rows' },
          dlt: { topic: 'dlt', id: 'position', deadLetters: true },
        },
        category: 'json:state',
        expect: [
          { when: { 'json:test': 'true', key: 'x' }, dropped: 'tests' },
          { when: { 'header:h': 'bad' }, deadLettered: 'bad' },
          {
            at: {
              table: 'once',
              file: { times: 2 },
              told: { each: ['a'] },
              one: { latest: { key: 'key', version: 'json:v' } },
              two: {
                balances: {
                  by: 'json:a',
                  count: 'column:n',
                  sum: ['json:x', 'column:x'],
                  fingerprint: 'column:f',
                },
              },
            },
          },
        ],
        settle: '5s',
        timeout: '2m',
      },
      http: {
        ...pipeline,
        source: {
          http: 'https://a.b/c',
          method: 'PUT',
          headers: { Authorization: 'env:TOKEN' },
          accepted: [202],
          concurrency: 4,
        },
      },
      command: {
        ...pipeline,
        source: {
          command: ['python3', 'source.py'],
          cwd: '.',
          env: { A: 'b' },
          workers: 2,
          protocol: 'nodrop',
        },
      },
      table: {
        ...pipeline,
        source: { database: 'mysql://a@b/c', table: 'outbox', batch: 10 },
        expect: () => ({ table: 'once' }),
      },
    },
    faults: ['kill-leader@5s+3s'],
    thresholds: ['acked.p99<30ms', 'acked.rate>100'],
  };
  expect(await errorsOf(config)).toEqual([]);
  expect(await checkConfig(config, 'c.yaml')).toEqual(config);
});

test.each<[config: unknown, error: string]>([
  [null, 'The config: null is no object. It takes kafka, processes, pipelines, faults, thresholds.'],
  [[], 'The config: this list is no object. It takes kafka, processes, pipelines, faults, thresholds.'],
  [{}, 'pipelines is missing. Write names, and after each its value.'],
  [{ pipelines: {} }, 'pipelines: There is none. Write one, with source and sinks.'],
  [{ ...withPipeline({}), pipeline: {} }, '"pipeline" is unknown. Did you mean pipelines?'],
  [
    withPipeline({ source: undefined }),
    'pipelines.orders.source is missing. Write an object with topic, http, command or database.',
  ],
  [withPipeline({ source: { topc: 'x' } }), 'Did you mean topic?'],
  [
    withPipeline({ source: { topic: 'x', http: 'http://a' } }),
    'source: this object is no source. Write one of topic, http.',
  ],
  [withPipeline({ source: { topic: 'a b' } }), 'source.topic: "a b" is no name of a topic.'],
  [
    withPipeline({ source: { http: 'ftp://x' } }),
    'source.http: this text is no address. Write http://HOST:PORT/PATH',
  ],
  [withPipeline({ source: { command: [] } }), 'source.command: this list is no command.'],
  [withPipeline({ source: { database: 'sqlite:x' } }), 'source.table is missing.'],
  [
    withPipeline({ messages: { rate: 500 } }),
    'messages.rate: 500 is no rate. Write messages a second, such as 500/s',
  ],
  [withPipeline({ messages: { rate: '0/s' } }), 'messages.rate: "0/s" is no rate.'],
  [
    withPipeline({ messages: { count: 0 } }),
    'messages.count: 0 is no number of messages. Write an integer from 1 to 100000000.',
  ],
  [withPipeline({ messages: { count: 1.5 } }), 'messages.count: 1.5 is no number of messages.'],
  [
    withPipeline({ messages: { ids: 'ulid' } }),
    'messages.ids: "ulid" is no kind of ids. Write text, uuid, integer.',
  ],
  [withPipeline({ messages: { make: 'x' } }), 'messages.make: "x" is no template.'],
  [
    withPipeline({ messages: { make: { key: '{idd}' } } }),
    'make.key: "{idd}" is no template. "idd" is unknown. Did you mean id?',
  ],
  [
    withPipeline({ messages: { make: { value: { a: ['{integer:9..1}'] } } } }),
    'make.value.a.0: "{integer:9..1}" is no template. {integer:1..9} needs',
  ],
  [
    withPipeline({ messages: { make: { headers: { a: '{id:x}' } } } }),
    'make.headers.a: this text is no template. It takes nothing behind a colon.',
  ],
  [
    withPipeline({ settle: '5 s' }),
    'pipelines.orders.settle: "5 s" is no duration. Write 500ms, 5s or 2m; up to 24 hours.',
  ],
  [withPipeline({ settle: '0s' }), 'pipelines.orders.settle: "0s" is no duration.'],
  [withPipeline({ timeout: 5 }), 'pipelines.orders.timeout: 5 is no duration.'],
  [withPipeline({ sinks: {} }), 'pipelines.orders: It has neither hops nor sinks.'],
  [
    withPipeline({ sinks: { 'a b': pipeline.sinks.table } }),
    'pipelines.orders.sinks: "a b" is no name. Write up to 64 letters',
  ],
  [
    withPipeline({ sinks: { oneOf: pipeline.sinks.table } }),
    'pipelines.orders: A hop or a sink cannot be called oneOf',
  ],
  [
    withPipeline({ hops: { table: { topic: 'x' } } }),
    'pipelines.orders: A hop and a sink are both called table.',
  ],
  [withPipeline({ hops: { a: { topic: 'orders' } } }), 'hops.a.topic: orders is the topic of the source.'],
  [
    withPipeline({ hops: { a: { topic: 'a', from: 'b' }, b: { topic: 'b' } } }),
    'hops.a.from: "b" is neither the source nor a hop before it.',
  ],
  [
    withSink({ from: 'b' }),
    'sinks.table.from: "b" is neither the source nor a hop before it. It can be source.',
  ],
  [
    withSink({ id: 'colum:x' }),
    'sinks.table.id: "colum:x" is no place of a row\'s id. Write column:NAME, json:PATH or columns:',
  ],
  [withSink({ id: 'header:x' }), 'sinks.table.id: "header:x" is no place of a row\'s id.'],
  [
    withPipeline({ hops: { a: { topic: 'a', id: 'column:x' } } }),
    'hops.a.id: "column:x" is no place of a record\'s id. Write header:NAME',
  ],
  [withSink({ query: 'select 1' }), 'sinks.table: A database needs query or table, and not both.'],
  [withSink({ category: 'column:c' }), 'sinks.table.category: It needs pipelines.orders.category'],
  [withSink({ categoryMap: { a: 'b' } }), 'sinks.table.categoryMap: It needs category'],
  [withPipeline({ category: 'json:c' }), 'pipelines.orders.category: No hop and no sink has a category'],
  [
    withSink({ compare: { 'column:a': 'column:a' } }),
    'sinks.table.compare: "column:a" is no place of a message.',
  ],
  [withSink({ deadLetters: 'yes' }), 'sinks.table.deadLetters: "yes" is neither true nor false.'],
  [withPipeline({ expect: 'once' }), 'pipelines.orders.expect: "once" is no list of rules.'],
  [
    withPipeline({ expect: [{ at: { tabel: 'once' } }] }),
    'expect.0.at: "tabel" is neither a hop nor a sink. Did you mean table?',
  ],
  [
    withPipeline({ expect: [{ at: { table: 'onc' } }] }),
    'expect.0.at.table: "onc" is no rule. Write once, at-least-once',
  ],
  [withPipeline({ expect: [{ at: {} }] }), 'expect.0.at: It names no hop and no sink.'],
  [
    withPipeline({ expect: [{ dropped: 'a' }, { at: { table: 'once' } }] }),
    'expect.1: It never decides: rule 0 fits all messages.',
  ],
  [withPipeline({ expect: [{ deadLettered: 'a' }] }), 'expect.0: No hop and no sink takes dead letters.'],
  [
    withPipeline({ expect: [{ when: { 'json:test': true }, dropped: 'a' }] }),
    'expect.0.when.json:test: true is no text. Write a text, in quotes',
  ],
  [
    withPipeline({ source: { command: 'x', protocol: 'verifiable-producer' }, messages: { make: {} } }),
    'messages.make: With protocol verifiable-producer',
  ],
  [
    { ...withPipeline({}), kafka: { brokers: 3, bootstrapServers: 'a:1' } },
    'kafka: brokers is for a Kafka that nodrop starts, and bootstrapServers names',
  ],
  [{ ...withPipeline({}), kafka: { commandConfig: 'x' } }, 'kafka: commandConfig needs bootstrapServers'],
  [
    { ...withPipeline({}), kafka: { bootstrapServers: 'localhost' } },
    'kafka.bootstrapServers: "localhost" is no address. Write HOST:PORT',
  ],
  [
    { ...withPipeline({}), kafka: { version: '1.0.0' } },
    'kafka.version: "1.0.0" is no version that nodrop can start. Write 4.4.0',
  ],
  [
    { ...withPipeline({}), processes: { w: { command: 'x', ready: {} } } },
    'processes.w.ready: this object is no readiness test. It needs url, stdout, port or group.',
  ],
  [
    { ...withPipeline({}), processes: { w: { command: 'x', ready: { url: 'http://a', port: 1 } } } },
    'processes.w.ready: this object is no readiness test. Write one of url, port.',
  ],
  [
    { ...withPipeline({}), processes: { w: { command: 'x', ready: { stdout: '(' } } } },
    'processes.w.ready.stdout: "(" is no regular expression.',
  ],
  [
    { ...withPipeline({}), processes: { w: { command: '' } } },
    'processes.w.command: "" is no command. Write a line for the shell',
  ],
  [
    { ...withPipeline({}), processes: { w: { command: 'x', stop: { signal: 'SIGKILL' } } } },
    'processes.w.stop.signal: "SIGKILL" is no signal. Write SIGTERM',
  ],
  [
    { ...withPipeline({}), faults: ['kill-lader@5s'] },
    "faults.0: kill-lader@5s: there is no fault 'kill-lader'.",
  ],
  [{ ...withPipeline({}), faults: ['kill-leader'] }, 'faults.0: takes NAME[:WHERE[=VALUE]]@WHEN'],
  [
    { ...withPipeline({}), thresholds: ['stored.p98<1s'] },
    "thresholds.0: 'stored.p98<1s': there is no metric stored.p98.",
  ],
  [
    { ...withPipeline({}), thresholds: ['stored.p99<1s'] },
    "thresholds.0: stored.p99<1s: when a message was stored is not measured in a run of a user's pipeline.",
  ],
])('%j is refused with %s', async (config, error) => {
  expect(await errorsOf(config)).toEqual([expect.stringContaining(error)]);
});

test('a database without query and table is refused', async () => {
  const sinks = { table: { database: 'sqlite:orders.db', id: 'column:id' } };
  expect(await errorsOf(withPipeline({ sinks }))).toEqual([
    'pipelines.orders.sinks.table: A database needs query or table, and not both.',
  ]);
});

test('rows and files without an id are refused', async () => {
  const sinks = {
    table: { database: 'sqlite:a', table: 'a' },
    file: { file: 'a.csv' },
    rows: { command: 'a' },
  };
  const missing = 'It is missing. Write where a row has the id of its message: column:NAME or json:PATH.';
  expect(await errorsOf(withPipeline({ sinks }))).toEqual([
    `pipelines.orders.sinks.table.id: ${missing}`,
    `pipelines.orders.sinks.file.id: ${missing}`,
  ]);
});

test('a template that holds itself is refused', async () => {
  const value: unknown[] = [];
  value.push(value);
  const [error] = await errorsOf(withPipeline({ messages: { make: { value } } }));
  expect(error).toContain('no template. It is nested more than 100 deep.');
});

test('several errors come at once, ten at most', async () => {
  const [first, ...others] = await errorsOf({
    pipelines: { a: {}, b: {} },
    processes: Object.fromEntries('abcdefghij'.split('').map((name) => [name, {}])),
  });
  expect(first).toBe(
    'processes.a.command is missing. Write a line for the shell, or a list of the program and its arguments.',
  );
  expect(others).toHaveLength(10);
  expect(others.at(-1)).toBe('and 4 more');
});

test('an error repeats no text that may be a secret, and nothing that a terminal obeys', async () => {
  const secret = 'hunter2';
  const errors = await errorsOf({
    pipelines: {
      a: {
        source: { http: `htp://me:${secret}@a` },
        sinks: { b: { database: `postgrs://me:${secret}@a` }, 'c\u001b[31m': {} },
      },
    },
    processes: { w: { command: 'x', env: { PGPASSWORD: 12345 } } },
  });
  expect(errors.join('\n')).toContain('processes.w.env.PGPASSWORD: this number is no text.');
  expect(errors).toHaveLength(4);
  expect(errors.join('\n')).not.toMatch(/hunter2|12345|\u001b/);
});
