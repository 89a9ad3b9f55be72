/** Every kill window: each kind of strike, at each point, on both stores. Each run passes. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { consumerPoints, type PointName } from '../../src/pipeline/stage/failpoints.ts';
import {
  cutCommit,
  cutSocket,
  kill,
  outcomeOf,
  pass,
  passAfterRedelivery,
  passAfterRefusal,
  sqlite,
  stopDatabase,
  strikeAt,
  StruckPostgres,
  suspend,
  type Outcome,
  type Strike,
  type Struck,
} from '../fixtures/kill-windows.ts';

let postgres: StruckPostgres;
beforeAll(async () => {
  postgres = await StruckPostgres.start();
});
afterAll(() => postgres.stop());

interface Window {
  name: string;
  strike: () => Strike;
  struck: () => Struck;
  /** The right outcomes at points where others than `pass` are possible. */
  outcomes?: Partial<Record<PointName, readonly Outcome[]>>;
}

const windows: Window[] = [
  {
    name: 'consumer killed, sqlite',
    strike: () => kill,
    struck: () => sqlite,
    outcomes: { 'before-store-commit': [passAfterRedelivery] },
  },
  {
    name: 'consumer killed, postgres',
    strike: () => kill,
    struck: () => postgres.direct,
    outcomes: { 'before-store-commit': [passAfterRedelivery] },
  },
  {
    name: 'consumer suspended, sqlite',
    strike: () => suspend,
    struck: () => sqlite,
    // The other one waits for the lock of the file. It claims the partitions before this consumer's next write, or after.
    outcomes: { 'after-fetch': [passAfterRefusal], 'before-store-commit': [pass, passAfterRefusal] },
  },
  {
    name: 'consumer suspended, postgres',
    strike: () => suspend,
    struck: () => postgres.direct,
    // The next owner ends the session of this consumer, which therefore never learns the outcome of its commit.
    outcomes: { 'after-fetch': [passAfterRefusal], 'before-store-commit': [passAfterRedelivery] },
  },
  { name: 'database stopped', strike: () => stopDatabase(postgres.server), struck: () => postgres.direct },
  { name: 'socket cut', strike: () => cutSocket(postgres.proxy), struck: () => postgres.proxied },
  {
    name: 'socket cut before COMMIT',
    strike: () => cutCommit(postgres.proxy, 'before'),
    struck: () => postgres.proxied,
  },
  {
    name: 'socket cut after COMMIT',
    strike: () => cutCommit(postgres.proxy, 'after'),
    struck: () => postgres.proxied,
  },
];

describe.each(consumerPoints)('with the consumer protocol, a run passes after a strike at %s', (point) => {
  // The others leave the group alone.
  const ofGroups = windows.filter(({ name }) => name.startsWith('consumer '));
  test.each(ofGroups)('$name', async ({ strike, struck, outcomes = {} }) => {
    const result = await strikeAt(point, strike(), struck(), inject('bootstrapServers'), 'consumer');
    // A consumer that resumes may learn that it is out of the group before it writes: then nothing is refused.
    const right = outcomes[point]?.includes(passAfterRefusal) ? [pass, passAfterRefusal] : outcomes[point];
    expect(right ?? [pass]).toContainEqual(outcomeOf(result));
  });
});

describe.each(consumerPoints)('a run passes after a strike at %s', (point) => {
  test.each(windows)('$name', async ({ strike, struck, outcomes = {} }) => {
    const result = await strikeAt(point, strike(), struck(), inject('bootstrapServers'));
    expect(outcomes[point] ?? [pass]).toContainEqual(outcomeOf(result));
  });
});
