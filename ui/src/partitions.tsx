import type { JSX } from 'preact';
import { Scroll } from './scroll.tsx';
import { grouped } from '../../src/report/quantities.ts';
import type { PartitionProgress } from '../../src/run-progress.ts';
import type { PartitionState } from '../../src/verdict.ts';

const shownMax = 200;

export function Partitions({
  partitions,
  leaders,
}: {
  partitions: readonly PartitionState[];
  leaders: readonly number[];
}): JSX.Element {
  return (
    <Scroll label="partitions">
      <table>
        <caption class="sr">Where each partition ends, and how far the store came</caption>
        <thead>
          <tr>
            {['partition', 'leader', 'begins', 'ends', 'stored to', 'committed', 'lag'].map((name) => (
              <th key={name} scope="col" class="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {partitions.slice(0, shownMax).map(({ partition, start, end, stored, committed, lag }) => (
            <tr key={partition}>
              <th scope="row" class="number">
                {partition}
              </th>
              <td class="number">{leaderText(leaders[partition])}</td>
              <td class="number">{told(start)}</td>
              <td class="number">{told(end)}</td>
              <td class="number">{told(stored)}</td>
              <td class="number">{told(committed)}</td>
              <td class={`number ${lag ? 'wrong' : ''}`}>{told(lag)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {partitions.length > shownMax && <p class="more">and {partitions.length - shownMax} more</p>}
    </Scroll>
  );
}

const told = (offset: number | null): string => (offset === null ? '–' : grouped(offset));

/** Of a run that is under way. */
export function LivePartitions({ partitions }: { partitions: readonly PartitionProgress[] }): JSX.Element {
  if (partitions.length === 0) return <p class="more">None is known yet.</p>;
  return (
    <Scroll label="partitions">
      <table>
        <caption class="sr">How far each partition is acknowledged, and how far the store came</caption>
        <thead>
          <tr>
            {['partition', 'leader', 'acknowledged to', 'stored to', 'lag'].map((name) => (
              <th key={name} scope="col" class="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {partitions.slice(0, shownMax).map(({ partition, leader, acked, stored, lag }) => (
            <tr key={partition}>
              <th scope="row" class="number">
                {partition}
              </th>
              <td class="number">{leaderText(leader ?? undefined)}</td>
              <td class="number">{told(acked)}</td>
              <td class="number">{told(stored)}</td>
              <td class="number">{told(lag)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {partitions.length > shownMax && <p class="more">and {partitions.length - shownMax} more</p>}
    </Scroll>
  );
}

/** −1: nobody leads it. */
const leaderText = (leader: number | undefined): string =>
  leader === undefined ? '–' : leader < 0 ? 'none' : String(leader);
