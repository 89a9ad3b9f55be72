/** Which reports of a result are requested, and where each goes: one to stdout, the others to files. */
import { closeSync, openSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { messageOf, usageError } from '../../errors.ts';

const reporterNames = ['default', 'json', 'junit', 'github'] as const;
export type ReporterName = (typeof reporterNames)[number];

/** `NAME` or `NAME=FILE`, as it was given. */
export interface Reporter {
  name: ReporterName;
  file?: string;
}

export interface Reports {
  onStdout: ReporterName;
  files: { name: ReporterName; file: string }[];
  /** In GitHub Actions, annotations go to stderr unless a reporter writes them elsewhere. */
  isAnnotated: boolean;
}

export function parseReporter(value: string): Reporter {
  const [word = ''] = value.split('=', 1);
  const name = reporterNames.find((known) => known === word);
  if (name === undefined) {
    throw new InvalidArgumentError(`It takes ${reporterNames.join(', ')}, each alone or as NAME=FILE.`);
  }
  if (value === name) return { name };
  const file = value.slice(name.length + 1);
  if (file === '') {
    throw new InvalidArgumentError(`Name a file after the =, or write ${name} alone for stdout.`);
  }
  return { name, file };
}

/** Throws `usage` if two of them would go to stdout. */
export function reportsOf(reporters: readonly Reporter[] = [], isJson = false): Reports {
  const onStdout = reporters.filter(({ file }) => file === undefined).map(({ name }) => name);
  // `--json` is short for `--reporter json`; both together mean the same.
  if (isJson && !onStdout.includes('json')) onStdout.push('json');
  if (onStdout.length > 1) {
    const [first, second = ''] = onStdout;
    throw usageError(
      `Only one reporter can go to stdout: there are ${onStdout.join(' and ')}.`,
      `Put one in a file: --reporter ${first} --reporter ${second}=FILE`,
    );
  }
  return {
    onStdout: onStdout[0] ?? 'default',
    files: reporters.flatMap(({ name, file }) => (file === undefined ? [] : [{ name, file }])),
    isAnnotated: isInGitHubActions() && !reporters.some(({ name }) => name === 'github'),
  };
}

/** In GitHub Actions, lines on stdout and stderr can be workflow commands. */
export const isInGitHubActions = (): boolean => process.env['GITHUB_ACTIONS'] === 'true';

/**
 * Opens and empties the files, before anything is started. So a file that cannot be written is reported at once, and
 * the report of an earlier run is not mistaken for this run's. Throws `usage`. `evidence`: the files and folders that
 * no report may replace.
 */
export function claimFiles({ files }: Reports, evidence: readonly (string | undefined)[]): void {
  const taken = evidence.flatMap((path) => (path === undefined ? [] : (realPath(path) ?? resolve(path))));
  const places = files.map((report) => placeOf(report, taken));
  const twice = files.find((_, index) => places.indexOf(places[index]!) < index);
  if (twice !== undefined) {
    throw usageError(`Two reports would go to ${twice.file}.`, 'Give each a file of its own.');
  }
  for (const { name, file } of files) {
    // Opening a pipe or a terminal proves nothing, and may block until there is a reader.
    if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) continue;
    try {
      closeSync(openSync(file, 'w'));
    } catch (error) {
      throw usageError(
        `--reporter ${name}=${file} cannot be written: ${messageOf(error)}`,
        'Name another file.',
      );
    }
  }
}

/** The path of a file with all links resolved. */
function placeOf({ name, file }: { name: ReporterName; file: string }, evidence: readonly string[]): string {
  const said = `--reporter ${name}=${file}`;
  const folder = realPath(dirname(resolve(file)));
  if (folder === undefined || !statSync(folder).isDirectory()) {
    throw usageError(`${said}: there is no folder ${dirname(file)}.`, 'Create it, or name another.');
  }
  const place = realPath(file) ?? join(folder, basename(file));
  if (/[/\\]$/.test(file) || statSync(place, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw usageError(`${said}: that is a folder.`, 'Name a file in it.');
  }
  const evident = evidence.find((path) => place === path || place.startsWith(`${path}${sep}`));
  if (evident !== undefined) {
    throw usageError(`${said} would write to the evidence in ${evident}.`, 'Name a file elsewhere.');
  }
  return place;
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    // The file is missing or not accessible; opening it will tell which.
    return undefined;
  }
}
