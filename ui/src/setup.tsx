/** The setup of a run, the time of its phases, and the command that repeats it. */
import type { JSX } from 'preact';
import { latencyText, grouped } from '../../src/report/text/quantities.ts';
import { shellWord } from '../../src/system/shell-word.ts';
import type { PageData } from '../../src/page/page-data.ts';
import type { Result } from '../../src/result/result.ts';
import { Command } from './copy.tsx';
import { FactList } from './facts.tsx';

export function SetupOf({ data }: { data: PageData }): JSX.Element {
  const { result, setup } = data;
  const course = setup?.course ?? null;
  const facts = { ...setupFacts(data), ...environmentFacts(result), ...countFacts(result) };
  return (
    <>
      <FactList facts={facts} look="setup" />
      <p class="more">Time: {timesOf(result)}</p>
      {course !== null && (
        <p class="more">
          To repeat the run: <Command text={course.command.map(shellWord).join(' ')} />
          {course.leftOut.length > 0 &&
            ` Left out, since they may hold secrets: ${course.leftOut.join(', ')}.`}
        </p>
      )}
    </>
  );
}

type Facts = Record<string, string | null>;

const counted = (count: number | null | undefined): string | null =>
  count === null || count === undefined ? null : grouped(count);

function setupFacts({ setup, result }: PageData): Facts {
  if (setup === null) return {};
  const { course, rate, durationMs, acks, states } = setup;
  return {
    messages: durationMs === undefined ? counted(result.run.messages) : `for ${latencyText(durationMs)}`,
    rate: rate === undefined ? 'as fast as possible' : `${grouped(rate)}/s`,
    'payload bytes': grouped(setup.payloadBytes),
    'batch size': grouped(setup.batchSize),
    acks: acks ?? null,
    states: states.map(({ name, weight }) => `${name} ${weight}`).join(', '),
    producers: grouped(setup.producers),
    consumers: counted(course?.consumers),
    partitions: grouped(setup.partitions),
    brokers:
      course === null ? null : course.brokers === null ? 'not started by nodrop' : grouped(course.brokers),
    store: course?.store === 'postgres' ? 'PostgreSQL' : course === null ? null : 'SQLite',
  };
}

const environmentFacts = ({ environment }: Result): Facts => ({
  client: environment.client,
  Node: environment.node,
  Java: environment.java,
});

const countFacts = ({ counts, evidence }: Result): Facts => ({
  redelivered: counts.redelivered === null ? 'not measured' : grouped(counts.redelivered),
  'unknown outcome, written': grouped(counts.unknownWritten),
  'unknown outcome, not written':
    evidence.log === 'missing' ? 'not known' : grouped(counts.unknownNotWritten),
});

function timesOf({ timings }: Result): string {
  const phases = [
    ['broker', timings.brokerStartMs],
    ['produce', timings.produceMs],
    ['drain', timings.drainMs],
    ['audit', timings.auditMs],
    ['in all', timings.totalMs],
  ] as const;
  return phases.flatMap(([name, ms]) => (ms === null ? [] : [`${name} ${latencyText(ms)}`])).join(', ');
}
