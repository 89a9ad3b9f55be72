// Bugs to see nodrop find. Take this file and its calls out of a copy that you mean to use.
import { setTimeout } from 'node:timers/promises';

const { PLANTED_BUG, PLANTED_AT = '', KILLED_AT } = process.env;
const eventIds = new Set(PLANTED_AT.split(','));

/** Whether the environment asks for a bug, at this event where one is named. */
export const isPlanted = (bug, eventId) =>
  bug === PLANTED_BUG && (eventId === undefined || eventIds.has(eventId));

/** Dies at this event as by `kill -9`, if the environment asks for it. */
export function killIfAsked(eventId) {
  if (eventId === KILLED_AT) process.kill(process.pid, 'SIGKILL');
}

/** Tells the point to nodrop, which may kill the consumer there, and waits for that. */
export async function tellPoint(name) {
  process.stdout.write(`${JSON.stringify({ type: 'point', name })}\n`);
  await setTimeout(100);
}

/** Writes when SIGUSR2 comes, like a queue in memory that is slow. */
export function releaseOnSignal(write) {
  process.once('SIGUSR2', write);
}
