/** The reference pages of commands and options, made from the definitions in commander. */
import { Command, type Option } from 'commander';
import { addCommands } from '../../src/cli/commands/commands.ts';

const program = new Command('nodrop');
addCommands(program, new AbortController().signal);

export const commandsPage = (): string =>
  page('Commands', [
    '`nodrop COMMAND --help` shows the same in a terminal. [Options](options.md) has the environment variables, and',
    '[exit codes](exit-codes.md) says how commands end.',
    '',
    ...table(
      ['command', 'what it does'],
      program.commands.map((command) => [
        `[${command.name()}](#${command.name()})`,
        prose(command.description()),
      ]),
    ),
    ...program.commands.flatMap(sectionOf),
  ]);

export const optionsPage = (): string =>
  page('Options', [
    'A flag wins over its environment variable, and an environment variable over the default. [Commands](commands.md) has the',
    'options of each command, with examples.',
    '',
    ...table(['option', 'meaning', 'default', 'environment', 'commands'], allOptions().map(rowOf)),
    '',
    '## Other environment variables',
    '',
    ...table(
      ['variable', 'meaning'],
      [
        [
          '`KAFKA_BOOTSTRAP_SERVERS`',
          'the Kafka to use, if neither `--bootstrap-server` nor its variable names one',
        ],
        ['`KAFKA_HOME`', 'folder of an unpacked Apache Kafka, which nodrop starts instead of one from Maven'],
        ['`JAVA_HOME`', 'folder of the Java to use'],
        [
          '`NODROP_CACHE`',
          'folder of the cache (default: `~/.cache/nodrop`, on macOS `~/Library/Caches/nodrop`)',
        ],
        ['`PGPASSWORD`, `PGPASSFILE`', "the store's password, or the file that holds it"],
        [
          '`PGSSLMODE`, `PGSSLROOTCERT`, `PGSSLCERT`, `PGSSLKEY`',
          'TLS to a PostgreSQL, as psql understands it',
        ],
        ['`NO_COLOR`', 'no colours'],
      ],
    ),
  ]);

const page = (title: string, lines: readonly string[]): string =>
  `${[`# ${title}`, '', '<!-- Generated: see test/cli/reference-pages.test.ts. -->', '', ...lines].join('\n')}\n`;

function sectionOf(command: Command): string[] {
  const given = command.registeredArguments.map((argument) => [
    `\`${argument.required ? `<${argument.name()}>` : `[${argument.name()}]`}\``,
    ...meaningOf(argument.description),
  ]);
  return [
    '',
    `## ${command.name()}`,
    '',
    `${prose(command.description()).replace(/^./, (letter) => letter.toUpperCase())}.`,
    '',
    `Usage: \`nodrop ${command.name()} ${command.usage()}\``,
    '',
    '```sh',
    ...examplesOf(command),
    '```',
    '',
    ...(given.length === 0 ? [] : [...table(['argument', 'meaning', 'default'], given), '']),
    ...table(
      ['option', 'meaning', 'default'],
      optionsOf(command).map((option) => [`\`${option.flags}\``, ...meaningAndDefaultOf(option)]),
    ),
  ];
}

/** The examples of a command, which are only in its help text. */
function examplesOf(command: Command): string[] {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  const [, examples = ''] = /^Examples:\n(.*?)\n\n/s.exec(help) ?? [];
  return examples.split('\n').map((line) => line.trim());
}

const optionsOf = (command: Command): Option[] => command.options.filter(({ hidden }) => !hidden);

interface KnownOption {
  option: Option;
  /** The commands with this option. */
  names: string[];
}

/** All options, in alphabetical order. */
function allOptions(): KnownOption[] {
  const known = new Map<string, KnownOption>();
  for (const command of program.commands) {
    for (const option of optionsOf(command)) {
      const names = known.get(option.flags)?.names ?? [];
      known.set(option.flags, { option, names: [...names, command.name()] });
    }
  }
  return [...known.values()].sort((a, b) => (a.option.long! < b.option.long! ? -1 : 1));
}

const rowOf = ({ option, names }: KnownOption): string[] => [
  `\`${option.flags}\``,
  ...meaningAndDefaultOf(option),
  option.envVar === undefined ? '' : `\`${option.envVar}\``,
  names.length === program.commands.length ? 'all' : names.join(', '),
];

function meaningAndDefaultOf({
  description,
  defaultValue,
  defaultValueDescription,
}: Option): [string, string] {
  const [meaning, standard] = meaningOf(description);
  return [
    meaning,
    defaultValue === undefined ? standard : prose(defaultValueDescription ?? String(defaultValue)),
  ];
}

/** Some defaults are not in commander but in the text: this function splits them from the meaning. */
function meaningOf(text: string): [meaning: string, standard: string] {
  const [told, standard = ''] = / \(default: ([^)]*)\)/.exec(text) ?? [''];
  return [prose(text.replace(told, '')), prose(standard)];
}

const prose = (text: string): string => text.replaceAll(/[\\|<*_`]/g, String.raw`\$&`);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  [head, head.map(() => '---'), ...rows].map((cells) =>
    `| ${cells.join(' | ')} |`.replaceAll(/(?<=\|) +(?=\|)/g, ' '),
  );
