/** A table of processes that did the same work, with the ratio of the first to one of them. */
import { spreadOf } from './spread.ts';
import { atMost, groupedDigits, mebibytes, spreadText, tableOf } from './table.ts';
import type { TimedProcess } from './time-process.ts';

export function ratesTable(
  messages: number,
  samples: ReadonlyMap<string, readonly TimedProcess[]>,
  { beside, ratioMax }: { beside: string; ratioMax: number },
): string {
  const secondsOf = (name: string) => spreadOf(samples.get(name)!.map(({ seconds }) => seconds));
  const peer = secondsOf(beside);
  const rows = [...samples].map(([name, taken], index) => {
    const seconds = secondsOf(name);
    const peak = Math.max(...taken.flatMap(({ peakBytes }) => Object.values(peakBytes)));
    return [
      name,
      spreadText(seconds),
      groupedDigits(messages / seconds.median),
      String(mebibytes(peak)),
      index === 0 ? atMost(seconds.median / peer.median, ratioMax) : '',
    ];
  });
  const columns = ['seconds', 'messages/s', 'peak MiB', `ratio to ${beside}`];
  return tableOf([`${groupedDigits(messages)} messages`, ...columns], rows);
}
