/** The options that say what a command shows and does. No run depends on them, so they are not passed on. */
import { parseReporter } from '../output/reporters.ts';
import type { OptionEntry } from './option-entry.ts';
import { parseDuration, parseInteger } from './option-values.ts';

const port = parseInteger(1, 65_535);

export const commandOptions = {
  reporter: {
    flags: '--reporter <name>',
    help: 'how to report, repeatable: default, json, junit or github on stdout; NAME=FILE writes it to a file',
    parse: parseReporter,
    repeatable: true,
  },
  ui: { flags: '--ui [port]', help: 'show it as it goes on, on a page of this machine', parse: port },
  keepOpen: { flags: '--keep-open', help: 'with --ui: the page stays until Ctrl-C' },
  json: { flags: '--json', help: 'one JSON document on stdout' },
  color: { flags: '--no-color', help: 'no colours' },
  rescan: { flags: '--rescan', help: 'scan the topic again' },
  history: { flags: '--history <file...>', help: 'audit this evidence instead, from anywhere: JSON lines' },
  state: { flags: '--state <name>', help: 'only the rows of this category' },
  limit: {
    flags: '--limit <n>',
    help: 'at most so many rows',
    parse: parseInteger(1, 1_000_000),
    default: 20,
  },
  deadLetters: { flags: '--dead-letters', help: 'the dead letters, with their reasons' },
  port: { flags: '--port <n>', help: 'port to listen on (default: a free one)', parse: port },
  quick: { flags: '--quick', help: 'in histories, without a broker: takes two seconds' },
  runs: {
    flags: '--runs <n>',
    help: 'how many (default: 20, or as many as --for allows)',
    parse: parseInteger(1, 100_000),
  },
  for: { flags: '--for <duration>', help: 'keep starting new runs for this long', parse: parseDuration },
  replay: { flags: '--replay <file>', help: 're-run the schedule in a chaos.json (not its exact timing)' },
  shrinkFor: {
    flags: '--shrink-for <duration>',
    help: 'time limit for minimizing a failing schedule',
    parse: parseDuration,
    default: 600_000,
    defaultText: '10m',
  },
  list: { flags: '--list', help: 'list the versions instead, and which of them are here already' },
  all: { flags: '--all', help: 'failed runs too' },
  yes: { flags: '--yes', help: 'do not ask' },
} as const satisfies Record<string, OptionEntry>;
