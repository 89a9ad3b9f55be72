/**
 * Where a store lies, as `--store` says it: `sqlite:PATH`, or a `postgres://` address without a password.
 * What a database takes to load is loaded only where it is wanted.
 */
import { relative, resolve } from 'node:path';
import { isPostgresLocation, parsePostgresLocation } from './postgres/location.ts';
import type { Store, StoreOptions } from './store.ts';
import type { StoreSnapshot } from './store-snapshot.ts';

const sqlitePrefix = 'sqlite:';

export const sqliteLocation = (path: string): string => `${sqlitePrefix}${resolve(path)}`;

/** The path of an SQLite store's file; undefined for a store that is none. */
export const sqlitePathOf = (location: string): string | undefined =>
  location.startsWith(sqlitePrefix) ? location.slice(sqlitePrefix.length) : undefined;

/** Opens a store for writing, making what is missing in it. */
export async function openStore(location: string, options: StoreOptions): Promise<Store> {
  if (isPostgresLocation(location)) {
    const { openPostgresStore } = await import('./postgres/store.ts');
    return await openPostgresStore(location, options);
  }
  const path = sqlitePathOf(location)!;
  const { openSqliteStore } = await import('./sqlite/store.ts');
  return openSqliteStore(path, options);
}

/** Like `openStore`, but SQLite runs in its own thread, so a write does not block the caller. */
export async function openStoreBeside(location: string, options: StoreOptions): Promise<Store> {
  const path = sqlitePathOf(location);
  if (path === undefined) return await openStore(location, options);
  const { openThreadedStore } = await import('./sqlite/threaded-store.ts');
  return await openThreadedStore(path, options);
}

/** Opens one snapshot of a store for reading. Throws `unavailable` where there is none. */
export async function openSnapshot(location: string): Promise<StoreSnapshot> {
  if (isPostgresLocation(location)) {
    const { openPostgresSnapshot } = await import('./postgres/snapshot.ts');
    return await openPostgresSnapshot(location);
  }
  const path = sqlitePathOf(location)!;
  const { openSqliteSnapshot } = await import('./sqlite/snapshot.ts');
  return openSqliteSnapshot(path);
}

/**
 * The name of a store in a run's evidence: a file as seen from the run's folder, which may be moved; a
 * database without its user.
 */
export function storeName(location: string, folder: string): string {
  if (isPostgresLocation(location)) return parsePostgresLocation(location).name;
  const path = sqlitePathOf(location);
  return path === undefined ? location : relative(folder, path);
}
