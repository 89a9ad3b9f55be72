/** The resources that the parts of the bench share: one broker, one PostgreSQL, a folder, and an abort signal. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { startKafka, type RunningKafka } from '../src/kafka/broker/start-kafka.ts';
import type { SecurityKind } from '../src/kafka/broker/security-kind.ts';
import { clientFromSettings } from '../src/kafka/client/client-from-settings.ts';
import { readSettingsFile } from '../src/kafka/client/client-settings.ts';
import { removeGroup } from '../src/kafka/client/remove-topic.ts';
import { createTopic, withAdmin, type AdminAccess } from '../src/kafka/client/topics.ts';
import { startPostgres, type RunningPostgres } from '../test/fixtures/postgres.ts';
import type { RunSample } from './nodrop-run.ts';
import type { Plan } from './plan.ts';

const timeoutMs = 60_000;
/** The broker removes a deleted topic's data after this time instead of a minute. */
const brokerProperties = { 'log.segment.delete.delay.ms': '1000' };

export class Rig implements AsyncDisposable {
  readonly plan: Plan;
  readonly dir: string;
  readonly signal: AbortSignal;
  /** The samples so far, by the settings of the run: a part reuses the samples of other parts. */
  readonly runs = new Map<string, RunSample[]>();
  readonly #security: SecurityKind | undefined;
  #kafka: RunningKafka | undefined;
  #postgres: RunningPostgres | undefined;

  /** `security`: of its broker; undefined for one in clear. */
  constructor(plan: Plan, dir: string, signal: AbortSignal, security?: SecurityKind) {
    this.plan = plan;
    this.dir = dir;
    this.signal = signal;
    this.#security = security;
  }

  say(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  /** The broker for all parts, started at the first call. */
  async kafka(): Promise<RunningKafka> {
    this.#kafka ??= await startKafka({
      signal: this.signal,
      security: this.#security,
      properties: brokerProperties,
      onProgress: (line) => this.say(line),
    });
    return this.#kafka;
  }

  async bootstrapServers(): Promise<string> {
    return (await this.kafka()).bootstrapServers;
  }

  /** The option with which nodrop's commands reach the broker; none for one in clear. */
  async configOption(): Promise<string[]> {
    const { clientProperties } = await this.kafka();
    return clientProperties === undefined ? [] : [`--command-config=${clientProperties}`];
  }

  /** A new schema in the PostgreSQL of all parts, dropped after the action. Its password is in the environment. */
  async withSchema<T>(action: (location: string) => Promise<T>): Promise<T> {
    this.#postgres ??= await startPostgres();
    process.env['PGPASSWORD'] = this.#postgres.password;
    const schema = `bench_${newName()}`;
    try {
      return await action(`${this.#postgres.location}?schema=${schema}`);
    } finally {
      const client = new Client({ connectionString: this.#postgres.location });
      await client.connect();
      await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      await client.end();
    }
  }

  /** A new topic and the name of a group, both deleted after the action. */
  async withTopic<T>(partitions: number, action: (topic: string, group: string) => Promise<T>): Promise<T> {
    const access = await this.#access();
    // The client of a secured broker may use topics and groups that begin like this.
    const topic = `nodrop-bench-${newName()}`;
    const group = `${topic}-group`;
    await createTopic(access, topic, partitions);
    try {
      return await action(topic, group);
    } finally {
      if (!this.signal.aborted) {
        await withAdmin(access, (admin) => admin.deleteTopics({ topics: [topic] }));
        await removeGroup(access, { group, topic });
      }
    }
  }

  /** A new folder, removed after the action. */
  async withFolder<T>(action: (path: string) => Promise<T>): Promise<T> {
    const path = join(this.dir, newName());
    try {
      return await action(path);
    } finally {
      await rm(path, { recursive: true, force: true });
    }
  }

  async #access(): Promise<AdminAccess> {
    const { bootstrapServers, clientProperties } = await this.kafka();
    const client =
      clientProperties === undefined ? {} : clientFromSettings(readSettingsFile(clientProperties));
    return { bootstrapServers, client, timeoutMs, signal: this.signal };
  }

  /** Ends the servers that were started. A later call starts them again. */
  async close(): Promise<void> {
    const [kafka, postgres] = [this.#kafka, this.#postgres];
    this.#kafka = undefined;
    this.#postgres = undefined;
    await Promise.all([kafka?.stop(), postgres?.remove()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

export const newName = (): string => randomUUID().slice(0, 8);
