/** Every kill window: whatever is struck, at each point, on both stores, the run ends in a pass. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { pointNames, type PointName } from '../../src/pipeline/stage/failpoints.ts';
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
  /** At the points where something came twice. */
  outcomes?: Partial<Record<PointName, Outcome>>;
}

const windows: Window[] = [
  {
    name: 'consumer killed, sqlite',
    strike: () => kill,
    struck: () => sqlite,
    outcomes: { 'before-store-commit': passAfterRedelivery },
  },
  {
    name: 'consumer killed, postgres',
    strike: () => kill,
    struck: () => postgres.direct,
    outcomes: { 'before-store-commit': passAfterRedelivery },
  },
  {
    name: 'consumer suspended, sqlite',
    strike: () => suspend,
    struck: () => sqlite,
    outcomes: { 'after-fetch': passAfterRefusal },
  },
  {
    name: 'consumer suspended, postgres',
    strike: () => suspend,
    struck: () => postgres.direct,
    // Its session is ended by whoever claims next, so that it never learns what became of its commit.
    outcomes: { 'after-fetch': passAfterRefusal, 'before-store-commit': passAfterRedelivery },
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

describe.each(pointNames)('%s', (point) => {
  test.each(windows)('$name', async ({ strike, struck, outcomes = {} }) => {
    const result = await strikeAt(point, strike(), struck(), inject('bootstrapServers'));
    expect(outcomeOf(result)).toEqual(outcomes[point] ?? pass);
  });
});
