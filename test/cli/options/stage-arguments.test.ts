/** A run prints the options of a stage as arguments, and the stage parses them: the value must be the same there. */
import { Command } from 'commander';
import fc, { type Arbitrary } from 'fast-check';
import { expect, test } from 'vitest';
import { addCommands } from '../../../src/cli/commands/commands.ts';
import { argumentsOf, optionOf, type OptionEntry } from '../../../src/cli/options/option-entry.ts';
import { commandOptions } from '../../../src/cli/options/command-options.ts';
import type { OptionName, OptionValues } from '../../../src/cli/options/options.ts';
import { runOptions } from '../../../src/cli/options/run-options.ts';
import { runSettings } from '../../../src/cli/options/run-settings.ts';
import { consumeArguments, produceArguments } from '../../../src/cli/options/stage-arguments.ts';
import { messagesMax, payloadBytesMax } from '../../../src/run-folder/manifest.ts';

type Values = { [Name in OptionName]?: NonNullable<OptionValues[Name]> };

const integer = (min: number, max: number): Arbitrary<number> =>
  fc.oneof(fc.constantFrom(min, max), fc.integer({ min, max }));
const duration = fc.oneof(integer(1, 24 * 3_600_000), fc.constantFrom(1_000, 90_000, 60_000, 24 * 3_600_000));
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 16 }).filter((it) => !/\p{Cc}/u.test(it));
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}x$/);
const category = fc
  .record({ name, table: fc.stringMatching(/^[a-z][a-z0-9]{0,20}y$/) }, { requiredKeys: ['name'] })
  .map((each) => ({ ...each, name: `${each.name}, =:\\é${each.table ?? ''}` }));

/** The values that each option of a stage may have. */
const ranges: { [Name in keyof Values]: Arbitrary<Values[Name]> } = {
  messages: integer(1, messagesMax),
  duration,
  // The rate has at most six decimal places: more are refused.
  rate: integer(1, 10_000_000_000_000).map((millionths) => millionths / 1_000_000),
  batchSize: integer(1, 100_000),
  payloadBytes: integer(1, payloadBytesMax),
  partitions: integer(1, 10_000),
  producers: integer(1, 64),
  producer: integer(0, 63),
  consumers: integer(1, 64),
  states: fc.uniqueArray(
    fc.tuple(category, integer(1, 1_000_000)).map(([each, weight]) => ({ ...each, weight })),
    { minLength: 1, maxLength: 64, selector: ({ name, table = name }) => table },
  ),
  stateField: fc
    .array(text, { minLength: 1, maxLength: 3 })
    .map((names) => names.map((name) => name.replaceAll('.', '-')).join('.')),
  stateHeader: text.filter((header) => !header.startsWith('nodrop-')),
  other: category,
  registryFraming: fc.constant('json' as const),
  seed: integer(0, 2 ** 32 - 1),
  run: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/),
  topic: fc.stringMatching(/^[A-Za-z0-9._-]{3,40}$/),
  group: fc.stringMatching(/^[!-~é]([ -~é]{0,20}[!-~é])?$/),
  store: fc.oneof(
    // A path with a line separator, such as U+2028, is refused.
    text.map((path) => `sqlite:/${path.replaceAll(/[/.\r\n\u2028\u2029]/g, '')}x`),
    fc.constant('postgres://somebody@localhost/orders?schema=mine'),
  ),
  dir: text,
  commandConfig: text,
  setting: fc.array(text, { minLength: 1, maxLength: 3 }),
  timeout: duration,
  storeTimeout: duration,
  untilDrained: fc.constant(true),
  skipRemoved: fc.constant(true),
  quiet: fc.constant(true),
};

const entries: [string, OptionEntry][] = Object.entries({ ...runOptions, ...commandOptions });
const ofStages = Object.entries<OptionEntry>(runOptions).filter(([, { stages }]) => stages !== undefined);

test('the key of each option is the name of its flag', () => {
  expect(entries.map(([, entry]) => optionOf(entry).attributeName())).toEqual(entries.map(([name]) => name));
});

test('every option of a stage has a range of values in this test', () => {
  expect(ofStages.map(([name]) => name).sort()).toEqual(Object.keys(ranges).sort());
});

test.each(ofStages)('option %s is printed as an argument that parses to the same value', (name, entry) => {
  fc.assert(
    fc.property(ranges[name as keyof typeof ranges] as Arbitrary<unknown>, (value) => {
      const command = new Command().addOption(optionOf(entry));
      command.parse(argumentsOf(entry, value), { from: 'user' });
      expect(command.opts()[name]).toEqual(value);
    }),
  );
});

/** Parses the arguments of a stage with the options of its command. */
function readBy([stage, ...args]: readonly string[]): { values: Partial<OptionValues>; unknown: string[] } {
  const program = new Command();
  addCommands(program, new AbortController().signal);
  const command = program.commands.find((each) => each.name() === stage)!;
  const { operands, unknown } = command.parseOptions(args);
  return { values: command.opts(), unknown: [...operands, ...unknown] };
}

const given = {
  batchSize: 7,
  partitions: 5,
  payloadBytes: 300,
  states: [
    { name: 'open', weight: 2 },
    { name: 'paid', weight: 1 },
  ],
  stateField: 'status.code',
  other: { name: 'rest' },
  setting: ['acks=all', 'linger.ms=5'],
  dir: 'some/where',
  timeout: 61_000,
  storeTimeout: 90_000,
};

const values = (more: Partial<OptionValues>): OptionValues =>
  ({ ...readBy(['run']).values, ...given, ...more }) as OptionValues;

test('a producer accepts all arguments from its run, with the seed, run id and topic that the run chose', () => {
  const settings = runSettings(values({ producers: 3, messages: 60 }));
  const { values: read, unknown } = readBy(produceArguments(settings, 2));
  expect(unknown).toEqual([]);
  const { other: _, storeTimeout: __, ...rest } = given;
  expect(read).toEqual({
    ...rest,
    messages: 60,
    producers: 3,
    producer: 2,
    seed: settings.seed,
    run: settings.folder.id,
    topic: `nodrop-${settings.folder.id}`,
    quiet: true,
  });
});

test('a producer gets either a number of messages or a duration', () => {
  const read = (more: Partial<OptionValues>): string[] =>
    produceArguments(runSettings(values(more)), 0).filter((arg) => /^--(messages|duration|rate)/.test(arg));
  expect(read({ messages: 60 })).toEqual(['--messages=60']);
  expect(read({ duration: 90_000 })).toEqual(['--duration=90s']);
  expect(read({ duration: 90_000, rate: 0.5 })).toEqual(['--messages=45', '--rate=0.5']);
});

test('a consumer accepts all arguments from its run, with --consumers=1', () => {
  const { folder } = runSettings(values({}));
  const { values: read, unknown } = readBy(
    consumeArguments(values({ consumers: 3, untilDrained: true }), folder, { settings: {}, index: 0 }),
  );
  expect(unknown).toEqual([]);
  const { batchSize: _, partitions: __, payloadBytes: ___, ...rest } = given;
  expect(read).toEqual({
    ...rest,
    consumers: 1,
    store: folder.store,
    run: folder.id,
    topic: `nodrop-${folder.id}`,
    untilDrained: true,
    quiet: true,
  });
});
