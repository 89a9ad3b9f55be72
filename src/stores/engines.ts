/** The registry of engines: finds the engine of a location, and answers questions that need only the location. */
import { usageError } from '../errors.ts';
import type { StoreEngine, StoreWriter } from './engine.ts';
import { postgresEngine } from './postgres/engine.ts';
import { sqliteEngine } from './sqlite/engine.ts';
import type { StoreSnapshot } from './store-snapshot.ts';
import type { Store, StoreOptions } from './store.ts';

export const engines: readonly StoreEngine[] = [sqliteEngine, postgresEngine];

/** The engine of a run's store by default: the store is a file in the run's folder. */
export const defaultEngine = sqliteEngine;

const findEngine = (location: string): StoreEngine | undefined =>
  engines.find((engine) => engine.owns(location));

/** Throws `usage` if no engine owns the location. The message does not repeat it, because it may hold a password. */
export function engineOf(location: string): StoreEngine {
  const engine = findEngine(location);
  if (engine !== undefined) return engine;
  throw usageError(`--store takes ${engines.map(({ form }) => form).join(' or ')}.`);
}

/** Throws `usage` if nodrop only reads this engine's stores. */
export function writerOf({ title, writer }: StoreEngine): StoreWriter {
  if (writer !== undefined) return writer;
  const forms = engines.flatMap((engine) => (engine.writer === undefined ? [] : engine.form));
  throw usageError(
    `nodrop can read stores of ${title}, but not write to them.`,
    `Name another store for the consumer: --store ${forms.join(' or ')}.`,
  );
}

export const openSnapshot = async (location: string): Promise<StoreSnapshot> =>
  await engineOf(location).openSnapshot(location);

export const openStore = async (location: string, options: StoreOptions): Promise<Store> =>
  await writerOf(engineOf(location)).open(location, options);

export const openStoreBeside = async (location: string, options: StoreOptions): Promise<Store> =>
  await writerOf(engineOf(location)).openBeside(location, options);

/** The name of a store in a run's evidence. If no engine owns the location (in a damaged event), it is the name. */
export const storeName = (location: string, folder: string): string =>
  findEngine(location)?.nameOf(location, folder) ?? location;

/** The path of a store that is a file; undefined for other stores. */
export const storeFileOf = (location: string): string | undefined =>
  findEngine(location)?.files?.pathOf(location);

/** Changes the path in the location of a file; leaves other locations unchanged. */
export function withPath(location: string, change: (path: string) => string): string {
  const files = findEngine(location)?.files;
  return files === undefined ? location : files.locationOf(change(files.pathOf(location)));
}

/** The location of a run's own store, from a `--store` that several runs share. */
export const storeOfRun = (location: string, run: string): string =>
  engineOf(location).server?.ofRun(location, run) ?? location;

/**
 * Removes the store that nodrop made for a run in a server. Returns a sentence about what is left; undefined if nothing
 * is.
 */
export const removeStore = async (location: string, run: string): Promise<string | undefined> =>
  await engineOf(location).server?.remove(location, run);
