/** A finding and the messages that it names, in a few words. */
import type { Example, Finding } from '../../result/verdict.ts';
import { grouped } from './quantities.ts';
import { shortText } from './shorten.ts';

type FindingCount = Pick<Finding, 'kind' | 'blame' | 'count' | 'hop'>;

/** `3 lost (store)`; in a user's pipeline, `3 lost at enriched (consumer)`. */
export const findingText = ({ kind, blame, count, hop }: FindingCount): string =>
  `${grouped(count)} ${kind}${hop === undefined ? '' : ` at ${hop}`} (${blame})`;

/** `3 lost (store), 1 phantom (consumer)`. */
export const findingsText = (findings: readonly FindingCount[]): string =>
  findings.map(findingText).join(', ');

/** `p0-126 (completed) at 1:59: not in the store`. */
export function exampleText({ id, state, sink, topic, partition, offset, detail }: Example): string {
  const log = topic === undefined ? '' : `${topic}/`;
  const position = partition === undefined ? '' : `at ${log}${partition}:${offset ?? '?'}`;
  const where = sink === undefined ? '' : `in sink ${sink}`;
  const what = [id, state === undefined ? '' : `(${state})`, position, where].filter(Boolean).join(' ');
  return detail === undefined ? what : `${what}: ${detail}`;
}

/** The lines of a short report: the finding, its cause, and some of its messages. */
export function findingLines(finding: Finding, examplesShown: number): string[] {
  const { cause, allowed, count, examples } = finding;
  const shown = examples.slice(0, examplesShown);
  const facts = [
    findingText(finding),
    cause === undefined ? '' : `cause ${cause}`,
    allowed === true ? 'allowed' : '',
  ];
  return [
    facts.filter(Boolean).join(', '),
    ...shown.map((example) => `  ${shortText(exampleText(example))}`),
    ...(count > shown.length ? [`  and ${grouped(count - shown.length)} more`] : []),
  ];
}
