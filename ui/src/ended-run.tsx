/** A run that was audited. */
import { useEffect } from 'preact/hooks';
import type { ComponentChildren, JSX } from 'preact';
import type { PageData } from '../../src/page/page-data.ts';
import { AckedBar } from './conservation-bar.tsx';
import { Confusion } from './confusion.tsx';
import { DeadLetterList } from './dead-letters.tsx';
import { Facts } from './facts.tsx';
import { Faults } from './faults.tsx';
import { Findings } from './findings.tsx';
import { Flow } from './flow.tsx';
import { hopsOf } from './hops.tsx';
import { Measured } from './measured.tsx';
import { Partitions } from './partitions.tsx';
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
  const { result, series } = data;
  useEffect(() => {
    document.title = `${verdictWords(result)}: run ${result.run.id} · nodrop`;
  }, [result]);
  return (
    <>
      <Facts
        hasOthers={explain !== undefined}
        facts={{
          run: result.run.id,
          topic: result.run.topic,
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
      </main>
    </>
  );
}
