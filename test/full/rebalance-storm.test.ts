/** A consumer joins, leaves or is killed every two seconds for a minute, while the producer sends messages one by one. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import { newDir, nodrop, start } from '../fixtures/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;
const { location, password } = inject('postgres');
const env = { PGPASSWORD: password };
const intervalMs = 2_000;
const stormMs = 60_000;
const messages = 40_000;
const membersMax = 4;

const sessions = ['-X', 'session.timeout.ms=3000'];
/** Its sessions are those of the shared broker. */
const byConsumers = ['-X', 'group.protocol=consumer'];
const assignor = 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor';
const cooperative = [...sessions, '-X', `partition.assignment.strategy=${assignor}`];

test.each([
  ['sqlite', 'the classic protocol', undefined, sessions],
  ['postgres', 'the classic protocol', location, sessions],
  ['sqlite', 'cooperative assignment', undefined, cooperative],
  ['sqlite', 'the consumer protocol', undefined, byConsumers],
  ['postgres', 'the consumer protocol', location, byConsumers],
])('a run into %s with %s passes while consumers come and go', async (_, __, server, settings) => {
  const [dir, run] = [newDir(), `r${randomUUID().slice(0, 8)}`];
  const options = [`--run=${run}`, `--dir=${dir}`, at];
  const store = server === undefined ? [] : [`--store=${server}?schema=${run}`];
  // With one message per batch and one batch in flight, the producer is as slow as its acks.
  const load = [`--messages=${messages}`, '--batch-size=1', '--partitions=6'];
  const producer = start(['produce', ...load, ...options]);
  const consume = ['consume', ...store, ...settings, ...options];
  const all = [start(consume, env)];
  const members = [...all];
  const endsAt = performance.now() + stormMs;
  for (let turn = 1; performance.now() < endsAt; turn++) {
    await sleep(intervalMs);
    if (members.length === 1 || (members.length < membersMax && turn % 3 !== 0)) {
      const member = start(consume, env);
      members.push(member);
      all.push(member);
    } else {
      // The oldest member holds partitions, and records that it has fetched from them.
      members.shift()!.child.kill(turn % 2 === 0 ? 'SIGTERM' : 'SIGKILL');
    }
  }
  const produced = await producer.ended;
  expect(produced.code, produced.stderr).toBe(0);
  for (const { child } of members) child.kill('SIGTERM');
  const ends = await Promise.all(all.map(({ ended }) => ended));
  // Each consumer ended by a signal: none gave up by itself.
  expect(ends.filter(({ code }) => code !== 143 && code !== null)).toEqual([]);
  expect(all.length).toBeGreaterThan(15);
  const last = await nodrop(['consume', '--until-drained', ...store, ...settings, ...options], env);
  expect(last.code, last.stderr).toBe(0);
  const { stdout, code } = await nodrop(['verify', run, '--json', `--dir=${dir}`], env);
  const result = JSON.parse(stdout) as Result;
  expect([code, result]).toMatchObject([0, { verdict: 'pass', store: { rows: messages } }]);
});
