/** A consumer joins or leaves every two seconds for a minute, while messages come in one by one. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import type { Result } from '../../src/result.ts';
import { newDir, nodrop, start } from '../integration/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;
const intervalMs = 2_000;
const stormMs = 60_000;

test.each<[name: string, location: string | undefined]>([['sqlite', undefined]])(
  'a rebalance storm into %s',
  async (_, location) => {
    const [dir, run] = [newDir(), `r${randomUUID().slice(0, 8)}`];
    const options = [`--run=${run}`, `--dir=${dir}`, at];
    const store = location === undefined ? [] : [`--store=${location}?schema=${run}`];
    // One message a batch, and one batch in flight: the producer is as slow as its acks.
    const producer = start(['produce', '--messages=60000', '--batch-size=1', '--partitions=6', ...options]);
    const consume = ['consume', ...store, '-X', 'session.timeout.ms=6000', ...options];
    const members: ReturnType<typeof start>[] = [start(consume)];
    const all = [...members];
    const endsAt = performance.now() + stormMs;
    for (let turn = 0; performance.now() < endsAt; turn++) {
      await sleep(intervalMs);
      const joins = members.length === 1 || (members.length < 4 && turn % 3 !== 0);
      if (joins) {
        const member = start(consume);
        members.push(member);
        all.push(member);
      } else {
        // The oldest: it holds partitions, and what it has fetched of them.
        members.shift()!.child.kill(turn % 2 === 0 ? 'SIGTERM' : 'SIGKILL');
      }
    }
    const produced = await producer.ended;
    expect(produced.code, produced.stderr).toBe(0);
    for (const { child } of members) child.kill('SIGTERM');
    const ends = await Promise.all(all.map(({ ended }) => ended));
    const unexpected = ends.filter(({ code }) => code !== 143 && code !== null);
    expect(unexpected).toEqual([]);
    const last = await nodrop(['consume', '--until-drained', ...store, ...options]);
    expect(last.code, last.stderr).toBe(0);
    const { stdout, code } = await nodrop(['verify', run, '--json', `--dir=${dir}`]);
    const result = JSON.parse(stdout) as Result;
    expect([code, result]).toMatchObject([0, { verdict: 'pass', store: { rows: 60_000 } }]);
    expect(all.length).toBeGreaterThan(15);
  },
);
