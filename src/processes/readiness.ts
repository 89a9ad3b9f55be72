/** The tests that tell whether a process is ready: an answer at a URL, a line of output, an open port, a group at work. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { messageOf, OperationalError, usageError } from '../errors.ts';
import { isRetriable, rootMessage } from '../kafka/client/kafka-errors.ts';
import { openCluster, type Cluster } from '../kafka/client/cluster.ts';
import { whyGroupIsIdle } from '../kafka/client/group-ownership.ts';
import type { AdminAccess } from '../kafka/client/topics.ts';
import type { ReadyConfig } from '../config/config.ts';
import type { Deadline } from '../system/deadline.ts';

const pollMs = 50;
const groupPollMs = 200;
const requestMsMax = 5_000;
/** A server that listens on `localhost` may have either address. */
const loopbacks = ['127.0.0.1', '::1'];

export interface ReadyTest {
  /** To be called with each line of standard output. */
  hear?(line: string): void;
  /** The local port that must be free before the process starts: otherwise something else would answer. */
  port?: number;
  /** True once the process is ready; false at the deadline, whose reason `why` tells. Throws `interrupted`. */
  until(deadline: Deadline): Promise<boolean>;
  /** Continues `PROCESS was not ready within 60 s: `. */
  why(): string;
}

/** Throws `usage` if the test is wrong. `name`: the process, for errors. */
export function readyTest(ready: ReadyConfig | undefined, name: string, access: AdminAccess): ReadyTest {
  if (ready === undefined) return { until: async () => true, why: () => '' };
  if ('url' in ready) return answers(urlOf(ready.url, name));
  if ('stdout' in ready) return prints(patternOf(ready.stdout, name));
  if ('port' in ready) return listens(ready.port);
  return isAtWork(ready.group, access);
}

function urlOf(text: string, name: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw usageError(`processes.${name}.ready.url takes an http or https URL; not '${text}'.`);
}

function patternOf(text: string, name: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    throw usageError(`processes.${name}.ready.stdout is no regular expression: ${messageOf(error)}.`);
  }
}

function answers(url: URL): ReadyTest {
  let problem = 'it was not asked';
  const look = async (deadline: Deadline): Promise<boolean> => {
    try {
      const answer = await fetch(url, {
        // A page to which a health check redirects, such as a login, says nothing about health.
        redirect: 'manual',
        signal: AbortSignal.any([
          AbortSignal.timeout(Math.min(requestMsMax, deadline.remainingMs)),
          ...(deadline.signal === undefined ? [] : [deadline.signal]),
        ]),
      });
      await answer.body?.cancel();
      problem = `the last answer was ${answer.status}, and a status from 200 to 299 was needed`;
      return answer.ok;
    } catch (error) {
      deadline.throwIfAborted();
      problem = error instanceof DOMException ? 'there was no answer in time' : rootMessage(error);
      return false;
    }
  };
  const isLocal = ['localhost', '[::1]'].includes(url.hostname) || url.hostname.startsWith('127.');
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  return {
    ...(isLocal && { port }),
    until: async (deadline) => (await deadline.poll(() => look(deadline), pollMs)) === true,
    why: () => `${url.origin}${url.pathname}: ${problem}`,
  };
}

function prints(pattern: RegExp): ReadyTest {
  let isPrinted = false;
  return {
    hear: (line) => {
      isPrinted ||= pattern.test(line);
    },
    until: async (deadline) => (await deadline.poll(() => isPrinted, pollMs)) === true,
    why: () => `no whole line of its standard output matches /${pattern.source}/`,
  };
}

const listens = (port: number): ReadyTest => ({
  port,
  until: async (deadline) => (await deadline.poll(() => isListening(port), pollMs)) === true,
  why: () => `nothing listens at port ${port} of this machine`,
});

/** Whether something takes connections at a port of the loopback interface. */
export async function isListening(port: number): Promise<boolean> {
  const taken = await Promise.all(loopbacks.map((host) => takesConnection(host, port)));
  return taken.includes(true);
}

async function takesConnection(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(requestMsMax) });
    return true;
  } catch {
    // Nothing listens there, or the machine has no such address.
    return false;
  } finally {
    socket.destroy();
  }
}

function isAtWork(group: string, access: AdminAccess): ReadyTest {
  let problem: string | undefined = 'was not looked at';
  const look = async (cluster: Cluster, within: AdminAccess): Promise<boolean> => {
    try {
      problem = await whyGroupIsIdle(within, cluster, group);
    } catch (error) {
      within.signal?.throwIfAborted();
      // Brokers may be down for a while, too.
      if (!(error instanceof OperationalError) && !isRetriable(error)) throw error;
      problem = `cannot be described: ${rootMessage(error)}`;
    }
    return problem === undefined;
  };
  return {
    until: async (deadline) => {
      const within = { ...access, signal: deadline.signal };
      await using cluster = await openCluster({ ...within, clientId: 'nodrop-ready' });
      return (await deadline.poll(() => look(cluster, within), groupPollMs)) === true;
    },
    why: () => `group ${group} ${problem}`,
  };
}
