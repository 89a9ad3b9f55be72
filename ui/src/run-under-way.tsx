/** A run that was not audited yet: what its processes have recorded so far. */
import { useEffect } from 'preact/hooks';
import type { JSX } from 'preact';
import type { LiveRun } from '../../src/page/page-data.ts';
import type { RunProgress } from '../../src/watch/run-progress.ts';
import type { Series } from '../../src/watch/series.ts';
import { HandedOverBar, LiveBar } from './conservation-bar.tsx';
import { Facts } from './facts.tsx';
import { Faults } from './faults.tsx';
import { Flow } from './flow.tsx';
import { liveHopsOf } from './hops.tsx';
import { livePipelineHops } from './pipeline-hops.tsx';
import type { Connection } from './live-page.tsx';
import { MessageSearch } from './message-search.tsx';
import { LivePartitions } from './partitions.tsx';
import { Plots } from './plots.tsx';
import { Section } from './section.tsx';
import type { Explain } from './server.ts';

interface RunUnderWayProps {
  run: string;
  /** undefined before the server has answered. */
  live: LiveRun | undefined;
  series: Series | undefined;
  connection: Connection;
  explain: Explain;
}

export function RunUnderWay({ run, live, series, connection, explain }: RunUnderWayProps): JSX.Element {
  const state = stateOf(live, connection);
  useEffect(() => {
    document.title = `${state.word.toLowerCase()}: run ${run} · nodrop`;
  }, [state.word]);
  const progress = live?.progress;
  return (
    <>
      <Facts
        hasOthers
        facts={{
          [progress?.check === undefined ? 'run' : 'check']: run,
          pipeline: progress?.pipeline?.name ?? null,
          topic: progress?.topic ?? null,
          seed: progress?.seed ?? null,
          begun: progress?.createdAt ? new Date(progress.createdAt).toLocaleString() : null,
        }}
      />
      <main>
        <section class={`verdict ${state.look}`} aria-labelledby="verdict">
          <span class="sign" aria-hidden="true">
            {state.sign}
          </span>
          <div>
            <h1 id="verdict">{state.word}</h1>
            <p role="status">{state.sentence}</p>
          </div>
        </section>
        {progress?.pipeline !== undefined && <ShownPipeline progress={progress} series={series} />}
        {progress && progress.check === undefined && progress.pipeline === undefined && (
          <Shown progress={progress} series={series} explain={explain} />
        )}
      </main>
    </>
  );
}

interface ShownProps {
  progress: RunProgress;
  series: Series | undefined;
  explain: Explain;
}

const Shown = ({ progress, series, explain }: ShownProps): JSX.Element => (
  <>
    <Section title="Messages by hop">
      <Flow hops={liveHopsOf(progress)} findings={[]} />
      <LiveBar progress={progress} />
    </Section>
    <Faults faults={progress.faults} />
    {series && (
      <Section title="Over time">
        <Plots series={series} thresholds={[]} isJournalKept={progress.consumers > 0} />
      </Section>
    )}
    <div class="columns">
      <Section title="Partitions">
        <LivePartitions partitions={progress.partitions} isJournalKept={progress.consumers > 0} />
      </Section>
      <Section title="Find a message">
        <MessageSearch explain={explain} />
      </Section>
    </div>
  </>
);

const ShownPipeline = ({ progress, series }: Omit<ShownProps, 'explain'>): JSX.Element => (
  <>
    <Section title="From the producer on">
      <Flow hops={livePipelineHops(progress)} findings={[]} />
      <HandedOverBar progress={progress} />
    </Section>
    <Faults faults={progress.faults} />
    {series && (
      <Section title="Over time">
        <Plots series={series} thresholds={[]} isJournalKept={false} />
      </Section>
    )}
  </>
);

interface State {
  word: string;
  sign: string;
  look: string;
  sentence: string;
}

const phases: Record<NonNullable<RunProgress['phase']>, string> = {
  starting: 'Apache Kafka is starting.',
  publishing: 'Messages are being published and stored.',
  draining: 'All messages are published; the rest is being stored.',
  auditing: 'All messages are stored; the audit is running.',
};

const checking = 'The check reads topic and sink, and compares them. The verdict will stand here.';

/** Of a run of a user's pipeline. */
function pipelineSentence({ pipeline, phase }: RunProgress): string {
  const { name, step } = pipeline!;
  if (step !== null) return `${step[0]!.toUpperCase()}${step.slice(1)}.`;
  if (phase === 'publishing') return `Messages are being handed over to ${name}.`;
  if (phase === 'draining') return 'All messages are handed over; faults may still go on.';
  return 'Apache Kafka and the processes of the pipeline are starting.';
}

function stateOf(live: LiveRun | undefined, connection: Connection): State {
  const doubtful = { sign: '?', look: 'inconclusive' };
  if (connection === 'gone') return { ...doubtful, word: 'GONE', sentence: 'This run no longer exists.' };
  if (connection === 'lost')
    return {
      ...doubtful,
      word: 'NO CONNECTION',
      sentence:
        'nodrop does not answer; this page tries again. If nodrop was restarted, open the address that it printed.',
    };
  if (live === undefined) return { ...doubtful, sign: '…', word: 'LOADING', sentence: 'Waiting for nodrop.' };
  const { isUnderWay, progress } = live;
  if (connection === 'closed')
    return {
      ...doubtful,
      word: 'CLOSED',
      sentence: 'nodrop has ended. The page shows the state of the run at that time.',
    };
  if (isUnderWay) {
    const { phase } = progress;
    const sentence =
      progress.check !== undefined
        ? checking
        : progress.pipeline !== undefined
          ? pipelineSentence(progress)
          : phase === null
            ? 'Its stages were started by hand.'
            : phases[phase];
    return { sign: '▶', look: 'under-way', word: 'UNDER WAY', sentence };
  }
  if (progress.check !== undefined)
    return {
      ...doubtful,
      word: 'NO VERDICT',
      sentence: 'The check was stopped before it came to a verdict: run nodrop check again.',
    };
  if (progress.ended !== null)
    return { ...doubtful, word: 'NO VERDICT', sentence: 'The run ended before it could be audited.' };
  if (progress.pipeline !== undefined)
    return {
      ...doubtful,
      word: 'NO VERDICT',
      sentence: `The run was stopped before it came to a verdict: run nodrop run ${progress.pipeline.name} again.`,
    };
  return {
    ...doubtful,
    word: 'NOT AUDITED',
    sentence: `No process works on this run. For a verdict: nodrop verify ${progress.run}`,
  };
}
