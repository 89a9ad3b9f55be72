import type { JSX } from 'preact';
import type { PageData } from '../../src/page-data.ts';
import { Confusion } from './confusion.tsx';
import { Faults } from './faults.tsx';
import { Findings } from './findings.tsx';
import { Flow } from './flow.tsx';
import { Measured } from './measured.tsx';
import { Partitions } from './partitions.tsx';
import { Plots } from './plots.tsx';
import { Section } from './section.tsx';
import { NotChecked, VerdictCard } from './verdict.tsx';

export function App({ data }: { data: PageData }): JSX.Element {
  const { result } = data;
  return (
    <>
      <header class="top">
        <span class="brand">nodrop</span>
        <dl class="facts">
          <Fact name="run" value={result.run.id} />
          <Fact name="topic" value={result.run.topic} />
          <Fact name="seed" value={result.run.seed} />
          <Fact name="begun" value={data.createdAt && new Date(data.createdAt).toLocaleString()} />
          <Fact name="Kafka" value={result.environment.kafka} />
        </dl>
      </header>
      <main>
        <VerdictCard result={result} />
        <NotChecked sentences={result.notChecked} />
        <Section title="The way of the messages">
          <Flow result={result} />
        </Section>
        <Findings data={data} />
        {data.series && (
          <Section title="Over time">
            <Plots series={data.series} />
          </Section>
        )}
        <div class="columns">
          <Section title="Expected and stored">
            <Confusion result={result} />
          </Section>
          <Section title="Partitions">
            <Partitions partitions={result.partitions} leaders={data.series?.leaders.at(-1)?.leaders ?? []} />
          </Section>
        </div>
        <Faults faults={result.faults} />
        <Section title="Measured">
          <Measured result={result} />
        </Section>
      </main>
    </>
  );
}

function Fact({
  name,
  value,
}: {
  name: string;
  value: string | number | null | undefined;
}): JSX.Element | null {
  if (value === null || value === undefined) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
