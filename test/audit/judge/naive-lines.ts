/** The naive audit's questions about lines: to which message they belong, their contradictions, their order. */
import { parsePlace, type History, type LogLine, type Row, type Write } from './build-evidence.ts';

export type Part = 'content' | 'key';

export const isAcked = (h: History, at: string | undefined): boolean =>
  !h.topicRecreated && at !== undefined && h.sends.some((send) => send.outcome === 'acked' && send.at === at);

export const tellOf = (
  h: History,
  line: { id?: string | undefined } & Partial<Record<Part, string | null>>,
  part: Part,
) => (line[part] === undefined ? (h.messages[line.id ?? '']?.[part] ?? null) : line[part]);

/** Two different records at one offset, or lines of a planned message without an intent. */
export const contradictsItself = (h: History): boolean => logContradicts(h) || ledgerContradicts(h);

export const logContradicts = (h: History): boolean =>
  h.log.some(({ at }) => {
    const { partition, offset } = parsePlace(at);
    return h.ranges.some((range) => range.partition === partition && offset >= range.end);
  }) ||
  h.log.some((a) =>
    h.log.some(
      (b) =>
        a.at === b.at &&
        (a.id !== b.id ||
          tellOf(h, a as never, 'content') !== tellOf(h, b as never, 'content') ||
          (a.aborted ?? false) !== (b.aborted ?? false) ||
          a.crc !== b.crc),
    ),
  );

export const ledgerContradicts = (h: History): boolean =>
  h.log.some(
    ({ id }) => id !== undefined && h.messages[id]!.planned && !h.sends.some((send) => send.id === id),
  );

/** A message's records: those with its id, and those without any at its acked offsets. */
export const linesOf = (h: History, id: string): LogLine[] => {
  const isMine = (at: string) =>
    !h.topicRecreated && h.sends.some((send) => send.id === id && send.outcome === 'acked' && send.at === at);
  const named = h.log.filter((line) => line.id === id);
  return [...named, ...h.log.filter((line) => line.id === undefined && isMine(line.at))];
};

/** The message of a row. A row without an id belongs to the message at its position, if it can be of the run at all. */
export function ownersOf(h: History, row: Row): string[] {
  if (row.id !== undefined && (h.root === 'log' || !isStranger(h, row.id))) return [row.id];
  const standing = standingAt(h, row.at);
  // A row belongs to one message, even if several were acked there. Two records at one place are a contradiction.
  const few = standing.some((id) => linesOf(h, id).some((line) => line.at === row.at)) ? standing.length : 1;
  if (row.id === undefined) return standing.slice(0, few);
  // A row with an unknown id belongs to the message at its place if that has no other row; only the first of several.
  const order = Object.keys(h.messages);
  const strangers = h.rows
    .filter(({ id, at }) => id !== undefined && at === row.at && isStranger(h, id))
    .sort((a, b) => order.indexOf(a.id!) - order.indexOf(b.id!));
  const isNamelessThere = h.rows.some(({ id, at }) => id === undefined && at === row.at);
  const hasOther = (id: string): boolean =>
    h.rows.some((other) => other.id === id && (other.at === undefined || other.at === row.at));
  const free = standing.filter((id) => !isNamelessThere && !hasOther(id));
  return free.length > 0 && strangers[0] === row ? free.slice(0, few) : [row.id];
}

/** Whether it is in neither plan nor ledger nor log. */
const isStranger = (h: History, id: string): boolean =>
  !h.messages[id]!.planned &&
  !h.sends.some((send) => send.id === id) &&
  !h.log.some((line) => line.id === id);

/** The messages whose records are at a place; if the log has none, those that were acked there. */
function standingAt(h: History, at: string | undefined): string[] {
  if (at === undefined) return [];
  // If the topic was recreated, any message may have been at the place.
  const mayBe = (id: string): boolean => !h.topicRecreated || h.messages[id]!.state === 'dead-letters';
  const ids = Object.keys(h.messages).filter(mayBe);
  const inLog = ids.filter((id) => linesOf(h, id).some((line) => line.at === at));
  if (inLog.length > 0) return inLog;
  return ids.filter((id) =>
    h.sends.some((send) => send.id === id && send.outcome === 'acked' && send.at === at),
  );
}

/** Whether the log has another message at one of these places. */
export function isOfAnother(h: History, at: string | undefined, own: readonly string[]): boolean {
  if (at === undefined || own.includes(at)) return false;
  const isAckedThere = h.sends.some((send) => send.outcome === 'acked' && send.at === at);
  return isAckedThere || h.log.some((line) => line.id !== undefined && line.at === at);
}

/** The writes of a message in the journal: those with its id, and those without an id at one of its places. */
export const writesOf = (h: History, id: string, places: readonly (string | undefined)[]): Write[] =>
  (h.written ?? []).filter((line) => (line.id === undefined ? places.includes(line.at) : line.id === id));

export function timesDelivered(h: History, at: string): number {
  const { partition, offset } = parsePlace(at);
  return (h.deliveries ?? []).filter(
    (line) => line.partition === partition && line.first <= offset && offset < line.end,
  ).length;
}

/** Deliveries beyond the first, at each place where ledger or log have a message of the run. */
export function redeliveries(h: History): number | null {
  if (h.deliveries === undefined) return null;
  const acked = h.sends.flatMap(({ outcome, at }) => (outcome === 'acked' && at !== undefined ? [at] : []));
  const logged = h.log.flatMap(({ id, at }) => (id === undefined ? [] : [at]));
  const times = [...new Set([...acked, ...logged])].map((at) => timesDelivered(h, at));
  return times.reduce((sum, count) => sum + Math.max(0, count - 1), 0);
}

/** Behind a higher sequence of its session in its partition, or with a key that is also in another partition. */
export function isReordered(h: History, id: string): boolean {
  if (h.root === 'log') return false;
  const sound = h.log.filter((line) => {
    const message = h.messages[line.id ?? ''];
    if (message === undefined || line.aborted || line.crc === 'bad') return false;
    const isRight = (['content', 'key'] as const).every((part) => {
      const [actual, expected] = [tellOf(h, line as never, part), message[part] ?? null];
      return actual === null || expected === null || actual === expected;
    });
    return isRight && (message.planned || h.sends.some((send) => send.id === line.id));
  });
  const firsts = sound.filter(
    (line) => h.log.find((other) => other.id === line.id && !other.aborted) === line,
  );
  const partitionOf = (line: LogLine) => parsePlace(line.at).partition;
  const isLate = (line: LogLine, index: number): boolean => {
    const stream = (other: LogLine) =>
      `${partitionOf(other)} ${h.messages[other.id!]!.producer ?? 0} ${other.session ?? 0}`;
    const sequence = (other: LogLine) => other.sequence ?? h.messages[other.id!]!.sequence ?? -1;
    const higher = firsts
      .slice(0, index)
      .some((o) => stream(o) === stream(line) && sequence(o) > sequence(line));
    return sequence(line) >= 0 && higher;
  };
  const isElsewhere = (line: LogLine): boolean => {
    const key = tellOf(h, line as never, 'key');
    // A key may be in another partition of another topic.
    const topicOf = (other: LogLine): boolean => h.hasTwoTopics === true && partitionOf(other) === 2;
    const isSame = (other: LogLine): boolean =>
      tellOf(h, other as never, 'key') === key && topicOf(other) === topicOf(line);
    const first = sound.find(isSame)!;
    const isKeyed = h.isKeyed !== false && key !== null && key !== '';
    return isKeyed && partitionOf(first) !== partitionOf(line);
  };
  return (
    firsts.some((line, index) => line.id === id && isLate(line, index)) ||
    sound.some((line) => line.id === id && isElsewhere(line))
  );
}
