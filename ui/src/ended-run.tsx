/** A run that was audited. */
import { useEffect } from 'preact/hooks';
import type { ComponentChildren, JSX } from 'preact';
import type { PageData } from '../../src/page/page-data.ts';
import { AckedBar } from './conservation-bar.tsx';
import { checkHopsOf } from './check-hops.ts';
import { CheckScope, PipelineScope } from './check-scope.tsx';
import { Confusion } from './confusion.tsx';
import { DeadLetterList } from './dead-letters.tsx';
import { Destinations } from './destinations.tsx';
import { Facts } from './facts.tsx';
import { Faults } from './faults.tsx';
import { Findings } from './findings.tsx';
import { Flow } from './flow.tsx';
import { hopsOf } from './hops.tsx';
import { Measured } from './measured.tsx';
import { CheckedPartitions, Partitions } from './partitions.tsx';
import { pipelineHopsOf } from './pipeline-hops.tsx';
import { Plots } from './plots.tsx';
import { Section } from './section.tsx';
import type { Explain } from './server.ts';
import { SetupOf } from './setup.tsx';
import { NotChecked, VerdictCard, verdictWords } from './verdict.tsx';

interface EndedRunProps {
  data: PageData;
  /** Asks the server; undefined in a report, which has none. */
  explain?: Explain;
  /** Shown above the verdict. */
  children?: ComponentChildren;
}

export function EndedRun({ data, explain, children }: EndedRunProps): JSX.Element {
  const { result } = data;
  const what = result.root === 'log' ? 'check' : 'run';
  const Body = bodies[result.root ?? 'workload'];
  useEffect(() => {
    document.title = `${verdictWords(result)}: ${what} ${result.run.id} · nodrop`;
  }, [result]);
  return (
    <>
      <Facts
        hasOthers={explain !== undefined}
        facts={{
          [what]: result.run.id,
          pipeline: result.pipeline?.name ?? null,
          [result.pipeline === undefined ? 'topic' : 'source']: result.pipeline?.source ?? result.run.topic,
          sink: result.check?.sink ?? null,
          seed: result.run.seed,
          begun: data.createdAt && new Date(data.createdAt).toLocaleString(),
          Kafka: result.environment.kafka,
          ZooKeeper: result.environment.zookeeper ?? null,
        }}
      />
      <main>
        {children}
        <VerdictCard result={result} />
        <NotChecked sentences={result.notChecked} />
        <Body data={data} explain={explain} />
      </main>
    </>
  );
}

interface BodyProps {
  data: PageData;
  explain: Explain | undefined;
}

function RunBody({ data, explain }: BodyProps): JSX.Element {
  const { result, series } = data;
  return (
    <>
      <Section title="Messages by hop">
        <Flow hops={hopsOf(data)} findings={result.findings} journal={result.evidence.journal} />
        <AckedBar result={result} />
        <DeadLetterList run={result.run.id} found={data.deadLetters} />
      </Section>
      <Findings data={data} explain={explain} />
      {series && (
        <Section title="Over time">
          <Plots
            series={series}
            thresholds={result.thresholds}
            isJournalKept={result.evidence.journal !== 'missing'}
          />
        </Section>
      )}
      <div class="columns">
        <Section title="Expected and stored">
          <Confusion result={result} />
        </Section>
        <Section title="Partitions">
          <Partitions partitions={result.partitions} leaders={series?.leaders.at(-1)?.leaders ?? []} />
        </Section>
      </div>
      <Faults faults={result.faults} />
      <Section title="Measured">
        <Measured result={result} />
      </Section>
      <Section title="Setup">
        <SetupOf data={data} />
      </Section>
    </>
  );
}

/** A check sends nothing, measures nothing and breaks nothing: it says what it has read. */
function CheckBody({ data, explain }: BodyProps): JSX.Element {
  const { result } = data;
  const isRead = result.evidence.log !== 'missing';
  return (
    <>
      <Section title="From the topic on">
        <Flow hops={checkHopsOf(result)} findings={result.findings} root={result.root} />
        {isRead && <AckedBar result={result} />}
      </Section>
      {isRead && <Findings data={data} explain={explain} />}
      {isRead && (
        <div class="columns">
          {result.check?.category !== undefined && (
            <Section title="Expected and found">
              <Confusion result={result} />
            </Section>
          )}
          <Section title="Partitions">
            <CheckedPartitions partitions={result.partitions} hasGroup={result.check?.group !== undefined} />
          </Section>
        </div>
      )}
      <Section title="What was checked">
        <CheckScope result={result} />
      </Section>
    </>
  );
}

/** nodrop made the messages, saw what became of each send, and read each hop: nothing is known of what lies between. */
function PipelineBody({ data, explain }: BodyProps): JSX.Element {
  const { result, series } = data;
  const hasCategories = result.pipeline!.destinations.some(({ forms }) => forms['category'] !== undefined);
  return (
    <>
      <Section title="From the producer on">
        <Flow hops={pipelineHopsOf(result)} findings={result.findings} root={result.root} />
        <AckedBar result={result} />
      </Section>
      <Findings data={data} explain={explain} />
      {hasCategories && (
        <Section title="Expected and found, at all hops together">
          <Confusion result={result} />
        </Section>
      )}
      <Section title="Hops and sinks">
        <Destinations result={result} />
      </Section>
      <Faults faults={result.faults} />
      {series && (
        <Section title="Over time">
          <Plots series={series} thresholds={result.thresholds} isJournalKept={false} />
        </Section>
      )}
      <Section title="Measured">
        <Measured result={result} />
      </Section>
      <Section title="What was driven">
        <PipelineScope result={result} />
      </Section>
    </>
  );
}

const bodies = { workload: RunBody, log: CheckBody, ledger: PipelineBody } as const;
