/** The interface of a store engine, such as SQLite. `engines.ts` lists all engines. */
import type { StoreSnapshot } from './store-snapshot.ts';
import type { Store, StoreOptions } from './store.ts';

/** The names of engines in events. */
export const engineNames = ['sqlite', 'postgres'] as const;

/** The parts that every engine has, and that the audit needs. No engine loads its driver before a store is opened. */
export interface StoreEngine {
  readonly name: (typeof engineNames)[number];
  /** The engine's name for users. */
  readonly title: string;
  /** The form of a location: `sqlite:PATH`. */
  readonly form: string;
  /** Whether a location is meant for this engine, even if it is malformed. */
  owns(location: string): boolean;
  /**
   * Checks a location from a command line and makes it absolute. Throws `usage` if it is malformed. The message never
   * repeats the location, because that may contain a password.
   */
  parse(location: string): string;
  /**
   * The name of a store in a run's evidence: for a file the path relative to the run's folder, which may be moved; for
   * a database the location without its user.
   */
  nameOf(location: string, folder: string): string;
  /** Opens one snapshot of a store for reading. Throws `unavailable` if there is no store. */
  openSnapshot(location: string): Promise<StoreSnapshot>;
  /** Undefined if nodrop only reads this engine's stores. */
  readonly writer?: StoreWriter;
  /** Undefined if this engine's stores are not files. */
  readonly files?: StoreFiles;
  /** Undefined if the engine has no server. */
  readonly server?: StoreServer;
}

/** The parts that nodrop's consumer needs, and the faults that block it. */
export interface StoreWriter {
  /** Opens a store for writing, and creates missing tables. */
  open(location: string, options: StoreOptions): Promise<Store>;
  /** Like `open`, but a write does not block the caller's thread. */
  openBeside(location: string, options: StoreOptions): Promise<Store>;
  /**
   * Takes the lock that writers need, as another program might. Readers are not blocked. Returns a function that
   * releases the lock. Throws if the lock is not free within `lockWaitMs`.
   */
  lock(location: string, signal: AbortSignal): Promise<() => Promise<void>>;
}

export const lockWaitMs = 10_000;

/** Stores that are files. A store in a run's folder is removed with the folder. */
export interface StoreFiles {
  pathOf(location: string): string;
  locationOf(path: string): string;
  /** Why the store must not be removed with the run, in a few words; undefined if it holds only this run's data. */
  whyShared(location: string, run: string): Promise<string | undefined>;
}

/** Stores in a server. */
export interface StoreServer {
  /** Whether a location names one store for all runs; otherwise each run gets its own store there. */
  isOneForAll(location: string): boolean;
  /** The location of a run's own store, within a location for which `isOneForAll` is false. */
  ofRun(location: string, run: string): string;
  /** Removes the store that nodrop made for a run. Returns a sentence about what is left; undefined if nothing is. */
  remove(location: string, run: string): Promise<string | undefined>;
  /** The address on which the server listens. */
  addressOf(location: string): { host: string; port: number } | { path: string };
  /** Environment variables that make a process connect through the proxy on this port of loopback. */
  throughProxy(port: number): Record<string, string>;
  /** Ends the sessions of all consumers that have claimed partitions of a topic; returns how many. */
  endSessions(location: string, topicId: string): Promise<number>;
}
