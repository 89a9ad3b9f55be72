/** What nodrop asks of an engine of stores, such as SQLite. `engines.ts` knows all of them. */
import type { StoreSnapshot } from './store-snapshot.ts';
import type { Store, StoreOptions } from './store.ts';

/** As events name them. */
export const engineNames = ['sqlite', 'postgres'] as const;

/** What each engine has, and what the audit needs. Nothing of it loads a database's driver before a store is opened. */
export interface StoreEngine {
  readonly name: (typeof engineNames)[number];
  /** For people. */
  readonly title: string;
  /** How a location is written: `sqlite:PATH`. */
  readonly form: string;
  /** Whether a location is meant for this engine. It may be malformed all the same. */
  owns(location: string): boolean;
  /**
   * A location from a command line, checked and made absolute. Throws `usage` for a malformed one, and never repeats
   * it: a password may be in it.
   */
  parse(location: string): string;
  /**
   * The name of a store in a run's evidence: a file as seen from the run's folder, which may be moved; a database
   * without its user.
   */
  nameOf(location: string, folder: string): string;
  /** Opens one snapshot of a store for reading. Throws `unavailable` where there is none. */
  openSnapshot(location: string): Promise<StoreSnapshot>;
  /** Left out by an engine whose stores nodrop reads alone. */
  readonly writer?: StoreWriter;
  /** Left out by an engine whose stores are no files. */
  readonly files?: StoreFiles;
  /** Left out by an engine that works within its client. */
  readonly server?: StoreServer;
}

/** What our consumer needs, and the faults that hold it up. */
export interface StoreWriter {
  /** Opens a store for writing, making what is missing in it. */
  open(location: string, options: StoreOptions): Promise<Store>;
  /** The same; and a write does not block the caller's thread. */
  openBeside(location: string, options: StoreOptions): Promise<Store>;
  /**
   * Holds the lock that writers need: what somebody else's program may do. Returns what lets it go again. Readers go
   * on. Throws where it cannot be had within `lockWaitMs`.
   */
  lock(location: string, signal: AbortSignal): Promise<() => Promise<void>>;
}

export const lockWaitMs = 10_000;

/** Stores that are files. One in a run's folder is removed with it. */
export interface StoreFiles {
  pathOf(location: string): string;
  locationOf(path: string): string;
  /** Why it may not be removed with the run, in a few words; undefined where nothing in it is another's. */
  whyShared(location: string, run: string): Promise<string | undefined>;
}

/** Stores that lie in a server. */
export interface StoreServer {
  /** Whether a location names one store, for all runs; else each run gets one of its own there. */
  isOneForAll(location: string): boolean;
  /** The location of a run's own store within a location that is not one for all. */
  ofRun(location: string, run: string): string;
  /** Removes the store that nodrop made for a run. Returns what is left of it in a sentence; undefined if nothing is. */
  remove(location: string, run: string): Promise<string | undefined>;
  /** Where the server listens. */
  addressOf(location: string): { host: string; port: number } | { path: string };
  /** For the environment of a process that is to come to it through a proxy, which listens on this port of loopback. */
  throughProxy(port: number): Record<string, string>;
  /** Ends the sessions of all who have claimed partitions of a topic; returns how many. */
  endSessions(location: string, topicId: string): Promise<number>;
}
