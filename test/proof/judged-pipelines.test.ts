import { describe, expect, test } from 'vitest';
import type { Expectation, HopConfig, PipelineConfig } from '../../src/config/config.ts';
import { sentenceOf } from '../../src/report/text/verdict-sentence.ts';
import { judgePipeline, type MadeMessage, type MadePipeline, type MadeRow } from './made-pipeline.ts';

const message = (id: string, more: Partial<MadeMessage> = {}): MadeMessage => ({
  id,
  outcome: 'acked',
  value: {},
  expectation: undefined,
  ...more,
});

const rows = (...ids: string[]): MadeRow[] => ids.map((id) => ({ 'json:id': id }));

const topic = (name: string, more: Partial<HopConfig> = {}): HopConfig => ({
  topic: name,
  id: 'json:id',
  ...more,
});

/** From the source topic through one hop to a table. */
const chain = (table: Partial<PipelineConfig['sinks'][string]> = {}): PipelineConfig => ({
  source: { topic: 'in' },
  hops: { hop: topic('hop') },
  sinks: {
    table: {
      database: 'sqlite:db',
      table: 'rows',
      id: 'column:id',
      ...table,
    },
  },
});

async function judged(made: MadePipeline): Promise<{ verdict: string; found: string[] }> {
  const { result, found } = await judgePipeline(made);
  const lines = found.map(({ hop, kind, id, detail }) => [hop, kind, id, detail].filter(Boolean).join(' '));
  return { verdict: result.verdict, found: lines.sort() };
}

const columns = (...ids: string[]): MadeRow[] => ids.map((id) => ({ 'column:id': id }));

describe('a message that is expected several times', () => {
  const made = (...there: string[]): MadePipeline => ({
    pipeline: chain(),
    messages: [message('a', { expectation: { at: { hop: 'once', table: { times: 2 } } } }), message('b')],
    looks: { source: [rows('a', 'b')], hop: [rows('a', 'b')], table: [columns('b', ...there)] },
  });

  test('has that many rows, and is right', async () => {
    expect(await judged(made('a', 'a'))).toEqual({ verdict: 'pass', found: [] });
    const { result } = await judgePipeline(made('a', 'a'));
    expect(result.pipeline!.destinations.at(-1)).toMatchObject({ name: 'table', expected: 3, found: 3 });
    expect(sentenceOf(result)).toContain('are as the rules say, in hop and table');
  });

  test('is lost once if it has fewer, which says how many', async () => {
    expect(await judged(made('a'))).toEqual({ verdict: 'fail', found: ['table lost a 1 of 2 in table'] });
    expect(await judged(made())).toEqual({ verdict: 'fail', found: ['table lost a not in table'] });
  });

  test('is duplicated if it has more', async () => {
    expect(await judged(made('a', 'a', 'a'))).toEqual({
      verdict: 'fail',
      found: ['table duplicated a 3 instead of 2 in table'],
    });
  });

  test('is limited', async () => {
    const expectation: Expectation = { at: { hop: 'once', table: { times: 1_001 } } };
    await expect(judged({ ...made(), messages: [message('a', { expectation })] })).rejects.toThrow(
      'times(1001) at table is no integer from 0 to 1000',
    );
  });
});

describe('the newest of a key', () => {
  const latest: Expectation = {
    at: { hop: 'once', table: { latest: { key: 'json:key', version: 'json:v=column:v' } } },
  };
  const version = (id: string, v: string, more: Partial<MadeMessage> = {}): MadeMessage =>
    message(id, { value: { key: 'k', v }, expectation: latest, ...more });
  const made = (second: Partial<MadeMessage>, arrived: string[], row: string | undefined): MadePipeline => ({
    pipeline: chain(),
    messages: [version('a', '1'), version('b', '2', second)],
    looks: {
      source: [rows('a', ...arrived)],
      hop: [rows('a', ...arrived)],
      table: [row === undefined ? [] : [{ 'column:id': 'k', 'column:v': row }]],
    },
  });

  test('may be an older one if the newer was rejected, or perhaps never sent', async () => {
    expect(await judged(made({ outcome: 'rejected' }, [], '1'))).toEqual({ verdict: 'pass', found: [] });
    expect(await judged(made({ outcome: 'unknown' }, [], '1'))).toEqual({ verdict: 'pass', found: [] });
  });

  test('is missing if a hop before shows that it was sent', async () => {
    const stale = 'table stale k table has the row of an older one of its key';
    expect(await judged(made({ outcome: 'unknown' }, ['b'], '1'))).toEqual({
      verdict: 'fail',
      found: [stale],
    });
    expect(await judged(made({}, ['b'], '1'))).toEqual({ verdict: 'fail', found: [stale] });
  });

  test('is lost by the hop: the table is not blamed', async () => {
    const lost = { ...made({}, ['b'], '1'), looks: { ...made({}, ['b'], '1').looks, hop: [rows('a')] } };
    expect(await judged(lost)).toEqual({ verdict: 'fail', found: ['hop lost b not in hop'] });
  });

  test('was rejected, and its row is there', async () => {
    expect((await judged(made({ outcome: 'rejected' }, [], '2'))).found).toContain(
      'table rejected-but-written k in table',
    );
  });

  test('is none that a rule drops', async () => {
    const all = made({ expectation: { dropped: 'a test' } }, ['b'], '1');
    const dropped = { ...all, looks: { ...all.looks, hop: [rows('a')] } };
    expect(await judged(dropped)).toEqual({ verdict: 'pass', found: [] });
    const plain: Expectation = { at: { hop: 'once', table: { latest: { key: 'json:key' } } } };
    const unversioned = {
      ...dropped,
      messages: [version('a', '1', { expectation: plain }), dropped.messages[1]!],
    };
    expect(await judged(unversioned)).toEqual({ verdict: 'pass', found: [] });
  });
});

describe('a batch of children, of which one is there', () => {
  const each: Expectation = { at: { hop: 'once', table: { each: ['a/1', 'a/2'] } } };

  test('has lost the others, even if nothing else tells that their message was sent', async () => {
    const made: MadePipeline = {
      pipeline: { source: { http: 'http://127.0.0.1:1' }, sinks: chain().sinks },
      messages: [message('a', { outcome: 'unknown', expectation: each })],
      looks: { table: [columns('a/2')] },
    };
    expect(await judged(made)).toEqual({ verdict: 'fail', found: ['table lost a/1 not in table'] });
  });

  test('is charged once, at the hop that has lost their message', async () => {
    const made: MadePipeline = {
      pipeline: chain(),
      messages: [message('a', { expectation: each })],
      looks: { source: [rows('a')], hop: [[]], table: [[]] },
    };
    expect(await judged(made)).toEqual({ verdict: 'fail', found: ['hop lost a not in hop'] });
  });
});

test('older records that a topic still held make no phantoms after it', async () => {
  const made: MadePipeline = {
    pipeline: chain(),
    messages: [message('a')],
    looks: { source: [rows('a', 'old')], hop: [rows('a', 'old')], table: [columns('a', 'old')] },
  };
  expect((await judged(made)).verdict).toBe('fail');
  expect(await judged({ ...made, used: ['source'] })).toEqual({ verdict: 'pass', found: [] });
});

describe('rows that tell the position of their record', () => {
  const positions = (id = 'columns:p,o'): PipelineConfig => chain({ id });
  const at = (...offsets: number[]): MadeRow[] =>
    offsets.map((offset) => ({ 'column:p': '0', 'column:o': String(offset) }));
  const made = (there: MadeRow[], hop = ['b', 'a']): MadePipeline => ({
    pipeline: positions(),
    messages: [message('a'), message('b')],
    looks: { source: [rows('a', 'b')], hop: [rows(...hop)], table: [there] },
  });

  test('are rows of the messages that stand there', async () => {
    expect(await judged(made(at(0, 1)))).toEqual({ verdict: 'pass', found: [] });
  });

  test('name the messages that are missing, twice there, or from nowhere', async () => {
    expect(await judged(made(at(0)))).toEqual({ verdict: 'fail', found: ['table lost a not in table'] });
    expect(await judged(made(at(0, 1, 1)))).toEqual({
      verdict: 'fail',
      found: ['table duplicated a 2 rows in table'],
    });
    expect(await judged(made(at(0, 1, 7)))).toEqual({
      verdict: 'fail',
      found: ['table phantom 0:7 in table'],
    });
  });

  test('are not charged with what the topic has lost or doubled', async () => {
    expect(await judged(made(at(0), ['b']))).toEqual({ verdict: 'fail', found: ['hop lost a not in hop'] });
    const twice = await judged(made(at(0, 1, 2), ['b', 'a', 'a']));
    expect(twice).toEqual({ verdict: 'fail', found: ['hop duplicated a 2 rows in hop'] });
  });

  test('are refused where no topic has the positions, or where they do not tell which child a row is', async () => {
    const { sinks } = positions();
    const pipeline: PipelineConfig = { source: { http: 'http://127.0.0.1:1' }, sinks };
    await expect(judged({ ...made([]), pipeline })).rejects.toThrow('no topic feeds it');
    const expectation: Expectation = { at: { hop: 'once', table: { each: ['a/1'] } } };
    await expect(judged({ ...made([]), messages: [message('a', { expectation })] })).rejects.toThrow(
      'does not tell of which key or child',
    );
  });
});
