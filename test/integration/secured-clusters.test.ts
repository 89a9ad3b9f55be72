/** A secured cluster of each kind, with its files. `test/full` has runs on them. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { securityKinds } from '../../src/kafka/broker/security-kind.ts';
import { startKafka } from '../../src/kafka/broker/start-kafka.ts';
import { clientFromSettings } from '../../src/kafka/client/client-from-settings.ts';
import { readSettingsFile } from '../../src/kafka/client/client-settings.ts';
import { openCluster } from '../../src/kafka/client/cluster.ts';
import { groupOffsets } from '../../src/kafka/client/groups.ts';
import { listOffsets } from '../../src/kafka/client/list-offsets.ts';
import { createTopic } from '../../src/kafka/client/topics.ts';
import { publishRecords } from '../../src/kafka/produce/foreign-records.ts';

const timeoutMs = 20_000;

test.each(securityKinds)(
  'on a cluster secured with %s, its client may use what begins with nodrop- and the named topic, and no one else may',
  async (kind) => {
    await using kafka = await startKafka({ security: kind, names: ['orders'] });
    const { bootstrapServers, clientProperties, adminProperties } = kafka;
    const accessWith = (path: string) => ({
      bootstrapServers,
      client: clientFromSettings(readSettingsFile(path)),
      timeoutMs,
    });
    const [client, admin] = [accessWith(clientProperties!), accessWith(adminProperties!)];
    for (const topic of ['nodrop-1', 'orders']) {
      expect(await createTopic(client, topic, 1)).toBe(true);
      await using cluster = await openCluster({ ...client, clientId: 'test' });
      await publishRecords(cluster, topic, [Buffer.from('one')], timeoutMs);
      expect(await listOffsets(cluster, topic, 'latest')).toEqual(new Map([[0, 1]]));
      expect(await groupOffsets(client, 'nodrop-1', topic)).toEqual(new Map());
    }
    await expect(createTopic(client, 'others', 1)).rejects.toThrow(/authori[sz]/i);
    await expect(groupOffsets(client, 'others', 'orders')).rejects.toThrow('failed');
    expect(await createTopic(admin, 'others', 1)).toBe(true);
    expectSecrets(kafka);
    const folder = join(kafka.dir, 'security');
    await kafka.stop();
    expect(existsSync(folder)).toBe(false);
  },
);

/** Passwords and keys are in files of their owner alone, and in no settings or log of the broker. */
function expectSecrets({ dir, logFile }: { dir: string; logFile: string }): void {
  const folder = join(dir, 'security');
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const names = readdirSync(folder);
  expect(names).toContain('client.properties');
  const secrets = names.flatMap((name) => {
    const path = join(folder, name);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    return [
      ...readFileSync(path, 'utf8').matchAll(
        /(?:password|clientSecret)\\?="([^"]+)"|(?<=PRIVATE KEY-----\n)(.+)/g,
      ),
    ];
  });
  expect(secrets.length).toBeGreaterThan(0);
  const shown = [logFile, join(dir, 'server.properties')].map((path) => readFileSync(path, 'utf8'));
  for (const [, password, key] of secrets)
    for (const text of shown) expect(text).not.toContain(password ?? key);
}
