/** A check's folder judges again: as before, or not at all if any of its evidence was changed. */
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { judgeFacts } from '../../../src/check/judge-facts.ts';
import { checkSchema } from '../../../src/check/check-record.ts';
import type { Result } from '../../../src/result/result.ts';
import { RunFolder } from '../../../src/run-folder/run-folder.ts';
import { sealPathOf } from '../../../src/run-folder/seal.ts';
import { beginCheck, checkedFolder, orders } from '../../fixtures/checked-folder.ts';
import { newDir } from '../../fixtures/nodrop.ts';
import { nodropInProcess } from '../../fixtures/nodrop-in-process.ts';

let dir: string;
let folder: RunFolder;
beforeEach(() => {
  dir = newDir();
  const later = [{ id: 'order-40', category: 'paid', value: '40', partition: 0 }];
  folder = checkedFolder(dir, 'shop', { records: orders(40), later, looks: [orders(40)] });
});

const verify = (...args: string[]): ReturnType<typeof nodropInProcess> =>
  nodropInProcess(['verify', 'shop', '--dir', dir, ...args]);

async function judged(...args: string[]): Promise<{ code: number | null; result: Result }> {
  const { code, stdout, stderr } = await verify('--json', ...args);
  if (stdout === '') throw new Error(stderr);
  return { code, result: JSON.parse(stdout) as Result };
}

test('a whole folder passes, and the result is that of its facts', async () => {
  const { code, result } = await judged();
  const record = checkSchema.parse(JSON.parse(readFileSync(folder.check, 'utf8')));
  const { audit } = await judgeFacts(record, { path: folder.path });
  expect(result).toMatchObject(audit);
  expect(result).toMatchObject({ verdict: 'pass', root: 'log', acknowledged: { right: 40 } });
  expect(code).toBe(0);
  expect(JSON.parse(readFileSync(folder.result, 'utf8'))).toEqual(result);
});

test('what is missing in the facts is found again', async () => {
  checkedFolder(dir, 'lossy', { records: orders(40), looks: [orders(39)] });
  const { code, stdout } = await nodropInProcess(['verify', 'lossy', '--dir', dir, '--json']);
  expect((JSON.parse(stdout) as Result).findings).toMatchObject([
    { kind: 'lost', blame: 'consumer', count: 1, examples: [{ id: 'order-39' }] },
  ]);
  expect(code).toBe(1);
  expect(readFileSync(new RunFolder(dir, 'lossy').findings, 'utf8')).toContain('"order-39"');
});

test('judging ends between two buckets if it is stopped', async () => {
  const record = checkSchema.parse(JSON.parse(readFileSync(folder.check, 'utf8')));
  const stop = new AbortController();
  const reason = new Error('the user stopped it');
  const done: number[] = [];
  const onBucket = (bucket: number): void => {
    done.push(bucket);
    stop.abort(reason);
  };
  const judging = judgeFacts(record, { path: folder.path, signal: stop.signal, onBucket });
  await expect(judging).rejects.toBe(reason);
  expect(done).toEqual([1]);
});

describe('evidence that is not as it was is missing', () => {
  const flip = (path: string): void => {
    const bytes = readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path, bytes);
  };
  const changes: Record<string, (path: string) => void> = {
    changed: flip,
    removed: (path) => rmSync(path),
    'cut short': (path) => truncateSync(path, 10),
    emptied: (path) => truncateSync(path),
  };
  const files = ['check.json', 'topic.facts', 'topic.ids', 'sink-1-1.facts', 'sink-1-1.ids', 'later-1.facts'];
  const cases = files.flatMap((file) => Object.keys(changes).map((change) => [file, change] as const));

  test.for(cases)('%s %s', async ([file, change]) => {
    changes[change]!(folder.file(file));
    const { code, result } = await judged();
    expect(result.verdict).toBe('inconclusive');
    expect(result.notChecked.join('\n')).toContain(file);
    expect(result.acknowledged).toEqual({ right: 0, wrong: 0, lost: 0, unjudged: 0 });
    expect(code).toBe(2);
  });

  test('a record without its seal', async () => {
    rmSync(sealPathOf(folder.check));
    const { code, result } = await judged();
    expect(result).toMatchObject({
      verdict: 'inconclusive',
      notChecked: [expect.stringContaining('no seal')],
    });
    expect(code).toBe(2);
  });

  test('the summary names the root and the file, and nothing that a check does not have', async () => {
    flip(folder.file('topic.facts'));
    const { stdout } = await verify();
    expect(stdout).toContain('INCONCLUSIVE  From the topic on:');
    expect(stdout).toContain('topic.facts was changed');
    expect(stdout).not.toMatch(/acknowledged|ledger|sent/);
  });
});

describe('wrong usage', () => {
  test.for([['--rescan'], ['--store', 'sqlite:other.sqlite'], ['--threshold', 'total.time<1s']])(
    '%s has no meaning for a check',
    async (options) => {
      const before = readdirSync(folder.path);
      const { code, stderr } = await verify(...options);
      expect(stderr).toContain(`${options[0]} is for runs, and shop is a check`);
      expect(code).toBe(64);
      expect(readdirSync(folder.path)).toEqual(before);
    },
  );

  test('a check that was stopped cannot be judged, and the message says what to do', async () => {
    beginCheck(new RunFolder(dir, 'stopped'));
    const { code, stderr } = await nodropInProcess(['verify', 'stopped', '--dir', dir]);
    expect(stderr).toContain('it was stopped before it had read everything');
    expect(stderr).toContain('Run nodrop check again');
    expect(code).toBe(64);
  });

  test.for([
    ['messages', 'shop'],
    ['export', 'shop'],
    ['produce', '--run', 'shop', '--bootstrap-server', '127.0.0.1:1'],
    ['consume', '--run', 'shop', '--bootstrap-server', '127.0.0.1:1'],
  ])('%s is not for checks', async ([command, ...args]) => {
    const { code, stderr } = await nodropInProcess([command!, ...args, '--dir', dir]);
    expect(stderr).toContain(`nodrop ${command} is for runs, and shop is a check`);
    expect(code).toBe(64);
  });

  test.for([['run'], ['check', '--topic', 'a', '--id', 'key', '--sink', 'topic:b', '--sink-id', 'key']])(
    '%s does not use the id of a check again',
    async (command) => {
      const { code, stderr } = await nodropInProcess(
        command.concat('--run', 'shop', '--dir', dir, '--bootstrap-server', '127.0.0.1:1'),
      );
      expect(stderr).toContain('exists already');
      expect(code).toBe(64);
    },
  );
});
