/** The schemas of the single values of a config, and how those are read that are more than a text. */
import { z } from 'zod';
import { OperationalError } from '../errors.ts';
import { topicPattern } from '../run-folder/run-folder.ts';
import { parseDurationMs } from '../system/duration.ts';
import { parseIdPlace, type IdPlace } from '../values/value-place.ts';
import { chosen, list, records, text } from './chosen-schema.ts';

const isEnv = (value: string): boolean => /^env:[A-Za-z_]\w*$/.test(value);

export const duration = text('no duration. Write 500ms, 5s or 2m; up to 24 hours.', (value) =>
  inRange(parseDurationMs(value), 1, 24 * 3_600_000),
);

const inRange = (value: number | undefined, min: number, max: number): boolean =>
  value !== undefined && value >= min && value <= max;

const rateMax = 10_000_000;

/** `500/s`: messages a second. undefined if the text is no rate. */
export function parseRate(value: string): number | undefined {
  const [, number] = /^(\d{1,8}(?:\.\d{1,6})?)\/s$/.exec(value) ?? [];
  const rate = Number(number);
  return rate > 0 && rate <= rateMax ? rate : undefined;
}

export const rate = text(
  `no rate. Write messages a second, such as 500/s or 0.5/s; up to ${rateMax}/s.`,
  (value) => parseRate(value) !== undefined,
);

/** The name of a process, a pipeline, a hop or a sink: it stands in file names, options and sentences. */
export const simpleName = text(
  'no name. Write up to 64 letters, digits, - and _, beginning with a letter.',
  (value) => /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(value),
);

export const topicName = text('no name of a topic. Write up to 249 letters, digits, ., _ and -.', (value) =>
  topicPattern.test(value),
);

export const groupName = text('no name of a consumer group. Write 1 to 249 characters.', (value) =>
  /^\S(?:[^\p{C}]{0,247}\S)?$/u.test(value),
);

export const plainText = text('no text. Write a text, in quotes if it looks like a number.');
export const filledText = text('no text. Write one that is not empty.', (value) => value.trim() !== '');

/** Where values are, by what has them. */
const forms = {
  message: ['a message', 'header:NAME, key or json:PATH', ['header', 'key', 'json']],
  compared: ['a message', 'header:NAME, key, json:PATH or digest', ['header', 'key', 'json', 'digest']],
  record: ['a record', 'header:NAME, key, json:PATH or digest', ['header', 'key', 'json', 'digest']],
  row: ['a row', 'column:NAME or json:PATH', ['column', 'json']],
  recordId: [
    "a record's id",
    'header:NAME, key, json:PATH or position',
    ['header', 'key', 'json', 'position'],
  ],
  rowId: [
    "a row's id",
    'column:NAME, json:PATH or columns:[TOPIC,]PARTITION,OFFSET',
    ['column', 'json', 'columns'],
  ],
} as const satisfies Record<string, readonly [string, string, readonly IdPlace['kind'][]]>;

/** `header:NAME` and the like. */
export function place(of: keyof typeof forms): z.ZodString {
  const [whose, form, allowed] = forms[of];
  return text(`no place of ${whose}. Write ${form}.`, (value) => {
    const { kind } = unlessUsage(() => parseIdPlace(value, '')) ?? {};
    return kind !== undefined && (allowed as readonly string[]).includes(kind);
  });
}

/** The result; undefined if it is a wrong text of the user. */
function unlessUsage<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof OperationalError) return undefined;
    throw error;
  }
}

export const databaseLocation = text(
  'no database. Write postgres://USER@HOST/DATABASE, mysql://USER@HOST/DATABASE, sqlite:PATH or env:VARIABLE that holds one.',
  (value) => isEnv(value) || /^(postgres(ql)?|mysql|mariadb):\/\/./i.test(value) || /^sqlite:./i.test(value),
);

/** A request goes there. */
export const httpAddress = text(
  'no address. Write http://HOST:PORT/PATH, https://… or env:VARIABLE that holds one.',
  (value) => isEnv(value) || (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)),
);

export const bootstrapAddress = text(
  'no address. Write HOST:PORT, several with commas between them, or env:VARIABLE that holds them.',
  (value) => isEnv(value) || value.split(',').every((part) => isHostAndPort(part.trim())),
);

function isHostAndPort(value: string): boolean {
  const [, port] = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(value) ?? [];
  return inRange(Number(port), 1, 65_535);
}

export const hostName = text('no host. Write a name such as host.docker.internal, without a port.', (value) =>
  /^[A-Za-z0-9]([A-Za-z0-9._-]{0,252})$/.test(value),
);

/** A line of standard output is to match it. */
export const linePattern = text('no regular expression.', (value) => {
  try {
    return value !== '' && new RegExp(value, 'u') instanceof RegExp;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
});

/** A name of an HTTP header, as HTTP has it. */
export const httpHeaderName = text(
  "no name of a header. Write letters, digits and !#$%&'*+-.^_`|~.",
  (value) => /^[\w!#$%&'*+\-.^`|~]{1,256}$/.test(value),
);

export const variableName = text('no name of a variable. Write letters, digits and _.', (value) =>
  /^[A-Za-z_][A-Za-z0-9_.]{0,255}$/.test(value),
);

export const environment = records(variableName, plainText);

const aboutLine = 'no command. Write a line for the shell, or a list of the program and its arguments.';
export const commandLine = chosen<string | readonly string[]>(
  (value) =>
    Array.isArray(value) && value.length > 0
      ? list(text(aboutLine), 'arguments', 1_000)
      : text(aboutLine, (line) => line.trim() !== ''),
  z.union([z.string(), z.array(z.string())]),
);
