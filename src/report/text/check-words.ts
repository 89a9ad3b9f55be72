/** What a check proves, and on which evidence, in words: a check must not read like a run. */
import type { CheckSummary, Result } from '../../result/result.ts';

const partitionsShown = 3;

/** `orders 0:0-59, 1:0-61`: the first and the last offset of each partition's range. */
export function rangesText({ ranges }: CheckSummary): string {
  const topics = [...new Set(ranges.map(({ topic }) => topic))];
  return topics
    .map((topic) => {
      const own = ranges.filter((range) => range.topic === topic);
      const shown = own.slice(0, partitionsShown).map(rangeText).join(', ');
      const more = own.length - partitionsShown;
      const others = more <= 0 ? '' : ` and ${more} more ${more === 1 ? 'partition' : 'partitions'}`;
      return `${topic} ${shown}${others}`;
    })
    .join('; ');
}

const rangeText = ({ partition, from, to }: CheckSummary['ranges'][number]): string =>
  from === to ? `${partition}: nothing` : `${partition}:${from}-${to - 1}`;

export const rootText = 'the topic: nothing before it was looked at';

/** `topic and sink were read by nodrop; commits are what group orders-worker reports` */
export function provenanceText({ provenance, check }: Pick<Result, 'provenance' | 'check'>): string {
  if (provenance?.log === undefined) return 'not known';
  const read =
    provenance.store === 'read'
      ? 'topic and sink were read by nodrop'
      : 'the topic was read by nodrop; what is in the sink is what a program reports';
  if (provenance.commits === undefined) return read;
  return `${read}; commits are what group ${check?.group ?? ''} reports`;
}

/** `nodrop made the messages and read out and table; what is in files is what a program reports` */
export function pipelineProvenanceText({
  provenance = {},
  pipeline,
}: Pick<Result, 'provenance' | 'pipeline'>): string {
  const names = pipeline?.destinations.map(({ name }) => name) ?? [];
  const of = (kind: string): string[] => names.filter((name) => provenance[name] === kind);
  const [read, reported] = [of('read'), of('reported')];
  return [
    `nodrop made the messages${read.length === 0 ? '' : ` and read ${read.join(', ')}`}`,
    ...(reported.length === 0 ? [] : [`what is in ${reported.join(', ')} is what a program reports`]),
    ...(provenance['commits'] === undefined ? [] : ['commits are what groups report']),
  ].join('; ');
}

/** What a row of the sink is called: `row`, `record`, `line`. */
export const rowWord = ({ rows }: CheckSummary, count: number): string =>
  count === 1 ? rows.replace(/s$/, '') : rows;

/** How a check must be told apart from others, for reports of a few lines. */
export const scopeText = (result: Result & { check: CheckSummary }): string =>
  `Range: ${rangesText(result.check)}; ${provenanceText(result)}.`;

/** The consumer of a check is not seen: the blame is all that it can say. */
export const blameText = 'consumer stands for all between topic and sink';
