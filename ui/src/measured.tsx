import type { JSX } from 'preact';
import { Scroll } from './scroll.tsx';
import { latencyText, grouped } from '../../src/report/text/quantities.ts';
import type { Latency, Result } from '../../src/result/result.ts';

const shown = ['p50', 'p90', 'p99', 'p99.9', 'max'] as const;

export function Measured({ result }: { result: Result }): JSX.Element {
  const { latency, rates, root } = result;
  const { missing } = latency;
  const lacking = [...missing.acked, ...missing.stored];
  return (
    <>
      <Scroll label="latencies and rates">
        <table>
          <caption class="sr">Latencies from the send of a message, and messages per second</caption>
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
            <Row
              name="acknowledged"
              latency={latency.acked}
              rate={rates.acked}
              isPartial={missing.acked.length > 0}
            />
            {/* What a user's pipeline stores has no times. */}
            {root !== 'ledger' && (
              <Row
                name="stored"
                latency={latency.stored}
                rate={rates.stored}
                isPartial={missing.stored.length > 0}
              />
            )}
          </tbody>
        </table>
      </Scroll>
      {lacking.length > 0 && (
        <ul class="footnotes">
          {lacking.map((log) => (
            <li key={log}>* without {log}</li>
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
  isPartial,
}: {
  name: string;
  latency: Latency | null;
  rate: number | null;
  /** Latency logs are missing: the numbers are those of the other processes. */
  isPartial: boolean;
}): JSX.Element {
  const star = isPartial ? ' *' : '';
  return (
    <tr>
      <th scope="row">{name}</th>
      {shown.map((each) => (
        <td key={each} class="number">
          {latency === null ? '–' : latencyText(latency[each])}
          {star}
        </td>
      ))}
      <td class="number">
        {rate === null ? '–' : grouped(rate)}
        {star}
      </td>
    </tr>
  );
}
