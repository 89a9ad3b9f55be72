import { relative, resolve } from 'node:path';
import { usageError } from '../../errors.ts';
import type { StoreEngine } from '../engine.ts';

const prefix = 'sqlite:';

const pathOf = (location: string): string => location.slice(prefix.length);
const locationOf = (path: string): string => `${prefix}${path}`;

export const sqliteEngine = {
  name: 'sqlite',
  title: 'SQLite',
  form: 'sqlite:PATH',
  owns: (location) => location.startsWith(prefix),
  parse: (location) => {
    const path = pathOf(location);
    if (!/^.+$/.test(path)) throw usageError('The path of an SQLite store is one line: --store sqlite:PATH.');
    return locationOf(resolve(path));
  },
  nameOf: (location, folder) => relative(folder, pathOf(location)),
  openSnapshot: async (location) => (await import('./snapshot.ts')).openSqliteSnapshot(pathOf(location)),
  writer: {
    open: async (location, options) =>
      (await import('./store.ts')).openSqliteStore(pathOf(location), options),
    openBeside: async (location, options) =>
      await (await import('./threaded-store.ts')).openThreadedStore(pathOf(location), options),
    lock: async (location, signal) => await (await import('./lock.ts')).lockSqlite(pathOf(location), signal),
  },
  files: {
    pathOf,
    locationOf,
    whyShared: async (location, run) =>
      (await import('./whose-store.ts')).whySharedSqlite(pathOf(location), run),
  },
} satisfies StoreEngine;
