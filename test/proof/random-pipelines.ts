/** Random small pipelines: a chain of hops with sinks at any of them, and what became of some messages. */
import fc from 'fast-check';
import type { Expectation, PipelineConfig, Rule } from '../../src/config/config.ts';
import type { MadeMessage, MadePipeline, MadeRow } from './made-pipeline.ts';

const values = fc.constantFrom('1', '2');
const categories = fc.constantFrom('open', 'paid');

const destination = {
  id: 'json:id',
  category: 'json:category',
  compare: { 'json:value': 'json:value' },
};

interface Shape {
  isTopic: boolean;
  hops: number;
  /** By sink: the hop that feeds it; 0 for the source. */
  sinks: readonly number[];
  hasLetters: boolean;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  isTopic: fc.boolean(),
  hops: fc.nat(2),
  sinks: fc.array(fc.nat(2), { minLength: 1, maxLength: 2 }),
  hasLetters: fc.boolean(),
});

function pipelineOf({ isTopic, hops, sinks, hasLetters }: Shape): PipelineConfig {
  const from = (hop: number): { from?: string } => {
    const index = Math.min(hop, hops);
    if (index > 0) return { from: `hop${index}` };
    return isTopic ? { from: 'source' } : hops > 0 ? { from: 'hop1' } : {};
  };
  return {
    source: isTopic ? { topic: 'in', ...destination } : { http: 'http://127.0.0.1:1' },
    category: 'json:category',
    hops: Object.fromEntries(
      Array.from({ length: hops }, (_, hop) => [`hop${hop + 1}`, { topic: `t${hop + 1}`, ...destination }]),
    ),
    sinks: {
      ...Object.fromEntries(
        sinks.map((hop, sink) => [
          `sink${sink + 1}`,
          { topic: `s${sink + 1}`, ...destination, ...from(hop) },
        ]),
      ),
      ...(hasLetters && { letters: { topic: 'dlt', ...destination, deadLetters: true } }),
    },
  };
}

const namesOf = ({ hops = {}, sinks }: PipelineConfig): string[] => [
  ...Object.keys(hops),
  ...Object.keys(sinks).filter((name) => name !== 'letters'),
];

/** Of one destination, either all messages are expected once or several times, or all at least once. */
const expectationOf = (
  id: string,
  names: readonly string[],
  loose: ReadonlySet<string>,
): fc.Arbitrary<Expectation | undefined> => {
  const ruleAt = (name: string): fc.Arbitrary<Rule | undefined> =>
    loose.has(name)
      ? fc.constant('at-least-once')
      : fc.oneof(
          { weight: 8, arbitrary: fc.constant<Rule>('once') },
          { weight: 2, arbitrary: fc.nat(3).map((times): Rule => ({ times })) },
          {
            weight: 2,
            arbitrary: fc.subarray([`${id}/a`, `${id}/b`, `${id}/b`, id]).map((each): Rule => ({ each })),
          },
          { weight: 1, arbitrary: fc.constant(undefined) },
        );
  const at = fc
    .tuple(...names.map((name) => ruleAt(name).map((rule) => [name, rule] as const)))
    .map((rules): Expectation => ({
      at: Object.fromEntries(rules.filter(([, rule]) => rule !== undefined)) as Record<string, Rule>,
    }));
  const others: { weight: number; arbitrary: fc.Arbitrary<Expectation | undefined> }[] = [
    { weight: 1, arbitrary: fc.constant({ dropped: 'test' }) },
    { weight: 1, arbitrary: fc.constant({ deadLettered: 'bad' }) },
  ];
  if (loose.size > 0) return fc.oneof({ weight: 5, arbitrary: at }, ...others);
  const among = names.slice(-2);
  return fc.oneof(
    { weight: 4, arbitrary: at },
    { weight: 5, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: fc.constantFrom(...among).map((oneOf) => ({ oneOf, among })) },
    ...others,
  );
};

const outcome = fc.constantFrom<MadeMessage['outcome']>(
  'acked',
  'acked',
  'acked',
  'acked',
  'unknown',
  'unknown',
  'rejected',
  'unsent',
);

/** What a destination would have if all were right, and how often something goes wrong there. */
function rightRows(name: string, messages: readonly MadeMessage[], upTo: ReadonlySet<string>): MadeRow[] {
  return messages.flatMap(({ id, value, expectation }): MadeRow[] => {
    if (!upTo.has(id)) return [];
    const row = (own = id): MadeRow => ({
      'json:id': own,
      'json:category': value!.category!,
      'json:value': value!.value!,
    });
    if (name === 'source') return [row()];
    if (expectation === undefined) return name === 'letters' ? [] : [row()];
    if ('dropped' in expectation) return [];
    if ('deadLettered' in expectation) return name === 'letters' ? [row()] : [];
    if ('oneOf' in expectation) {
      const isHere = expectation.oneOf === name || (!expectation.among.includes(name) && name !== 'letters');
      return isHere ? [row()] : [];
    }
    const rule = expectation.at[name];
    if (rule === undefined) return [];
    if (typeof rule === 'string') return [row()];
    if ('times' in rule) return Array.from({ length: rule.times }, () => row());
    return 'each' in rule ? rule.each.map(row) : [];
  });
}

/** Defects of the rows of one destination, by their numbers. */
const defects = fc.array(
  fc.record({
    what: fc.constantFrom('lose', 'lose', 'double', 'change', 'move', 'phantom', 'add'),
    which: fc.nat(40),
    value: values,
    category: categories,
  }),
  { maxLength: 3 },
);
type Defect = typeof defects extends fc.Arbitrary<infer Each> ? Each : never;

function damaged(rows: readonly MadeRow[], found: Defect, messages: readonly MadeMessage[]): MadeRow[] {
  const left = [...rows];
  for (const { what, which, value, category } of found) {
    const at = left.length === 0 ? -1 : which % left.length;
    const strange = { 'json:category': category, 'json:value': value };
    if (what === 'phantom') left.push({ 'json:id': `ghost-${which % 2}`, ...strange });
    else if (what === 'add' && messages.length > 0)
      left.push({ 'json:id': messages[which % messages.length]!.id, ...strange });
    else if (at < 0) continue;
    else if (what === 'lose') left.splice(at, 1);
    else if (what === 'double') left.push(left[at]!);
    else if (what === 'change') left[at] = { ...left[at]!, 'json:value': value };
    else if (what === 'move') left[at] = { ...left[at]!, 'json:category': category };
  }
  return left;
}

const withIds: fc.Arbitrary<MadePipeline> = shapes.chain((shape) => {
  const pipeline = pipelineOf(shape);
  const names = namesOf(pipeline);
  const everywhere = ['source', ...names, 'letters'];
  return fc
    .subarray(names)
    .chain((loose) => fc.constantFrom(new Set(loose), new Set<string>(), new Set<string>()))
    .chain((loose) =>
      fc.array(fc.tuple(outcome, values, categories), { minLength: 1, maxLength: 5 }).chain((kept) =>
        fc.tuple(...kept.map((_, index) => expectationOf(`m${index}`, names, loose))).map((expectations) =>
          kept.map(([end, value, category], index): MadeMessage => ({
            id: `m${index}`,
            outcome: end,
            value: { value, category },
            expectation: expectations[index],
          })),
        ),
      ),
    )
    .chain((messages) =>
      fc
        .record({
          // Of the messages whose outcome is unknown, these were sent.
          sent: fc.subarray(messages.filter(({ outcome: end }) => end === 'unknown').map(({ id }) => id)),
          defects: fc.array(defects, { minLength: everywhere.length, maxLength: everywhere.length }),
          carried: fc.boolean(),
          used: fc.subarray(everywhere, { maxLength: 1 }),
        })
        .map((found): MadePipeline => {
          const ids = new Set([
            ...messages.filter(({ outcome: end }) => end === 'acked').map(({ id }) => id),
            ...found.sent,
          ]);
          const looks: Record<string, MadeRow[][]> = {};
          // What is gone at one destination does not come to those after it, if defects are carried on.
          let left = ids;
          for (const [index, name] of everywhere.entries()) {
            const rows = damaged(rightRows(name, messages, left), found.defects[index]!, messages);
            looks[name] = [rows];
            if (!found.carried) continue;
            const there = new Set(rows.map((row) => row['json:id']!.split('/')[0]!));
            if (name.startsWith('hop') || (name === 'source' && shape.isTopic))
              left = new Set([...left].filter((id) => there.has(id)));
          }
          return { pipeline, messages, looks, used: found.used };
        }),
    );
});

/** The rows of a sink tell positions in place of ids, where a topic feeds it and has the same ids. */
function tellPositions(made: MadePipeline, sink: string): MadePipeline {
  const { pipeline, messages, looks } = made;
  const {
    topic: file,
    from,
    category,
    compare,
  } = pipeline.sinks[sink] as { topic: string } & PipelineConfig['sinks'][string];
  const isOfChildren = messages.some(({ expectation }) => {
    const rule = expectation !== undefined && 'at' in expectation ? expectation.at[sink] : undefined;
    return typeof rule === 'object' && 'each' in rule;
  });
  if (from === undefined || isOfChildren) return made;
  const records = looks[from]!.at(-1)!.map((row) => row['json:id']!);
  const seen = new Map<string, number>();
  const rows = looks[sink]!.at(-1)!.map(({ 'json:id': id, ...row }, index): MadeRow => {
    const offsets = records.flatMap((each, offset) => (each === id ? offset : []));
    const times = seen.get(id!) ?? 0;
    seen.set(id!, times + 1);
    // A record from nowhere stands beyond the end of the topic.
    const offset = offsets[times % offsets.length] ?? records.length + index;
    return { ...row, 'column:p': '0', 'column:o': String(offset) };
  });
  return {
    ...made,
    pipeline: {
      ...pipeline,
      sinks: {
        ...pipeline.sinks,
        [sink]: { file, id: 'columns:p,o', from, category: category!, compare: compare! },
      },
    },
    looks: { ...looks, [sink]: [rows] },
  };
}

export const randomPipelines: fc.Arbitrary<MadePipeline> = fc
  .tuple(withIds, fc.boolean())
  .map(([made, isByPosition]) => (isByPosition ? tellPositions(made, 'sink1') : made));
