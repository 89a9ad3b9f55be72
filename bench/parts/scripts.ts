/** The parts that are separate programs: each prints its table, and can be run alone. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Part } from '../part.ts';
import type { Plan } from '../plan.ts';
import type { Rig } from '../rig.ts';
import { endOf, timeProcess } from '../time-process.ts';

const bench = join(import.meta.dirname, '..');

interface Script {
  name: string;
  title: string;
  about: string;
  file: string;
  argsOf: (plan: Plan) => string[];
}

const scripts: Script[] = [
  {
    name: 'verdict',
    title: 'Time to verdict',
    about: `\`nodrop run\` with its defaults, 1000 messages: with the Kafka that it starts itself (the cache warm)
and on one that runs already, in turn. \`processMs\` is the whole process, seen from outside; the other phases are what
nodrop itself measures.`,
    file: 'time-to-verdict.ts',
    argsOf: ({ verdictRounds }) => [`--rounds=${verdictRounds}`],
  },
  {
    name: 'audit',
    title: 'The audit alone',
    about: `An audit of evidence that lies on disk, made beforehand without a broker, each in a process of its own.`,
    file: 'audit.ts',
    argsOf: ({ mode }) => (mode === 'whole' ? [] : ['--quick']),
  },
  {
    name: 'stores',
    title: 'The stores',
    about: `Rows into each store through its writer, and through the whole of \`nodrop consume\`, as shares of a
ceiling that was measured in the same rounds: for SQLite a bare loop of prepared inserts into the same tables, for
PostgreSQL a bare COPY of bytes that were encoded beforehand.`,
    file: 'stores.ts',
    argsOf: ({ storeRows, storeRounds }) => [`--rows=${storeRows}`, `--rounds=${storeRounds}`],
  },
];

export const scriptParts: Part[] = scripts.map(({ name, title, about, file, argsOf }) => ({
  name,
  title,
  about,
  measure: async (rig) => {
    // The program starts its own servers, and idle ones would only disturb the measurement.
    await rig.close();
    return { tables: [await tablesOf(rig, file, argsOf(rig.plan))], samples: await documentOf(file) };
  },
}));

async function tablesOf(rig: Rig, file: string, args: readonly string[]): Promise<string> {
  const { tail } = await timeProcess(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(bench, file), ...args],
    { signal: rig.signal },
  );
  const lines = tail.filter((line) => line.startsWith('|'));
  if (lines.length === 0) throw new Error(`${file} printed no table${endOf(tail)}`);
  return lines.join('\n');
}

/** The JSON file that the program itself has written. */
async function documentOf(file: string): Promise<unknown> {
  const path = join(bench, 'results', file.replace('.ts', '.json'));
  return JSON.parse(await readFile(path, 'utf8')) as unknown;
}
