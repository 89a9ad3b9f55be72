/** Findings: the exact number of each kind, some of them one by one, and a search for any message of the run. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { PageData } from '../../src/page/page-data.ts';
import { grouped } from '../../src/report/text/quantities.ts';
import type { Result } from '../../src/result/result.ts';
import type { SingleFinding } from '../../src/result/verdict.ts';
import { shellWord } from '../../src/system/shell-word.ts';
import { Command } from './copy.tsx';
import { FindingItem } from './finding-item.tsx';
import { isOfKind, KindChips, type Kind } from './kind-chips.tsx';
import { MessageSearch } from './message-search.tsx';
import { soughtIn, statusOf } from './sought.ts';
import { Section } from './section.tsx';
import type { Explain } from './server.ts';
import { TimelineOf } from './timeline.tsx';

const shownMax = 100;
const facets = ['state', 'partition'] as const;
type Facet = (typeof facets)[number];

export function Findings({ data, explain }: { data: PageData; explain: Explain | undefined }): JSX.Element {
  const { findings, findingsInAll, result } = data;
  const sought = useSignal('');
  const kind = useSignal<Kind | undefined>(undefined);
  const chosen = useSignal<Partial<Record<Facet, string>>>({});
  const search = soughtIn(data, sought.value);
  const matching = search.named.filter(
    (finding) =>
      (kind.value === undefined || isOfKind(finding, kind.value)) &&
      facets.every((facet) => isChosen(finding, facet, chosen.value)),
  );
  const timeline = matching.length === 0 ? search.timeline : undefined;
  const isElsewhere = matching.length === 0 && timeline === undefined && search.isName;
  return (
    <Section title="Findings">
      {explain !== undefined && (
        <MessageSearch
          explain={explain}
          example={exampleOf(result)}
          onSought={(sofar) => (sought.value = sofar)}
        />
      )}
      <KindChips findings={result.findings} chosen={kind} />
      <div class="filters">
        {explain === undefined && (
          <label>
            message
            <input
              type="search"
              placeholder={exampleOf(result)}
              value={sought}
              onInput={({ currentTarget }) => (sought.value = currentTarget.value)}
            />
          </label>
        )}
        {findings.length > 0 &&
          facets
            .filter((facet) => result.root !== 'ledger' || valuesOf(findings, facet).length > 0)
            .map((facet) => (
              <label key={facet}>
                {facet === 'state' && result.root !== undefined ? 'category' : facet}
                <select
                  value={chosen.value[facet] ?? ''}
                  onChange={({ currentTarget: { value } }) =>
                    (chosen.value = { ...chosen.value, [facet]: value === '' ? undefined : value } as never)
                  }
                >
                  <option value="">all</option>
                  {valuesOf(findings, facet).map((value) => (
                    <option key={value} value={value}>
                      {value}
                    </option>
                  ))}
                </select>
              </label>
            ))}
      </div>
      <p role="status" class="more">
        {statusOf(data, search, {
          matching,
          kind: kind.value,
          isFiltered: facets.some((facet) => chosen.value[facet] !== undefined),
        })}
      </p>
      {timeline !== undefined && <TimelineOf key={timeline.asked} timeline={timeline} isOpen />}
      {explain === undefined && isElsewhere && (
        <p class="more">
          To see what happened to it:{' '}
          <Command text={`nodrop explain ${result.run.id} ${shellWord(search.text)}`} />
        </p>
      )}
      {matching.length > 0 && (
        <ol class="findings">
          {matching.slice(0, shownMax).map((finding, index) => (
            <FindingItem key={keyOf(finding, index)} finding={finding} data={data} />
          ))}
        </ol>
      )}
      {matching.length > shownMax && <p class="more">and {grouped(matching.length - shownMax)} more</p>}
      {findingsInAll > findings.length && (
        <p class="more">
          This page holds {grouped(findings.length)} of {grouped(findingsInAll)} findings, some of each kind,
          blame and partition; <code>findings.jsonl</code> has all.
        </p>
      )}
    </Section>
  );
}

/** How a message can be named. */
const exampleOf = ({ root }: Result): string =>
  root === undefined ? 'p0-17 or 0:42' : root === 'log' ? 'an id or 0:42' : 'an id';

/** A key of its own for each finding, so that an opened timeline closes when another finding takes its place. */
const keyOf = ({ kind, blame, id, partition, offset }: SingleFinding, index: number): string =>
  [index, kind, blame, id, partition, offset].join(' ');

const isChosen = (finding: SingleFinding, facet: Facet, chosen: Partial<Record<Facet, string>>): boolean =>
  chosen[facet] === undefined || String(finding[facet]) === chosen[facet];

const valuesOf = (findings: readonly SingleFinding[], facet: Facet): string[] =>
  [...new Set(findings.flatMap((finding) => finding[facet] ?? []).map(String))].sort();
