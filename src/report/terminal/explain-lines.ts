/** The timeline of a message for a person at a terminal: at most 80 columns, except for long words of commands. */
import type { Timeline, TimelineEvent } from '../../explain/timeline.ts';
import type { SingleFinding } from '../../result/verdict.ts';
import { eventText } from '../text/event-text.ts';
import { standingOf } from '../text/message-standing.ts';
import type { Palette } from '../text/colours.ts';
import { chopped, wrap } from '../text/wrap.ts';

const timeWidth = 14;
const labelWidth = 13;

/** Lines without a newline at their end. */
export function explainLines(timeline: Timeline, palette: Palette): string[] {
  const { run, topic, id, asked, note, pipeline } = timeline;
  const what = timeline.check === undefined || pipeline !== undefined ? 'run' : 'check';
  const of = pipeline === undefined ? `topic ${topic}` : `pipeline ${pipeline}`;
  const askedText = asked === id ? '' : `, asked for as ${asked}`;
  return [
    ...wrap(chopped(`${id} of ${what} ${run}, ${of}${askedText}`, 2), '  '),
    ...wrap(chopped(expectedText(timeline), 2), '  '),
    '',
    ...eventLines(timeline, palette),
    '',
    ...verdictLines(timeline, palette),
    ...lookLines(timeline),
    ...(note === null ? [] : wrap(note, '  ')),
  ];
}

function expectedText({ check, expected, timeline, id }: Timeline): string {
  if (check !== undefined) return check.expected;
  if (expected !== null) {
    const { state, key, payloadBytes } = expected;
    return `Expected: ${state}, key ${key}, payload of ${payloadBytes} bytes.`;
  }
  const isNamed = timeline.some((event) => 'id' in event && event.id === id);
  return isNamed ? 'The run did not plan it.' : 'The run has no known message at this position.';
}

/** Each day stands once, above the first of its events. */
function eventLines(timeline: Timeline, palette: Palette): string[] {
  const lines: string[] = [];
  let day = '';
  for (const event of timeline.timeline) {
    const stamp = event.time === null ? undefined : stampOf(event.time);
    if (stamp !== undefined && stamp.day !== day) {
      day = stamp.day;
      lines.push(palette.faint(`  ${day}, UTC`));
    }
    lines.push(...eventLine(event, stamp?.time ?? '', timeline, palette));
  }
  return lines;
}

function eventLine(event: TimelineEvent, time: string, timeline: Timeline, palette: Palette): string[] {
  const { label, text, look } = eventText(event, timeline);
  // The facts of a check have no times.
  const clockWidth = timeline.check === undefined || timeline.pipeline !== undefined ? timeWidth : 0;
  const textColumn = 2 + clockWidth + labelWidth;
  const [first = '', ...rest] = wrap(chopped(text, textColumn), ' '.repeat(textColumn));
  const paint = look === 'wrong' ? palette.bad : look === 'fact' ? (plain: string) => plain : palette.faint;
  const head = `  ${palette.faint(time.padEnd(clockWidth))}${label.padEnd(labelWidth)}`;
  return [`${head}${paint(first.slice(textColumn))}`, ...rest.map(paint)];
}

function stampOf(time: number): { day: string; time: string } {
  const date = new Date(time);
  // A damaged file may hold an invalid time.
  if (Number.isNaN(date.getTime())) return { day: '', time: '?' };
  const text = date.toISOString();
  const split = text.indexOf('T');
  return { day: text.slice(0, split), time: text.slice(split + 1, -1) };
}

function verdictLines(explained: Timeline, palette: Palette): string[] {
  const { check, findings, audit } = explained;
  const { day, time } = stampOf(audit?.time ?? 0);
  const source = `The audit of ${day} ${time.slice(0, 8)} UTC`;
  switch (standingOf(explained)) {
    case 'under-way':
      return wrap('The run is still going on, and was not audited yet.', '  ');
    case 'found':
      return [`  ${source} found:`, ...findings.flatMap((finding) => findingLines(finding, palette))];
    case 'nobody':
      return wrap(`${source} did not judge it: it is not a message of the run.`, '  ');
    case 'unsent':
      return [palette.doubtful('  It was planned but never sent.')];
    case 'unjudged':
      if (check !== undefined)
        return ['It was not judged.', ...check.notJudged].flatMap((text) => wrap(text, '  '));
      return wrap(`${source} found nothing wrong with it, but could not judge what looks odd.`, '  ');
    case 'partly-known':
      return wrap(`${source} has no finding about it, but some of its evidence is missing: see above.`, '  ');
    case 'right':
      break;
  }
  return [palette.good('  Nothing is wrong with it.'), ...wrap(`${source} has no finding about it.`, '  ')];
}

function findingLines(
  { kind, blame, hop, sink, cause, allowed, detail }: ShownFinding,
  palette: Palette,
): string[] {
  const why = cause === undefined ? '' : `, cause ${cause}${allowed === true ? ' (allowed)' : ''}`;
  const where = sink === undefined ? '' : `, in sink ${sink}`;
  const at = hop === undefined ? '' : ` at ${hop}`;
  const head = `${kind}${at}, blame: ${blame}${where}${why}`;
  return [
    ...wrap(chopped(head, 4), '    ').map(palette.bad),
    ...(detail === undefined ? [] : wrap(chopped(detail, 6), '      ')),
  ];
}

type ShownFinding = SingleFinding & { allowed?: true };

function lookLines({ kcat, dumpLog, check }: Timeline): string[] {
  const command = kcat ?? dumpLog;
  const sql = check?.sql ?? [];
  return [
    ...(command === null ? [] : ['', '  To read the record itself:', ...commandLines(command)]),
    ...(sql.length === 0 ? [] : ['', '  To see the row:', ...sql.flatMap((each) => wrap(each, '    '))]),
  ];
}

const lineMax = 76;

/** A command over several lines, in a form that a shell accepts: broken only before options. */
function commandLines(command: string): string[] {
  const words = command.match(/(?:'[^']*'|\\'|[^ '])+/g) ?? [];
  const parts: string[] = [];
  for (const word of words) {
    if (parts.length === 0 || word.startsWith('-')) parts.push(word);
    else parts.push(`${parts.pop()} ${word}`);
  }
  const lines: string[] = [];
  let line = '   ';
  for (const part of parts) {
    if (line.trim() !== '' && line.length + 1 + part.length > lineMax) {
      lines.push(`${line} \\`);
      line = '     ';
    }
    line += ` ${part}`;
  }
  return [...lines, line];
}
