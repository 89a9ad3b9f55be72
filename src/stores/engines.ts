/** The registry of engines: which one a location belongs to, and what is asked of a store by its location alone. */
import { usageError } from '../errors.ts';
import type { StoreEngine, StoreWriter } from './engine.ts';
import { postgresEngine } from './postgres/engine.ts';
import { sqliteEngine } from './sqlite/engine.ts';
import type { StoreSnapshot } from './store-snapshot.ts';
import type { Store, StoreOptions } from './store.ts';

export const engines: readonly StoreEngine[] = [sqliteEngine, postgresEngine];

/** The engine of a run's store where no other is named: it is a file in the run's folder. */
export const defaultEngine = sqliteEngine;

const findEngine = (location: string): StoreEngine | undefined =>
  engines.find((engine) => engine.owns(location));

/** Throws `usage` for a location of none; it is not repeated, since a password may be in it. */
export function engineOf(location: string): StoreEngine {
  const engine = findEngine(location);
  if (engine !== undefined) return engine;
  throw usageError(`--store takes ${engines.map(({ form }) => form).join(' or ')}.`);
}

/** Throws `usage` for an engine whose stores nodrop reads alone. */
export function writerOf({ title, writer }: StoreEngine): StoreWriter {
  if (writer !== undefined) return writer;
  const forms = engines.flatMap((engine) => (engine.writer === undefined ? [] : engine.form));
  throw usageError(
    `nodrop reads stores of ${title}, and writes to none.`,
    `Name another for the consumer: --store ${forms.join(' or ')}.`,
  );
}

export const openSnapshot = async (location: string): Promise<StoreSnapshot> =>
  await engineOf(location).openSnapshot(location);

export const openStore = async (location: string, options: StoreOptions): Promise<Store> =>
  await writerOf(engineOf(location)).open(location, options);

export const openStoreBeside = async (location: string, options: StoreOptions): Promise<Store> =>
  await writerOf(engineOf(location)).openBeside(location, options);

/** The name of a store in a run's evidence. A location of no engine, as a damaged note may have, stands for itself. */
export const storeName = (location: string, folder: string): string =>
  findEngine(location)?.nameOf(location, folder) ?? location;

/** The file that a store is; undefined for one that is none. */
export const storeFileOf = (location: string): string | undefined =>
  findEngine(location)?.files?.pathOf(location);

/** The location with another path, where it is a file's; others stay as they are. */
export function withPath(location: string, change: (path: string) => string): string {
  const files = findEngine(location)?.files;
  return files === undefined ? location : files.locationOf(change(files.pathOf(location)));
}

/** The location of a run's own store within one that many runs were given. */
export const storeOfRun = (location: string, run: string): string =>
  engineOf(location).server?.ofRun(location, run) ?? location;

/** Removes what nodrop made for a run in a server. Returns what is left of it in a sentence; undefined if nothing is. */
export const removeStore = async (location: string, run: string): Promise<string | undefined> =>
  await engineOf(location).server?.remove(location, run);
