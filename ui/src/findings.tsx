/** What was found wrong, one by one: filters, and a search for any message of the run. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { PageData } from '../../src/page-data.ts';
import { grouped } from '../../src/report/quantities.ts';
import type { SingleFinding } from '../../src/verdict.ts';
import { messageNameOf } from '../../src/message-name.ts';
import { MessageSearch } from './message-search.tsx';
import { Section } from './section.tsx';
import type { Explain } from './server.ts';
import { TimelineOf } from './timeline.tsx';

const shownMax = 100;
const facets = ['kind', 'blame', 'state', 'partition'] as const;
type Facet = (typeof facets)[number];

export function Findings({ data, explain }: { data: PageData; explain: Explain | undefined }): JSX.Element {
  const { findings, findingsInAll } = data;
  const sought = useSignal('');
  const chosen = useSignal<Partial<Record<Facet, string>>>({});
  const text = sought.value.trim();
  const matching = findings.filter(
    (finding) =>
      matchesText(finding, text) && facets.every((facet) => isChosen(finding, facet, chosen.value)),
  );
  return (
    <Section title="Findings">
      {explain !== undefined && (
        <MessageSearch explain={explain} onSought={(sofar) => (sought.value = sofar)} />
      )}
      <div class="filters">
        {explain === undefined && (
          <label>
            message
            <input
              type="search"
              placeholder="p0-17 or 0:42"
              value={sought}
              onInput={({ currentTarget }) => (sought.value = currentTarget.value)}
            />
          </label>
        )}
        {findings.length > 0 &&
          facets.map((facet) => (
            <label key={facet}>
              {facet}
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
        {statusOf(data, matching, text)}
      </p>
      {explain === undefined && matching.length === 0 && isName(text) && (
        <p class="more">
          What became of it:{' '}
          <code>
            nodrop explain {data.result.run.id} {text}
          </code>
        </p>
      )}
      {matching.length > 0 && (
        <ol class="findings">
          {matching.slice(0, shownMax).map((finding, index) => (
            <FindingItem key={index} finding={finding} data={data} />
          ))}
        </ol>
      )}
      {matching.length > shownMax && <p class="more">and {grouped(matching.length - shownMax)} more</p>}
      {findingsInAll > findings.length && (
        <p class="more">
          The page holds the first {grouped(findings.length)} of {grouped(findingsInAll)}; all are in{' '}
          <code>findings.jsonl</code>.
        </p>
      )}
    </Section>
  );
}

function FindingItem({ finding, data }: { finding: SingleFinding; data: PageData }): JSX.Element {
  const { kind, blame, cause, id, state, partition, offset, detail } = finding;
  const name = messageNameOf(finding);
  const timeline = name === undefined ? undefined : data.timelines[name];
  const place = partition === undefined ? undefined : `${partition}:${offset ?? '?'}`;
  return (
    <li>
      <p>
        <strong class="wrong">✗ {kind}</strong> <span class="blame">{blame}</span>{' '}
        {id !== undefined && <code>{id}</code>} {state !== undefined && <span>({state})</span>}{' '}
        {place !== undefined && <span>at {place}</span>} {cause !== undefined && <em>{cause}</em>}
      </p>
      {detail !== undefined && <p class="more">{detail}</p>}
      {timeline !== undefined && <TimelineOf timeline={timeline} />}
      {timeline === undefined && name !== undefined && (
        <p class="more">
          <code>
            nodrop explain {data.result.run.id} {name}
          </code>
        </p>
      )}
    </li>
  );
}

function statusOf(
  { result, planned, findings, findingsInAll }: PageData,
  matching: SingleFinding[],
  text: string,
): string {
  if (matching.length > 0) return `${grouped(matching.length)} of ${grouped(findingsInAll)}`;
  if (text === '') return findings.length === 0 ? 'Nothing was found wrong.' : 'None of this kind.';
  const [, producer = '', sequence] = /^(p\d+)-(\d+)$/.exec(text) ?? [];
  const isPlanned = Number(sequence) < (planned?.[producer] ?? 0);
  const isRight = isPlanned && findings.length === findingsInAll && result.verdict === 'pass';
  return isRight ? 'Nothing is wrong with it.' : 'No finding names it.';
}

const isName = (text: string): boolean => /^p\d+-\d+$/.test(text) || /^\d+:\d+$/.test(text);

const matchesText = ({ id, partition, offset }: SingleFinding, text: string): boolean =>
  text === '' || id === text || `${partition}:${offset}` === text || (id?.startsWith(text) ?? false);

const isChosen = (finding: SingleFinding, facet: Facet, chosen: Partial<Record<Facet, string>>): boolean =>
  chosen[facet] === undefined || String(finding[facet]) === chosen[facet];

const valuesOf = (findings: readonly SingleFinding[], facet: Facet): string[] =>
  [...new Set(findings.flatMap((finding) => finding[facet] ?? []).map(String))].sort();
