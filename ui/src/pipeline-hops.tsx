/** The hops of a user's pipeline: what nodrop handed over, and each topic and sink, to the right of the one that feeds it. */
import { destinationNotes, isAsExpected } from '../../src/report/text/pipeline-words.ts';
import { grouped } from '../../src/report/text/quantities.ts';
import type { DestinationSummary, Result } from '../../src/result/result.ts';
import type { RunProgress } from '../../src/watch/run-progress.ts';
import type { FlowNode } from './flow.tsx';

type Place = NonNullable<FlowNode['place']>;

/** A hop stands right behind the first that it feeds; the others that it feeds come below. */
export function pipelineHopsOf(result: Result): FlowNode[] {
  const { ledger, pipeline } = result;
  const { destinations, source, drops } = pipeline!;
  const handedOver: FlowNode = {
    name: 'Handed over',
    blames: [],
    seen: { count: ledger.sent, byState: {} },
    what: ledger.sent === 1 ? 'message' : 'messages',
    more: [
      `to ${source}`,
      `${grouped(ledger.acked)} acknowledged`,
      ...some(ledger.rejected, 'rejected'),
      ...some(ledger.unknown, 'of unknown outcome'),
      ...some(ledger.unsent, 'not handed over'),
      ...Object.entries(drops).map(([reason, count]) => `${grouped(count)} by rule: ${reason}`),
    ],
    place: { column: 1, row: 1 },
  };
  const nodes = [handedOver];
  const add = (from: string | null, column: number, firstRow: number): number => {
    let row = firstRow;
    for (const [index, destination] of fedBy(destinations, from).entries()) {
      const place = { column, row, ...(index > 0 && { from: from ?? 'handed over' }) };
      nodes.push(nodeOf(destination, result, place));
      row = add(destination.name, column + 1, row) + 1;
    }
    return Math.max(firstRow, row - 1);
  };
  add(null, 2, 1);
  return nodes;
}

/** Those that feed others come first, and dead letters last. */
function fedBy(destinations: readonly DestinationSummary[], from: string | null): DestinationSummary[] {
  const rank = ({ name, deadLetters }: DestinationSummary): number =>
    destinations.some((each) => each.from === name) ? 0 : deadLetters ? 2 : 1;
  return destinations.filter((each) => each.from === from).sort((a, b) => rank(a) - rank(b));
}

function nodeOf(destination: DestinationSummary, result: Result, place: Place): FlowNode {
  const { name, rows, expected, found, location } = destination;
  const isRight = isAsExpected(destination, result);
  return {
    name,
    hop: name,
    blames: [],
    seen: { count: found, byState: {} },
    what: found === 1 ? rows.replace(/s$/, '') : rows,
    more: [
      <span class={isRight ? 'right' : 'wrong'}>
        <span aria-hidden="true">{isRight ? '✓' : '✗'}</span> {grouped(expected)} expected
      </span>,
      ...destinationNotes(destination),
      location,
    ],
    place,
  };
}

/** While the run goes on, only what was handed over is known: the hops are read once all has drained. */
export function livePipelineHops({ sent, acked, rejected, unknown }: RunProgress): FlowNode[] {
  return [
    {
      name: 'Handed over',
      blames: [],
      seen: { count: sent.count, byState: {} },
      what: sent.count === 1 ? 'message' : 'messages',
      more: [
        `${grouped(acked.count)} acknowledged`,
        ...some(rejected, 'rejected'),
        ...some(unknown, 'of unknown outcome'),
        ...some(Math.max(0, sent.count - acked.count - unknown - rejected), 'not answered yet'),
      ],
      place: { column: 1, row: 1 },
    },
    {
      name: 'Pipeline',
      blames: [],
      seen: 'nodrop reads its hops and sinks once it has drained',
      what: '',
      more: [],
      place: { column: 2, row: 1 },
    },
  ];
}

const some = (count: number, what: string): string[] => (count === 0 ? [] : [`${grouped(count)} ${what}`]);
