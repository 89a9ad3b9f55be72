/** The runs of a folder, side by side. */
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { latencyText, grouped } from '../../src/report/text/quantities.ts';
import type { RunRow } from '../../src/page/page-data.ts';
import { Facts } from './facts.tsx';
import { Scroll } from './scroll.tsx';
import { Section } from './section.tsx';
import { listRuns } from './server.ts';

const everyMs = 2_000;

export function Runs(): JSX.Element {
  const rows = useSignal<RunRow[] | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  useEffect(() => {
    document.title = 'runs · nodrop';
    const load = async (): Promise<void> => {
      // The page is hidden: do not keep the server busy.
      if (document.hidden) return;
      try {
        rows.value = await listRuns();
        problem.value = undefined;
      } catch {
        problem.value = 'nodrop does not answer; this page tries again. The list below is old.';
      }
    };
    void load();
    const timer = setInterval(() => void load(), everyMs);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <Facts hasOthers={false} facts={{}} />
      <main>
        <h1 class="sr">Runs</h1>
        {problem.value && <p role="status">{problem.value}</p>}
        <Section title="Runs">
          {rows.value === undefined ? <p>Loading …</p> : <Table rows={rows.value} />}
        </Section>
      </main>
    </>
  );
}

function Table({ rows }: { rows: readonly RunRow[] }): JSX.Element {
  if (rows.length === 0)
    return (
      <p>
        There is no run yet. <code>nodrop run</code> makes one.
      </p>
    );
  return (
    <Scroll label="runs">
      <table>
        <caption class="sr">Runs, the latest first</caption>
        <thead>
          <tr>
            <th scope="col">run</th>
            <th scope="col">verdict</th>
            <th scope="col">findings</th>
            {['messages', 'acked/s', 'stored/s', 'acked p99', 'stored p99', 'faults'].map((name) => (
              <th key={name} scope="col" class="number">
                {name}
              </th>
            ))}
            <th scope="col">begun</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.id} row={row} />
          ))}
        </tbody>
      </table>
      {rows.some(({ isPartial }) => isPartial.acked || isPartial.stored) && (
        <p class="more">* The latencies of at least one process are missing: see the run.</p>
      )}
    </Scroll>
  );
}

function Row({ row }: { row: RunRow }): JSX.Element {
  const { id, pipeline, messages, rates, latency, isPartial, findings, faults, time } = row;
  const verdict = verdictOf(row);
  const numbers = [
    messages === null ? '–' : grouped(messages),
    rates.acked === null ? '–' : grouped(rates.acked),
    rates.stored === null ? '–' : grouped(rates.stored),
    p99Text(latency.acked, isPartial.acked),
    p99Text(latency.stored, isPartial.stored),
    faults === 0 ? '·' : grouped(faults),
  ];
  return (
    <tr>
      <th scope="row">
        <a href={`/runs/${id}`}>{id}</a>
        {pipeline !== null && <p class="more">{pipeline}</p>}
      </th>
      <td class={`nowrap ${verdict.look}`}>
        <span aria-hidden="true">{verdict.sign}</span> {verdict.word}
      </td>
      <td>{findings.map(findingText).join(', ') || '·'}</td>
      {numbers.map((text, index) => (
        <td key={index} class="number">
          {text}
        </td>
      ))}
      <td class="nowrap">{new Date(time).toLocaleString()}</td>
    </tr>
  );
}

const findingText = ({ kind, hop, count }: RunRow['findings'][number]): string =>
  `${grouped(count)} ${kind}${hop === undefined ? '' : ` at ${hop}`}`;

/** With a star if the latency logs of some processes are missing. */
const p99Text = (ms: number | null, isPartial: boolean): string =>
  ms === null ? '–' : `${latencyText(ms)}${isPartial ? ' *' : ''}`;

function verdictOf({ isUnderWay, verdict, thresholdsMissed }: RunRow): {
  word: string;
  sign: string;
  look: string;
} {
  if (isUnderWay) return { word: 'under way', sign: '▶', look: '' };
  if (verdict === 'pass' && thresholdsMissed > 0)
    return { word: 'pass, threshold missed', sign: '!', look: 'doubtful' };
  if (verdict === 'pass') return { word: 'pass', sign: '✓', look: 'right' };
  if (verdict === 'fail') return { word: 'fail', sign: '✗', look: 'wrong' };
  return { word: verdict ?? 'not audited', sign: '?', look: 'doubtful' };
}
