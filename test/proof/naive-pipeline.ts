/** The judgement of a pipeline once more, in plain maps over ids, and without regard to speed. */
import type { Rule } from '../../src/config/config.ts';
import type { FindingKind } from '../../src/result/verdict.ts';
import type { MadeMessage, MadePipeline, MadeRow } from './made-pipeline.ts';

export interface NaiveFinding {
  kind: FindingKind;
  blame: string;
  hop: string;
  id: string;
}

/** A message, or a child of it, at one destination. `sequence`: undefined for an id from nowhere. */
interface Unit {
  id: string;
  sequence: number | undefined;
  message: MadeMessage | undefined;
  what: 'due' | 'dropped' | 'elsewhere' | 'unknown';
  times: number;
}

interface Place {
  name: string;
  kind: 'source' | 'hop' | 'sink';
  from: string | undefined;
  deadLetters: boolean;
  rows: readonly MadeRow[];
}

type Found = { kind: FindingKind; id: string; sequence: number | undefined };

export function naivePipeline(made: MadePipeline): { verdict: string; findings: NaiveFinding[] } {
  const places = placesOf(made);
  const found = new Map<string, Found[]>();
  const findings: NaiveFinding[] = [];
  // What stands among the dead letters is known before what is missing elsewhere.
  const letters = places.filter(({ deadLetters }) => deadLetters);
  for (const place of [...places.filter(({ kind }) => kind !== 'sink'), ...letters, ...places]) {
    if (found.has(place.name)) continue;
    const own = judgePlace(place, places, made);
    found.set(place.name, own);
    const before = place.from === undefined ? undefined : found.get(place.from)!;
    const isById = place.from !== undefined && hasChildren(place.from, made) && hasChildren(place.name, made);
    for (const { kind, id, sequence } of own) {
      const follows = before?.some(
        (other) =>
          other.kind === kind &&
          other.sequence === sequence &&
          (sequence === undefined || isById ? other.id === id : true),
      );
      const isGivenUp =
        kind === 'lost' &&
        letters.some((letter) =>
          found.get(letter.name)?.some((other) => other.kind === 'unexpected' && other.sequence === sequence),
        );
      if (follows === true || isGivenUp) continue;
      findings.push({ ...renamed(place, kind, { rejected: isRejectedOnly(made, id) }), hop: place.name, id });
    }
  }
  const isEmpty = !made.messages.some(
    (message) =>
      message.outcome === 'acked' ||
      (message.outcome === 'unknown' &&
        places.some((place) =>
          unitsOf(place, made).some((unit) => unit.message === message && isSent(unit, place, places, made)),
        )),
  );
  const isOpen = isEmpty || made.messages.some(({ outcome }) => outcome === 'unsent');
  return { verdict: findings.length > 0 ? 'fail' : isOpen ? 'inconclusive' : 'pass', findings };
}

function judgePlace(place: Place, places: readonly Place[], made: MadePipeline): Found[] {
  const found: Found[] = [];
  const units = unitsOf(place, made);
  const isAtLeast = ruleAt(place.name, made) === 'at-least-once';
  for (const unit of units) {
    const { id, message, what, times, sequence } = unit;
    const rows = place.rows.filter((row) => idOf(row, place, places) === id);
    const add = (kind: FindingKind, number = sequence): unknown => found.push({ kind, id, sequence: number });
    const differs = (name: 'value' | 'category'): boolean =>
      rows.some((row) => row[`json:${name}`] !== (message!.value![name] ?? null));
    if (message!.outcome === 'unsent') continue;
    if (message!.outcome === 'rejected') {
      if (rows.length === 0) continue;
      add('rejected-but-written', undefined);
      if (rows.length > 1 && !isAtLeast) add('duplicated', undefined);
      if (what === 'elsewhere') add('misclassified', undefined);
      continue;
    }
    if (message!.outcome === 'unknown' && !isSent(unit, place, places, made)) continue;
    if (what === 'dropped') {
      if (rows.length > 0) add('unexpected');
      continue;
    }
    if (what === 'due' && rows.length < (isAtLeast ? 1 : times)) add('lost');
    if (rows.length > times && !isAtLeast) add('duplicated');
    if (rows.length > 0 && differs('value')) add('corrupted');
    if (rows.length > 0 && (what === 'elsewhere' || differs('category'))) add('misclassified');
  }
  const known = new Set(units.filter(({ message }) => message!.outcome !== 'unsent').map(({ id }) => id));
  const strangers = new Set(place.rows.map((row) => idOf(row, place, places)).filter((id) => !known.has(id)));
  if (!isUsed(place, places, made))
    for (const id of strangers) found.push({ kind: 'phantom', id, sequence: undefined });
  return found;
}

/** Something was there before the run, or at a destination before. */
const isUsed = (place: Place, places: readonly Place[], made: MadePipeline): boolean =>
  made.used?.includes(place.name) === true ||
  places.some((before) => before.name === place.from && isUsed(before, places, made));

/** The destination, or one before it, has a row of the message or of a child of it. */
function isSent({ message }: Unit, place: Place, places: readonly Place[], made: MadePipeline): boolean {
  for (
    let at: Place | undefined = place;
    at !== undefined;
    at = places.find(({ name }) => name === at?.from)
  ) {
    const here = at;
    const ids = unitsOf(here, made).flatMap((unit) => (unit.message === message ? unit.id : []));
    if (at.rows.some((row) => ids.includes(idOf(row, here, places)))) return true;
  }
  return false;
}

function unitsOf(place: Place, { messages }: MadePipeline): Unit[] {
  return messages.flatMap((message, sequence): Unit[] => {
    const one = (what: Unit['what'], times = 1, id = message.id): Unit => ({
      id,
      sequence,
      message,
      what,
      times,
    });
    const { expectation } = message;
    if (place.kind === 'source') return [one('due')];
    if (expectation === undefined) return [one(place.deadLetters ? 'dropped' : 'due')];
    if ('dropped' in expectation) return [one('dropped')];
    if ('deadLettered' in expectation) return [one(place.deadLetters ? 'due' : 'dropped')];
    if ('oneOf' in expectation) {
      if (expectation.oneOf === place.name) return [one('due')];
      if (expectation.among.includes(place.name)) return [one('elsewhere')];
      return [one(place.deadLetters ? 'dropped' : 'due')];
    }
    const rule: Rule | undefined = expectation.at[place.name];
    if (rule === undefined) return [one('dropped')];
    if (typeof rule === 'string') return [one('due')];
    if ('times' in rule) return [one(rule.times === 0 ? 'dropped' : 'due', rule.times)];
    if (!('each' in rule)) throw new Error('not in this model');
    return [...new Set(rule.each)].map((id) =>
      one('due', rule.each.filter((other) => other === id).length, id),
    );
  });
}

const hasChildren = (name: string, { messages }: MadePipeline): boolean =>
  messages.some(({ expectation }) => {
    const rule = expectation !== undefined && 'at' in expectation ? expectation.at[name] : undefined;
    return typeof rule === 'object' && 'each' in rule;
  });

const ruleAt = (name: string, { messages }: MadePipeline): Rule | undefined =>
  messages
    .map(({ expectation }) =>
      expectation !== undefined && 'at' in expectation ? expectation.at[name] : undefined,
    )
    .find((rule) => rule === 'at-least-once');

/** A row may tell the position of its record, in place of an id. Records stand in partition 0, in the order of the rows. */
function idOf(row: MadeRow, { from }: Place, places: readonly Place[]): string {
  const offset = row['column:o'];
  if (offset === undefined) return row['json:id']!;
  return places.find(({ name }) => name === from)!.rows[Number(offset)]?.['json:id'] ?? `0:${offset}`;
}

const isRejectedOnly = ({ messages }: MadePipeline, id: string): boolean =>
  messages.some((message) => message.id === id.split('/')[0] && message.outcome === 'rejected');

function placesOf({ pipeline, looks }: MadePipeline): Place[] {
  const rowsOf = (name: string): readonly MadeRow[] => looks[name]?.at(-1) ?? [];
  const places: Place[] = [];
  if ('topic' in pipeline.source)
    places.push({
      name: 'source',
      kind: 'source',
      from: undefined,
      deadLetters: false,
      rows: rowsOf('source'),
    });
  let last = places.at(-1)?.name;
  for (const [name, { from }] of Object.entries(pipeline.hops ?? {})) {
    places.push({ name, kind: 'hop', from: from ?? last, deadLetters: false, rows: rowsOf(name) });
    last = name;
  }
  for (const [name, { from, deadLetters = false }] of Object.entries(pipeline.sinks))
    places.push({ name, kind: 'sink', from: from ?? last, deadLetters, rows: rowsOf(name) });
  return places;
}

function renamed(
  { kind: place, from, deadLetters }: Place,
  kind: FindingKind,
  { rejected }: { rejected: boolean },
): { kind: FindingKind; blame: string } {
  if (deadLetters && kind === 'unexpected') return { kind: 'wrongly-dead-lettered', blame: 'consumer' };
  if (place === 'source')
    return { kind, blame: kind === 'lost' || kind === 'corrupted' ? 'broker' : 'producer' };
  // The sinks of these pipelines are topics.
  if (from === undefined) return { kind, blame: 'producer' };
  // Nothing tells whether the log had two records of a message that it should not have.
  return { kind, blame: rejected && kind === 'duplicated' ? 'unknown' : 'consumer' };
}
