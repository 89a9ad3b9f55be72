/** The options that say what a command shows and does. No run depends on them, so its stages do not get them. */
import { parseReporter } from '../output/reporters.ts';
import type { OptionEntry } from './option-entry.ts';
import { parseDuration, parseInteger } from './option-values.ts';

const port = parseInteger(1, 65_535);

export const commandOptions = {
  reporter: {
    flags: '--reporter <name>',
    help: 'report format (default, json, junit, github); NAME=FILE writes it to a file; may be repeated',
    parse: parseReporter,
    repeatable: true,
  },
  ui: {
    flags: '--ui [port]',
    help: 'serve a live page on this machine (default port: a free one)',
    parse: port,
  },
  keepOpen: { flags: '--keep-open', help: 'with --ui: keep the page open until Ctrl-C' },
  config: {
    flags: '--config <file>',
    help: 'config with your pipelines (default: nodrop.config.ts, .yaml or .json in this folder)',
  },
  json: { flags: '--json', help: 'print one JSON document on stdout' },
  color: { flags: '--no-color', help: 'no colours' },
  rescan: { flags: '--rescan', help: 'scan the topic again instead of using the saved scan' },
  history: {
    flags: '--history <file...>',
    help: 'audit evidence from another system instead of a run: files of JSON lines',
  },
  state: { flags: '--state <name>', help: 'only the rows of this category' },
  limit: {
    flags: '--limit <n>',
    help: 'maximum number of rows',
    parse: parseInteger(1, 1_000_000),
    default: 20,
  },
  deadLetters: { flags: '--dead-letters', help: 'show the dead letters and their reasons instead' },
  port: { flags: '--port <n>', help: 'port to listen on (default: a free one)', parse: port },
  quick: {
    flags: '--quick',
    help: 'plant the defects in made-up histories instead of live pipelines (2 s, no broker)',
  },
  runs: {
    flags: '--runs <n>',
    help: 'number of runs (default: 20, or as many as --for allows)',
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
  list: { flags: '--list', help: 'list the Kafka versions and which of them are already downloaded' },
  all: { flags: '--all', help: 'also remove failed, inconclusive and unverified runs' },
  yes: { flags: '--yes', help: 'do not ask for confirmation' },
} as const satisfies Record<string, OptionEntry>;
