/** The hops of a check: it reads a topic and a sink, and does not see what lies between them. */
import { rowWord } from '../../src/report/text/check-words.ts';
import { grouped } from '../../src/report/text/quantities.ts';
import { isThere } from '../../src/result/check-categories.ts';
import type { Result } from '../../src/result/result.ts';
import type { FlowNode } from './flow.tsx';

export function checkHopsOf(result: Result): FlowNode[] {
  const { check, evidence, log, store, counts, states } = result;
  const read = check?.records ?? log.records;
  const hasCategories = check?.category !== undefined;
  const logged = Object.entries(states).map(([name, hops]) => [name, hops.logged] as const);
  const stored = [...Object.entries(store.byCategory), ['dead-letters', store.deadLetters] as const];
  const byCategory = (entries: readonly (readonly [string, number])[]): Record<string, number> =>
    hasCategories ? Object.fromEntries(entries.filter(([name, count]) => isThere(name, count))) : {};
  return [
    {
      name: 'Topic',
      blames: ['producer', 'broker'],
      seen:
        evidence.log === 'missing' ? 'its evidence is missing' : { count: read, byState: byCategory(logged) },
      what: read === 1 ? 'record' : 'records',
      more: some(counts.dropped, 'declared drops'),
    },
    {
      name: 'Application',
      blames: ['consumer'],
      seen: 'a check reads what is before it and behind it',
      what: '',
      more: check?.group === undefined ? [] : [`its group ${check.group} has told its commits`],
    },
    {
      name: 'Sink',
      blames: ['store'],
      seen:
        evidence.store === 'missing'
          ? 'its evidence is missing'
          : { count: store.rows, byState: byCategory(stored) },
      what: check === undefined ? 'rows' : rowWord(check, store.rows),
      more: [
        ...some(store.deadLetters, 'dead letters'),
        ...some(counts.repeated, 'repeated'),
        ...some(counts.superseded, 'superseded'),
        ...some(counts.unrooted, 'not explained by the range'),
      ],
    },
  ];
}

const some = (count: number, what: string): string[] => (count === 0 ? [] : [`${grouped(count)} ${what}`]);
