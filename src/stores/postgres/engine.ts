import type { StoreEngine, StoreWriter } from '../engine.ts';
import { isPostgresLocation, parsePostgresLocation, storeProxyVariable, withSchema } from './location.ts';
import { readTls, withAbsoluteFiles } from './tls.ts';

/** A session never blocks the caller's thread. */
const open: StoreWriter['open'] = async (location, options) =>
  await (await import('./store.ts')).openPostgresStore(location, options);

export const postgresEngine = {
  name: 'postgres',
  title: 'PostgreSQL',
  form: 'postgres://USER@HOST:PORT/DATABASE',
  owns: isPostgresLocation,
  parse: (location) => {
    const { connectionString } = parsePostgresLocation(location);
    readTls(new URL(connectionString).searchParams);
    return withAbsoluteFiles(location);
  },
  nameOf: (location) => parsePostgresLocation(location).name,
  openSnapshot: async (location) => await (await import('./snapshot.ts')).openPostgresSnapshot(location),
  writer: {
    open,
    openBeside: open,
    lock: async (location) => await (await import('./lock.ts')).lockPostgres(location),
  },
  server: {
    isOneForAll: (location) => location.includes('schema='),
    ofRun: withSchema,
    remove: async (location, run) => await (await import('./drop-schema.ts')).dropSchema(location, run),
    addressOf: (location) => parsePostgresLocation(location).address,
    throughProxy: (port) => ({ [storeProxyVariable]: String(port) }),
    endSessions: async (location, topicId) =>
      await (await import('./end-sessions.ts')).endSessions(location, topicId),
  },
} satisfies StoreEngine;
