/** Runs on secured clusters of each kind: all in one go, by hand, with faults, killed, and with Kafka's own tools. */
import { execFile, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  AclOperations,
  AclPermissionTypes,
  ResourcePatternTypes,
  ResourceTypes,
  type Acl,
} from '@platformatic/kafka';
import { expect, onTestFinished, test } from 'vitest';
import { findRuntime } from '../../src/kafka/broker/runtime.ts';
import { securityKinds, type SecurityKind } from '../../src/kafka/broker/security-kind.ts';
import { startKafka } from '../../src/kafka/broker/start-kafka.ts';
import { clientFromSettings } from '../../src/kafka/client/client-from-settings.ts';
import { readSettingsFile } from '../../src/kafka/client/client-settings.ts';
import { withAdmin, type AdminAccess } from '../../src/kafka/client/topics.ts';
import type { Result } from '../../src/result/result.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { isAtWork } from '../../src/run-folder/at-work.ts';
import { leftoverProcess } from '../../src/system/process-record.ts';
import { newDir, nodrop, start, until, type Ended } from '../fixtures/nodrop.ts';
import { useSecured } from '../fixtures/secured-cluster.ts';

/** Each line that a started Kafka prints: its address, the file of client settings, and two commands. */
async function startSecured(
  kind: SecurityKind,
  dir: string,
): Promise<{ child: ChildProcess; lines: string[] }> {
  const { child, ended } = start(['kafka', `--security=${kind}`, `--dir=${dir}`]);
  let stdout = '';
  child.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  await expect.poll(() => stdout.split('\n').length, { timeout: 120_000 }).toBeGreaterThan(4);
  return { child, lines: stdout.trimEnd().split('\n') };
}

/** A printed command, as a shell would split it. */
const command = (line: string, ...more: string[]): Promise<Ended> =>
  nodrop([...line.split(' ').slice(1), ...more]);

/** A tool of Kafka's, with the client settings in a file. */
async function kafkaTool(name: string, settings: string, ...args: string[]): Promise<string> {
  const { java, env } = await findRuntime({});
  const tokenUrl = /endpoint\.url=(.*)/.exec(readFileSync(settings, 'utf8').replaceAll('\\', ''))?.[1] ?? '';
  const options = ['-XX:TieredStopAtLevel=1', `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${tokenUrl}`];
  const tool = [...options, `org.apache.kafka.tools.${name}`, '--command-config', settings, ...args];
  const { stdout } = await promisify(execFile)(java.path, tool, { env: { ...process.env, ...env } });
  return stdout;
}

function textsIn(folder: string): string {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.endsWith('security'));
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join('\n');
}

test.each(['ssl', 'sasl-plain', 'sasl-oauthbearer'] as const)(
  'on a cluster secured with %s, its client may use what begins with nodrop- and the named topic, and no one else may',
  async (kind) => {
    await expect(useSecured(kind)).resolves.toBeUndefined();
  },
);

test.each(securityKinds)(
  'the commands that nodrop kafka --security %s prints, and Kafka’s own tools, work with the settings that it wrote',
  async (kind) => {
    const dir = newDir();
    const { child, lines } = await startSecured(kind, dir);
    const [address = '', settings = '', produce = '', consume = ''] = lines;
    const produced = await command(produce, '--messages=300');
    const consumed = await command(consume, '--until-drained');
    const verified = await nodrop(['verify', 'demo', `--dir=${dir}`, `--command-config=${settings}`]);
    expect([produced.code, consumed.code, verified.code], verified.stderr + verified.stdout).toEqual([
      0, 0, 0,
    ]);
    expect(produced.stdout).toContain(`--command-config ${settings}`);

    const at = ['--bootstrap-server', address];
    expect(await kafkaTool('TopicCommand', settings, ...at, '--list')).toContain('nodrop-demo');
    const read = [
      '--topic',
      'nodrop-demo',
      '--group',
      'nodrop-tool',
      '--from-beginning',
      '--max-messages',
      '300',
    ];
    const records = await kafkaTool('consumer.ConsoleConsumer', settings, ...at, ...read);
    expect(records.trimEnd().split('\n')).toHaveLength(300);
    const denied = kafkaTool('TopicCommand', settings, ...at, '--create', '--topic', 'orders');
    await expect(denied).rejects.toMatchObject({ stdout: expect.stringContaining('Authorization failed') });
    const admin = join(settings, '../admin.properties');
    expect(await kafkaTool('AclCommand', admin, ...at, '--list')).toContain(
      'name=nodrop-, patternType=PREFIXED',
    );

    const secrets = [...readFileSync(settings, 'utf8').matchAll(/(?:password|clientSecret)\\?="([^"]+)"/g)];
    expect(secrets).toHaveLength(kind.startsWith('sasl') ? 1 : 0);
    const said = [produced, consumed, verified].map(({ stdout, stderr }) => stdout + stderr).join('\n');
    for (const [, secret = ''] of secrets) expect(said + textsIn(dir)).not.toContain(secret);
    child.kill('SIGINT');
    await until('Kafka and its secrets are gone', () => !existsSync(join(settings, '..')));
  },
);

test.each(securityKinds)(
  'a run on three brokers secured with %s passes if a leader is killed and links are cut',
  async (kind) => {
    const dir = newDir();
    const args = ['run', '--json', `--dir=${dir}`, `--security=${kind}`, '--brokers=3'];
    const load = ['--rate=300', '--duration=14s', '--run=bad-day'];
    const faults = [
      '--fault=kill-leader@2s+3s',
      '--fault=latency:producer=50ms@1s+2s',
      '--fault=cut:consumer@7s+2s',
      '--fault=latency:replication=20ms@9s+2s',
    ];
    const { code, stdout, stderr } = await nodrop([...args, ...load, ...faults]);
    expect(code, stderr + stdout).toBe(0);
    const result = JSON.parse(stdout) as Result;
    expect(result).toMatchObject({ verdict: 'pass', findings: [], notChecked: [] });
    expect(result.faults.filter(({ tookEffect }) => !tookEffect)).toEqual([]);
  },
);

test.each(securityKinds)(
  'verify restarts the killed broker of a run that was secured with %s, secured again, and scans the topic',
  async (kind) => {
    const folder = new RunFolder(newDir(), 'killed');
    const dir = `--dir=${join(folder.path, '../..')}`;
    const load = ['--messages=100000', '--rate=2000'];
    const { child, ended } = start(['run', '--run=killed', dir, `--security=${kind}`, ...load]);
    const ledger = folder.file('ledger-p0-0.bin');
    const bytesOf = (path: string): number => (existsSync(path) ? readFileSync(path).length : 0);
    await expect.poll(() => bytesOf(ledger), { timeout: 120_000 }).toBeGreaterThan(10_000);
    child.kill('SIGKILL');
    await ended;
    const isOver = async (): Promise<boolean> =>
      !(await isAtWork(folder)) && (await leftoverProcess(folder.broker)) === undefined;
    await until('all that it started is gone', isOver);
    const verified = await nodrop(['verify', 'killed', '--json', dir]);
    expect(verified.code, verified.stderr).toBe(2);
    const { log, findings, notChecked } = JSON.parse(verified.stdout) as Result;
    expect(findings).toEqual([]);
    expect(log.records).toBeGreaterThan(0);
    expect(notChecked.filter((sentence) => /scanned|evidence of the log/.test(sentence))).toEqual([]);
    expect(readFileSync(join(folder.broker, 'server.properties'), 'utf8')).toContain('StandardAuthorizer');
    expect(existsSync(join(folder.broker, 'security'))).toBe(false);
  },
);

test('a second start in the folder of a secured broker is refused, and changes none of its files', async () => {
  await using kafka = await startKafka({ security: 'mtls', dir: newDir() });
  const { dir, clientProperties } = kafka;
  const folder = join(clientProperties!, '..');
  const before = textsOf(folder);
  await expect(startKafka({ security: 'sasl-plain', dir })).rejects.toMatchObject({ code: 'usage' });
  expect(textsOf(folder)).toEqual(before);
});

const textsOf = (folder: string): string[] =>
  readdirSync(folder).map((name) => `${name}: ${readFileSync(join(folder, name), 'utf8')}`);

type Permissions = Partial<Record<'TOPIC' | 'GROUP' | 'TRANSACTIONAL_ID', (keyof typeof AclOperations)[]>>;

/** The table of the guide. */
const needed: Record<'produce' | 'consume' | 'verify', Permissions> = {
  produce: { TOPIC: ['CREATE', 'WRITE'], TRANSACTIONAL_ID: ['WRITE'] },
  consume: { TOPIC: ['READ'], GROUP: ['READ'] },
  verify: { TOPIC: ['READ', 'DESCRIBE_CONFIGS'], GROUP: ['DESCRIBE'] },
};

test('each command works with the permissions that the guide lists for it, and a pass has nothing unchecked', async () => {
  await using kafka = await startKafka({ security: 'ssl' });
  const { bootstrapServers, clientProperties, adminProperties } = kafka;
  const admin: AdminAccess = {
    bootstrapServers,
    client: clientFromSettings(readSettingsFile(adminProperties!)),
    timeoutMs: 20_000,
  };
  const dir = newDir();
  const where = [`--dir=${dir}`, `--command-config=${clientProperties}`];
  const at = `--bootstrap-server=${bootstrapServers}`;
  const commands = {
    produce: ['--run=least', '--messages=300', '--transactional', at],
    consume: ['--run=least', '--until-drained', at],
    verify: ['least', '--json'],
  };
  let printed = '';
  for (const [name, permissions] of Object.entries(needed) as [keyof typeof needed, Permissions][]) {
    await replaceAcls(admin, permissions);
    const { code, stdout, stderr } = await nodrop([name, ...commands[name], ...where, '--timeout=20s']);
    expect(code, `${name}: ${stderr}${stdout}`).toBe(0);
    printed = stdout;
  }
  expect(JSON.parse(printed)).toMatchObject({ verdict: 'pass', notChecked: [] });
});

async function replaceAcls(access: AdminAccess, permissions: Permissions): Promise<void> {
  const base = { principal: 'User:ANONYMOUS', host: '*', permissionType: AclPermissionTypes.ALLOW };
  const pattern = { resourceName: 'nodrop-', resourcePatternType: ResourcePatternTypes.PREFIXED };
  const creations: Acl[] = Object.entries(permissions).flatMap(([type, operations]) =>
    operations.map((operation) => ({
      ...base,
      ...pattern,
      resourceType: ResourceTypes[type as keyof Permissions],
      operation: AclOperations[operation],
    })),
  );
  const any = {
    resourceType: ResourceTypes.ANY,
    resourceName: null,
    resourcePatternType: ResourcePatternTypes.ANY,
    principal: null,
    host: null,
    operation: AclOperations.ANY,
    permissionType: AclPermissionTypes.ANY,
  };
  await withAdmin(access, async (admin) => {
    await admin.deleteAcls({ filters: [any] });
    await admin.createAcls({ creations });
    const isKnown = async (): Promise<boolean> => {
      const known = (await admin.describeAcls({ filter: any })).flatMap(({ acls }) => acls);
      return known.length === creations.length;
    };
    await until('the broker knows the permissions', isKnown);
  });
}
