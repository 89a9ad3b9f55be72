/** The messages that reached each hop, by state, and where the chain broke. Hops may branch. */
import type { JSX } from 'preact';
import { blameNote } from '../../src/report/text/blame-note.ts';
import { grouped } from '../../src/report/text/quantities.ts';
import type { Result } from '../../src/result/result.ts';
import type { Blame, EvidenceState, Finding } from '../../src/result/verdict.ts';
import { StateBars } from './states.tsx';

/** More would be too narrow to read: then the nodes stand below each other. */
const columnsMax = 6;

export interface FlowNode {
  name: string;
  blames: readonly Blame[];
  /** A hop of a user's pipeline, by which findings name it. */
  hop?: string;
  /** From 1. `from`: what feeds it, if that is not the node to its left. Omitted: nodes stand in a row. */
  place?: { column: number; row: number; from?: string };
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
  /** Set for a check and for a user's pipeline. */
  root?: Result['root'];
}

export function Flow({ hops, findings, journal, root }: FlowProps): JSX.Element {
  const totals = hops.map(({ seen }) => (typeof seen === 'string' ? 0 : sum(Object.values(seen.byState))));
  const most = Math.max(1, ...totals);
  const unknown = findings.filter(({ blame, hop }) => blame === 'unknown' && hop === undefined);
  const columns = Math.max(0, ...hops.map(({ place }) => place?.column ?? 0));
  const isBranching = columns > 0 && columns <= columnsMax;
  const columnCount = columns === 0 ? hops.length : isBranching ? columns : 1;
  return (
    <>
      <ol
        class={columns === 0 ? 'flow' : isBranching ? 'flow placed' : 'flow placed stacked'}
        style={{ '--hops': columnCount, '--hops-narrow': hops.length === 3 ? 3 : 2 }}
      >
        {hops.map((hop) => {
          const breaks = findings.filter((finding) => showsAt(finding, hop));
          const isSure = breaks.some((finding) => blameNote(finding, journal, root) === undefined);
          return (
            <li
              key={hop.name}
              class={`hop ${breaks.length === 0 ? '' : isSure ? 'broken' : 'broken unsure'} ${hop.place?.from === undefined ? '' : 'branch'}`}
              style={hop.place && { '--column': hop.place.column, '--row': hop.place.row }}
              data-node={hop.name.toLowerCase().replaceAll(' ', '-')}
              data-look={typeof hop.seen === 'string' ? 'unknown' : 'fact'}
            >
              <h3>{hop.name}</h3>
              {hop.place?.from !== undefined && <p class="more">from {hop.place.from}</p>}
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

const showsAt = ({ blame, hop }: Finding, node: FlowNode): boolean =>
  node.hop === undefined ? node.blames.includes(blame) : node.hop === hop;

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
  const { kind, count, blame, hop, cause, allowed } = finding;
  // The node of a check says it by its place.
  const note = root === undefined ? blameNote(finding, journal) : undefined;
  return (
    <span class={allowed ? 'break allowed' : 'break'}>
      <span aria-hidden="true">✗</span> {grouped(count)} {kind}
      {hop !== undefined && ` · ${blame}`}
      {cause === undefined ? '' : ` (${cause}${allowed ? ', allowed' : ''})`}
      {note !== undefined && <span class="note">{note}</span>}
    </span>
  );
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
