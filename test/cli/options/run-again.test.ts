/** The command that repeats a run: it has all options of the run, except those that may hold a secret. */
import { Command } from 'commander';
import { afterEach, expect, test } from 'vitest';
import { addOptions, type OptionName, type OptionValues } from '../../../src/cli/options/options.ts';
import { runAgain, type RunAgain } from '../../../src/cli/options/run-again.ts';
import { runSettings } from '../../../src/cli/options/run-settings.ts';

const names: OptionName[] = [
  ...(['messages', 'duration', 'rate', 'batchSize', 'states', 'stateField', 'stateHeader'] as const),
  ...(['payloadBytes', 'partitions', 'topic', 'seed', 'producers', 'threshold', 'allow', 'other'] as const),
  ...(['store', 'storePasswordFile', 'storeTimeout', 'consumers', 'run', 'dir', 'timeout', 'ui'] as const),
  ...(['bootstrapServer', 'commandConfig', 'setting', 'brokers', 'kafkaVersion', 'zookeeper'] as const),
  ...(['brokerProperty', 'keepOpen', 'reporter', 'json', 'quiet', 'color'] as const),
];

const valuesOf = (args: readonly string[]): OptionValues =>
  addOptions(new Command(), names).parse(args, { from: 'user' }).opts<OptionValues>();

function againOf(args: readonly string[], faults: readonly string[] = []): RunAgain {
  const values = valuesOf(args);
  // The settings of the file are not needed, so the file need not exist.
  const { commandConfig: _, ...rest } = values;
  return runAgain(values, runSettings(rest), faults);
}

afterEach(() => {
  delete process.env['NODROP_RATE'];
  delete process.env['NODROP_SABOTAGE'];
});

test('for a run without options, the command that repeats it has only the seed', () => {
  expect(againOf(['--seed=7'])).toEqual({ command: ['nodrop', 'run', '--seed=7'], leftOut: [] });
  expect(againOf([]).command.at(-1)).toMatch(/^--seed=\d+$/);
});

test('the command that repeats a run has its options, and those from the environment', () => {
  process.env['NODROP_RATE'] = '500';
  const args = [
    '--duration=90s',
    '--batch-size=10',
    '--states=failed=2,completed',
    '--seed=7',
    '--consumers=2',
    '--store=postgres://u@h/d',
    '--brokers=3',
    '--kafka-version=3.9.2',
    '--zookeeper',
    '--timeout=5s',
    '--broker-property=num.io.threads=2',
    '-X',
    'acks=1',
    '--allow=acks=1',
    '--threshold=stored.p99<30ms',
  ];
  const { command, leftOut } = againOf(args, ['kill-leader@5s+3s']);
  expect(command.slice(2)).toEqual([
    '--duration=90s',
    '--rate=500',
    '--batch-size=10',
    '--consumers=2',
    '--states=failed=2,completed',
    '--seed=7',
    '--store=postgres://u@h/d',
    '--brokers=3',
    '--kafka-version=3.9.2',
    '--zookeeper',
    '--broker-property=num.io.threads=2',
    '--setting=acks=1',
    '--timeout=5s',
    '--fault=kill-leader@5s+3s',
    '--threshold=stored.p99<30ms',
    '--allow=acks=1',
  ]);
  expect(leftOut).toEqual([]);
  // The settings stay the same: from this command, the same command is made again.
  expect(againOf(command.slice(2).filter((word) => !word.startsWith('--fault'))).command).toEqual(
    command.filter((word) => !word.startsWith('--fault')),
  );
});

test('the command that repeats a run with a planted defect plants it again', () => {
  process.env['NODROP_SABOTAGE'] = 'stall:100';
  expect(againOf(['--seed=7']).command).toEqual(['NODROP_SABOTAGE=stall:100', 'nodrop', 'run', '--seed=7']);
});

test('the command that repeats a run names options that may hold a secret as left out, and has no report options', () => {
  const args = [
    '--seed=7',
    '--run=mine',
    '--ui',
    '--keep-open',
    '--json',
    '--quiet',
    '--no-color',
    '--reporter=junit=a.xml',
    '--command-config=/home/me/client.properties',
    '--store-password-file=/home/me/pw',
    '--broker-property=ssl.keystore.password=hunter2',
    '--broker-property=delegation.token.secret.key=hunter2',
  ];
  const again = againOf(args);
  expect(again.command).toEqual(['nodrop', 'run', '--seed=7']);
  expect(again.leftOut).toEqual([
    '--command-config',
    '--store-password-file',
    '--broker-property ssl.keystore.password',
    '--broker-property delegation.token.secret.key',
  ]);
  expect(JSON.stringify(again)).not.toMatch(/hunter2|home/);
});
