/** Edits of the JSON files in a run's folder, and the audit results that are allowed if the seal is made again. */
import type { AllowedName } from './truth.ts';

export interface JsonEdit {
  file: 'run.json' | 'log.json' | 'consumer.json';
  /** The path in the document. */
  at: readonly (string | number)[];
  /** The new value; if undefined, the field is removed, unless `plus` is added to it. */
  to?: unknown;
  plus?: number;
  allowed: AllowedName;
}

type Edit = Omit<JsonEdit, 'file' | 'allowed'>;

const set = (path: string, ...values: unknown[]): Edit[] => values.map((to) => ({ at: keysOf(path), to }));
const add = (path: string, ...values: number[]): Edit[] => values.map((plus) => ({ at: keysOf(path), plus }));
const gone = (...paths: string[]): Edit[] => paths.map((path) => ({ at: keysOf(path) }));
const keysOf = (path: string): (string | number)[] =>
  path.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key));

const of = (file: JsonEdit['file'], allowed: AllowedName, ...edits: Edit[][]): JsonEdit[] =>
  edits.flat().map((edit) => ({ file, allowed, ...edit }));

const noCount = [-1, 0.5, 1e308, '7', null, [], {}];

export const jsonEdits: readonly JsonEdit[] = [
  // Plans that contradict the ledgers.
  ...of(
    'run.json',
    'doubt',
    add('producers.p0', -1, -20, 1, 1000),
    set('producers.p0', 0, 1e15, 2 ** 53 - 1, ...noCount),
    gone('producers.p1', 'producers'),
    set('producers.p2', 0, 5),
    set('producers.p1', 0),
    set('producers', {}, null, []),
    set('producers.q', 3),
    set('producers.p1000000', 3),
  ),
  // Impossible values.
  ...of(
    'run.json',
    'doubt',
    set('schema', 2, '1', null),
    set('payloadBytes', 0, 1, 2e9, 2 ** 53 - 1, ...noCount),
    set('seed', ...noCount),
    set('states', [], {}, null, [{ name: 'failed', weight: 0 }], [{ name: 'failed' }], [{ weight: 1 }]),
    set('base', null, []),
    set('base.0', ...noCount),
    set('createdAt', ...noCount),
    gone('id', 'topicId', 'states', 'seed', 'base'),
  ),
  // Another workload or another run: these must not pass.
  ...of(
    'run.json',
    'noPass',
    set('seed', 2, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1),
    set('payloadBytes', 150, 201, 100_000),
    set('id', 'another', ''),
    set('topicId', '', 'other-0000-4000-8000-000000000000'),
    set('stateField', 'status.code'),
    set('stateHeader', 'state'),
    set('states.0.weight', 2, 2 ** 31, 2 ** 53 - 1),
    set('states.0.name', 'rejected', 'completed', '', 'a'.repeat(5000)),
    set('states', [{ name: 'failed', weight: 1 }]),
  ),
  // Fields on which no verdict rests.
  ...of(
    'run.json',
    'passOrDoubt',
    set('batchSize', 0, 1, 2 ** 53 - 1),
    set('createdAt', 0, 1, 2 ** 53 - 1),
    set('group', '', 'g'),
    set('topic', 'another'),
    set('bootstrapServers', '', 'example.invalid:1'),
    set('topicCreated', false),
    set('rate', 1),
    set('acks', '0', '1'),
    set('durationMs', 0, 1000),
    set('base.0', 0, 8, 20, 2 ** 53 - 1),
    set('base.1', 1, 2 ** 32),
    set('base.7', 5),
    gone('base.0'),
  ),
  // Ranges and counts that contradict the scan's records or the manifest.
  ...of(
    'log.json',
    'doubt',
    add('ranges.0.end', -1, -5),
    set('ranges.1.end', 0),
    add('ranges.1.start', 3),
    set('ranges.2.start', 1000),
    add('records', -1, 1),
    set('records', 0, 2 ** 53 - 1),
    gone('ranges.0', 'ranges', 'topicId', 'records', 'problems'),
    set('ranges', [], null),
    set('ranges.0.partition', 7, 2 ** 32, ...noCount),
    set('problems', ['nobody knows']),
    set('topic', 'another'),
    set('topicId', '', 'other-0000-4000-8000-000000000000'),
    set('schema', 2),
    set('ranges.0.end', ...noCount),
    set('commits.0', ...noCount),
  ),
  ...of(
    'log.json',
    'passOrDoubt',
    add('ranges.0.end', 1, 100),
    set('ranges.1.end', 2 ** 32, 2 ** 53 - 1),
    add('ranges.1.startAfter', 3),
    set('ranges.0.start', 0),
    add('ranges.2.lastStableOffset', -3, 1),
    set('ranges.2.lastStableOffset', 0),
    set('compacted', true),
    set('uncleanElection', true),
    gone('uncleanElection', 'commits', 'commits.0'),
    add('commits.0', -1, -10),
    set('commits.0', 0),
  ),
  ...of('log.json', 'overcommitted', add('commits.0', 1, 1000), set('commits.1', 2 ** 32, 2 ** 53 - 1)),
  ...of(
    'consumer.json',
    'passDoubtOrRefuse',
    set(
      'store',
      '',
      'x',
      'sqlite:',
      'sqlite:/',
      'sqlite:/nowhere/store.sqlite',
      'sqlite:relative',
      '/nowhere',
      'postgres://',
      'postgres://127.0.0.1:1/x',
      5,
      null,
      [],
      {},
      'mysql://x',
    ),
    gone('store', 'pid'),
    set('pid', -1, 0, 'x', null, 1e300),
  ),
];

/** Applies the edit to the text. */
export function editOf(text: string, { at, to, plus }: JsonEdit): { text: string; isChanged: boolean } {
  const document = JSON.parse(text) as Record<string | number, unknown>;
  const before = JSON.stringify(document);
  let parent = document;
  for (const key of at.slice(0, -1)) parent = parent[key] as typeof parent;
  const last = at.at(-1)!;
  if (plus !== undefined) parent[last] = (parent[last] as number) + plus;
  else if (to !== undefined) parent[last] = to;
  else if (Array.isArray(parent)) parent.splice(last as number, 1);
  else delete parent[last];
  const isChanged = JSON.stringify(document) !== before;
  return { text: isChanged ? JSON.stringify(document, null, 2) : text, isChanged };
}
