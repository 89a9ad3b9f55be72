import type { JSX } from 'preact';
import { Scroll } from './scroll.tsx';
import type { FaultRecord } from '../../src/result/result.ts';
import { Section } from './section.tsx';

export function Faults({ faults }: { faults: readonly FaultRecord[] }): JSX.Element | null {
  if (faults.length === 0) return null;
  return (
    <Section title="Faults">
      <Scroll label="faults and their evidence">
        <table>
          <thead>
            <tr>
              <th scope="col">fault</th>
              <th scope="col">on</th>
              <th scope="col" class="number">
                from, to
              </th>
              <th scope="col">took effect</th>
              <th scope="col">evidence</th>
            </tr>
          </thead>
          <tbody>
            {faults.map((fault, index) => (
              <tr key={index}>
                <th scope="row">
                  <code>{fault.schedule}</code>
                </th>
                <td>{fault.target ?? '–'}</td>
                <td class="number">
                  {secondsOf(fault.startMs)}, {secondsOf(fault.endMs)}
                </td>
                <td class={isOver(fault) ? (fault.tookEffect ? 'right' : 'wrong') : ''}>
                  {isOver(fault) ? (fault.tookEffect ? '✓ yes' : '✗ no') : '… under way'}
                </td>
                <td>{fault.evidence.join('; ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Section>
  );
}

/** A fault that is never undone has no end; it gets its evidence at the end of the run. */
const isOver = ({ endMs, tookEffect, evidence }: FaultRecord): boolean =>
  endMs !== null || tookEffect || evidence.length > 0;

const secondsOf = (ms: number | null): string => (ms === null ? '–' : `${(ms / 1_000).toFixed(1)} s`);
