/** Partitions, a line each: where they end, how far the store came, and who leads them. */
import type { JSX } from 'preact';
import { Scroll } from './scroll.tsx';
import { grouped } from '../../src/report/text/quantities.ts';
import type { PartitionProgress } from '../../src/watch/run-progress.ts';
import type { PartitionState } from '../../src/result/verdict.ts';

const shownMax = 200;

/** By the names of the columns; null: not known. */
type Offsets = Record<string, number | null>;

interface Row {
  partition: number;
  /** −1: nobody leads it. */
  leader: number | null | undefined;
  offsets: Offsets;
}

/** Of a run that was audited. What lags then is wrong. */
export const Partitions = ({
  partitions,
  leaders,
}: {
  partitions: readonly PartitionState[];
  leaders: readonly number[];
}): JSX.Element => (
  <Table
    caption="Where each partition ends, and how far the store came"
    wrongIfAny="lag"
    rows={partitions.map(({ partition, start, end, stored, committed, lag }) => ({
      partition,
      leader: leaders[partition],
      offsets: { begins: start, ends: end, 'stored to': stored, committed, lag },
    }))}
  />
);

/** For a run that is under way. Without a journal nobody knows how far the store came. */
export const LivePartitions = ({
  partitions,
  isJournalKept,
}: {
  partitions: readonly PartitionProgress[];
  isJournalKept: boolean;
}): JSX.Element => (
  <Table
    caption="How far each partition is acknowledged, and how far the store came"
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
  if (first === undefined) return <p class="more">None is known.</p>;
  return (
    <Scroll label="partitions">
      <table>
        <caption class="sr">{caption}</caption>
        <thead>
          <tr>
            {['partition', 'leader', ...Object.keys(first.offsets)].map((name) => (
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
              <td class="number">{leaderText(leader)}</td>
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
