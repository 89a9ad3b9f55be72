/** Searches a page's data for a message, and describes the findings that it shows. */
import type { PageData } from '../../src/page/page-data.ts';
import { grouped } from '../../src/report/text/quantities.ts';
import type { Timeline } from '../../src/explain/timeline.ts';
import type { SingleFinding } from '../../src/result/verdict.ts';
import type { Kind } from './kind-chips.tsx';

export interface Search {
  text: string;
  /** Whether the text has the form of a message's id or of a position. */
  isName: boolean;
  /** The findings on the page that the text names; all if there is no text. */
  named: SingleFinding[];
  /** The timeline of the message, if it is on the page. */
  timeline: Timeline | undefined;
}

export function soughtIn({ findings, timelines, result }: PageData, typed: string): Search {
  const text = typed.trim();
  const own = Object.hasOwn(timelines, text) ? timelines[text] : undefined;
  return {
    text,
    // The ids of a check and of a user's pipeline are the user's, of any form.
    isName: (result.root !== undefined && text !== '') || /^p\d+-\d+$/.test(text) || /^\d+:\d+$/.test(text),
    named: findings.filter((finding) => isNamed(finding, text)),
    timeline: own ?? Object.values(timelines).find((each) => text !== '' && each.id === text),
  };
}

interface Shown {
  matching: readonly SingleFinding[];
  /** The kind that was chosen. */
  kind: Kind | undefined;
  /** Whether only some states or partitions were chosen. */
  isFiltered: boolean;
}

/** The status line. It says that there is no finding only if the page holds all findings. */
export function statusOf(data: PageData, search: Search, { matching, kind, isFiltered }: Shown): string {
  const { findings, findingsInAll } = data;
  const held = grouped(findings.length);
  const isAll = findings.length >= findingsInAll;
  const { text, named } = search;
  if (text === '' && findingsInAll === 0) return noFinding(data);
  if (matching.length === 0 && text !== '' && named.length > 0)
    return `${grouped(named.length)} of ${grouped(findingsInAll)} findings ${named.length === 1 ? 'names it, but it is' : 'name it, but they are'} hidden by the filters.`;
  if (matching.length === 0 && text !== '') {
    if (search.timeline !== undefined) return 'No finding shown here names it. Its timeline:';
    if (!isAll)
      return `It is not among the ${held} findings on this page, of ${grouped(findingsInAll)} in all.`;
    return isRight(data, text) ? 'Nothing is wrong with it.' : 'No finding names it.';
  }
  const of = isAll ? '' : `, of the ${held} that this page holds`;
  if (text !== '' || isFiltered)
    return `${grouped(matching.length)} of ${grouped(findingsInAll)} findings${of}`;
  const wanted = kind?.count ?? findingsInAll;
  const findingsText = wanted === 1 ? 'finding' : 'findings';
  const name = kind === undefined ? findingsText : nameOf(kind);
  return matching.length === wanted
    ? `${grouped(wanted)} ${name}`
    : `${grouped(wanted)} ${name}; this page holds ${grouped(matching.length)} of them`;
}

const nameOf = ({ kind, blame, hop }: Kind): string =>
  `${kind}${hop === undefined ? '' : ` at ${hop}`} (${blame})`;

function noFinding({ result: { verdict, notChecked, evidence, root } }: PageData): string {
  if (verdict === 'pass') return 'Nothing was found wrong.';
  const hops = ['ledger', 'log', 'store'] as const;
  // A user's pipeline has hops of its own, of which the sentences speak.
  const unread = root === 'ledger' ? [] : hops.filter((hop) => evidence[hop] !== 'whole');
  if (unread.length > 0) return `No finding; the ${unread.join(' and the ')} could not be checked.`;
  return notChecked.length > 0 ? 'No finding, but not everything was checked.' : 'Nothing was found wrong.';
}

function isRight({ result, planned }: PageData, text: string): boolean {
  const [, producer = '', sequence] = /^(p\d+)-(\d+)$/.exec(text) ?? [];
  return result.verdict === 'pass' && Number(sequence) < (planned?.[producer] ?? 0);
}

const isNamed = ({ id, partition, offset }: SingleFinding, text: string): boolean =>
  text === '' || id === text || `${partition}:${offset}` === text || (id?.startsWith(text) ?? false);
