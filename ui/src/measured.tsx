import type { JSX } from 'preact';
import { Scroll } from './scroll.tsx';
import { durationText, grouped, thresholdValueText } from '../../src/report/quantities.ts';
import type { Latency, Result } from '../../src/result.ts';

const shown = ['p50', 'p90', 'p99', 'p99.9', 'max'] as const;

export function Measured({ result }: { result: Result }): JSX.Element {
  const { latency, rates, thresholds } = result;
  return (
    <>
      <Scroll label="latencies and rates">
        <table>
          <caption class="sr">How long messages took from their send on, and how many came a second</caption>
          <thead>
            <tr>
              <th scope="col">until</th>
              {[...shown, 'messages/s'].map((name) => (
                <th key={name} scope="col" class="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Row name="acknowledged" latency={latency.acked} rate={rates.acked} />
            <Row name="stored" latency={latency.stored} rate={rates.stored} />
          </tbody>
        </table>
      </Scroll>
      {thresholds.length > 0 && (
        <ul class="thresholds">
          {thresholds.map((each) => (
            <li key={each.threshold} class={each.met ? 'right' : 'wrong'}>
              {each.met ? '✓' : '✗'} <code>{each.threshold}</code>: {thresholdValueText(each)}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Row({
  name,
  latency,
  rate,
}: {
  name: string;
  latency: Latency | null;
  rate: number | null;
}): JSX.Element {
  return (
    <tr>
      <th scope="row">{name}</th>
      {shown.map((each) => (
        <td key={each} class="number">
          {latency === null ? '–' : durationText(latency[each])}
        </td>
      ))}
      <td class="number">{rate === null ? '–' : grouped(rate)}</td>
    </tr>
  );
}
