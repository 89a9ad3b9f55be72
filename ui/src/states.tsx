import type { JSX } from 'preact';
import { grouped } from '../../src/report/text/quantities.ts';

/** Colour-blind readers can tell them apart, also by their patterns; each has its name next to it. */
const looks = 6;

export function StateBars({ counts, most }: { counts: Record<string, number>; most: number }): JSX.Element {
  return (
    <ul class="states">
      {Object.entries(counts).map(([state, count], index) => (
        <li key={state}>
          <span class="label">{state}</span>
          <span class="bar" aria-hidden="true">
            <span class={`fill look-${index % looks}`} style={{ width: `${(100 * count) / most}%` }} />
          </span>
          <span class="value">{grouped(count)}</span>
        </li>
      ))}
    </ul>
  );
}
