/** Partitions, a line each: their offsets, the store's position, and their leaders. */
import type { JSX } from 'preact';
import { Scroll } from './scroll.tsx';
import { grouped } from '../../src/report/text/quantities.ts';
import type { PartitionProgress } from '../../src/watch/run-progress.ts';
import type { PartitionState } from '../../src/result/verdict.ts';

const shownMax = 200;

/** By the names of the columns; null if not known. */
type Offsets = Record<string, number | null>;

interface Row {
  partition: number | string;
  /** −1: it has no leader. Absent for a check, which does not ask. */
  leader?: number | null | undefined;
  offsets: Offsets;
}

/** For a run that was audited. A partition that still lags is wrong. */
export const Partitions = ({
  partitions,
  leaders,
}: {
  partitions: readonly PartitionState[];
  leaders: readonly number[];
}): JSX.Element => (
  <Table
    caption="The end of each partition, and the store's position"
    wrongIfAny="lag"
    rows={partitions.map(({ partition, start, end, stored, committed, lag }) => ({
      partition,
      leader: leaders[partition],
      offsets: { begins: start, ends: end, 'stored to': stored, committed, lag },
    }))}
  />
);

/** For a check: the ranges that it read, and how far the application's group says to be. */
export const CheckedPartitions = ({
  partitions,
  hasGroup,
}: {
  partitions: readonly PartitionState[];
  hasGroup: boolean;
}): JSX.Element => (
  <Table
    caption="The range of each partition that was checked"
    rows={partitions.map(({ topic, partition, start, end, committed }) => ({
      partition: topic === undefined ? partition : `${topic} ${partition}`,
      offsets: { 'range begins': start, 'range ends': end, ...(hasGroup && { committed }) },
    }))}
  />
);

/** For a run that is under way. Without a journal, the store's position is not known. */
export const LivePartitions = ({
  partitions,
  isJournalKept,
}: {
  partitions: readonly PartitionProgress[];
  isJournalKept: boolean;
}): JSX.Element => (
  <Table
    caption="The acknowledged end of each partition, and the store's position"
    rows={partitions.map(({ partition, leader, acked, stored, lag }) => ({
      partition,
      leader,
      offsets: {
        'acknowledged to': acked,
        'stored to': isJournalKept ? stored : null,
        lag: isJournalKept ? lag : null,
      },
    }))}
  />
);

function Table({
  caption,
  rows,
  wrongIfAny,
}: {
  caption: string;
  rows: readonly Row[];
  wrongIfAny?: string;
}): JSX.Element {
  const [first] = rows;
  const hasLeaders = rows.some((row) => 'leader' in row);
  if (first === undefined) return <p class="more">No partition is known yet.</p>;
  return (
    <Scroll label="partitions">
      <table>
        <caption class="sr">{caption}</caption>
        <thead>
          <tr>
            {['partition', ...(hasLeaders ? ['leader'] : []), ...Object.keys(first.offsets)].map((name) => (
              <th key={name} scope="col" class="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, shownMax).map(({ partition, leader, offsets }) => (
            <tr key={partition}>
              <th scope="row" class="number">
                {partition}
              </th>
              {hasLeaders && <td class="number">{leaderText(leader)}</td>}
              {Object.entries(offsets).map(([name, offset]) => (
                <td key={name} class={`number ${name === wrongIfAny && offset ? 'wrong' : ''}`}>
                  {offset === null ? '–' : grouped(offset)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > shownMax && <p class="more">and {rows.length - shownMax} more</p>}
    </Scroll>
  );
}

const leaderText = (leader: number | null | undefined): string => {
  if (leader === null || leader === undefined) return '–';
  return leader < 0 ? 'none' : String(leader);
};
