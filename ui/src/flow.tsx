/** Producer, Kafka, consumer, store: the messages that reached each hop, by state, and where the chain broke. */
import type { JSX } from 'preact';
import { blameNote } from '../../src/report/text/blame-note.ts';
import { grouped } from '../../src/report/text/quantities.ts';
import type { Result } from '../../src/result/result.ts';
import type { Blame, EvidenceState, Finding } from '../../src/result/verdict.ts';
import { StateBars } from './states.tsx';

export interface FlowNode {
  name: string;
  blames: readonly Blame[];
  /** The counts, or a sentence that says why they are not known. */
  seen: { count: number; byState: Record<string, number>; isTorn?: boolean } | string;
  what: string;
  more: (string | JSX.Element)[];
}

interface FlowProps {
  hops: readonly FlowNode[];
  findings: readonly Finding[];
  /** The state of the consumers' journals; left out while the run goes on. */
  journal?: EvidenceState;
  /** Set for a check. */
  root?: Result['root'];
}

export function Flow({ hops, findings, journal, root }: FlowProps): JSX.Element {
  const totals = hops.map(({ seen }) => (typeof seen === 'string' ? 0 : sum(Object.values(seen.byState))));
  const most = Math.max(1, ...totals);
  const unknown = findings.filter(({ blame }) => blame === 'unknown');
  return (
    <>
      <ol class="flow" style={{ '--hops': hops.length, '--hops-narrow': hops.length === 3 ? 3 : 2 }}>
        {hops.map((hop) => {
          const breaks = findings.filter(({ blame }) => hop.blames.includes(blame));
          const isSure = breaks.some((finding) => blameNote(finding, journal, root) === undefined);
          return (
            <li
              key={hop.name}
              class={`hop ${breaks.length === 0 ? '' : isSure ? 'broken' : 'broken unsure'}`}
              data-node={hop.name.toLowerCase()}
              data-look={typeof hop.seen === 'string' ? 'unknown' : 'fact'}
            >
              <h3>{hop.name}</h3>
              <Seen hop={hop} most={most} />
              {hop.more.map((line, index) => (
                <p key={index} class="more">
                  {line}
                </p>
              ))}
              {breaks.map((finding) => (
                <Break
                  key={`${finding.kind} ${finding.blame}`}
                  finding={finding}
                  journal={journal}
                  root={root}
                />
              ))}
            </li>
          );
        })}
      </ol>
      {unknown.map((finding) => (
        <p key={finding.kind} class="more">
          At an unknown hop: <Break finding={finding} journal={journal} root={root} />
        </p>
      ))}
    </>
  );
}

function Seen({ hop: { seen, what }, most }: { hop: FlowNode; most: number }): JSX.Element {
  if (typeof seen === 'string') return <p class="unknown">not known: {seen}</p>;
  return (
    <>
      <p class="count">
        <strong>{grouped(seen.count)}</strong> {what}
      </p>
      {seen.isTorn === true && <p class="unknown">as far as the evidence could be read</p>}
      <StateBars counts={seen.byState} most={most} />
    </>
  );
}

function Break({
  finding,
  journal,
  root,
}: {
  finding: Finding;
  journal: EvidenceState | undefined;
  root: Result['root'];
}): JSX.Element {
  const { kind, count, cause, allowed } = finding;
  // The node of a check says it by its place.
  const note = root === undefined ? blameNote(finding, journal) : undefined;
  return (
    <span class={allowed ? 'break allowed' : 'break'}>
      <span aria-hidden="true">✗</span> {grouped(count)} {kind}
      {cause === undefined ? '' : ` (${cause}${allowed ? ', allowed' : ''})`}
      {note !== undefined && <span class="note">{note}</span>}
    </span>
  );
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
