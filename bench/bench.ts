/**
 * The benchmarks of nodrop and its peers: prints tables, writes `bench/results/`, and from it
 * `docs/design/performance.md`. Exits with 3 if a limit was missed, with 1 if a part could not be measured.
 * `--messages` is for testing the bench itself: its figures are not written to the page.
 */
import { parseArgs } from 'node:util';
import { listenForStop, StoppedError } from '../src/cli/startup/stop.ts';
import { exitCodes } from '../src/errors.ts';
import { thisCommit, thisMachine, type Machine } from './machine.ts';
import { writePage } from './page.ts';
import type { Measured, Part } from './part.ts';
import { check } from './parts/check.ts';
import { consume } from './parts/consume.ts';
import { growth } from './parts/growth.ts';
import { latency } from './parts/latency.ts';
import { memory } from './parts/memory.ts';
import { page } from './parts/page.ts';
import { produce } from './parts/produce.ts';
import { security } from './parts/security.ts';
import { scriptParts } from './parts/scripts.ts';
import { whole } from './parts/whole.ts';
import { quickPlan, trialPlan, wholePlan, type Plan } from './plan.ts';
import { writeResult, type PartResult } from './results.ts';
import { Rig } from './rig.ts';
import { atMost, countMissed } from './table.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** The page has the same order. Memory and growth use the measurements of `whole`. */
const parts: Part[] = [
  whole,
  memory,
  growth,
  latency,
  produce,
  consume,
  check,
  security,
  page,
  ...scriptParts,
];
const limitMissedCode = 3;
const failedCode = 1;
const trialMessagesMin = 1_000;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    messages: { type: 'string' },
    page: { type: 'boolean', default: false },
  },
});

const wanted = values.only.length === 0 ? parts : parts.filter(({ name }) => values.only.includes(name));
const misuse = misuseOf(values.only, values.messages);
if (misuse !== undefined) {
  process.stderr.write(`${misuse}\n`);
  process.exitCode = exitCodes.usage;
} else if (values.page) {
  writePage(parts);
} else {
  process.exitCode = await main();
}

function misuseOf(only: readonly string[], messages: string | undefined): string | undefined {
  const names = parts.map(({ name }) => name);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) return `--only takes ${names.join(', ')}; not ${unknown}.`;
  if (messages === undefined || (/^\d+0$/.test(messages) && Number(messages) >= trialMessagesMin))
    return undefined;
  return `--messages takes a multiple of 10, of at least ${trialMessagesMin}; not ${messages}.`;
}

async function main(): Promise<number> {
  keepOutSettings();
  const plan = planOf();
  const machine = await thisMachine();
  const commit = thisCommit();
  const startedAt = performance.now();
  const signal = listenForStop((reason) => process.stderr.write(`stopping (${reason})\n`));
  await using folder = makeTemporaryFolder();
  await using rig = new Rig(plan, folder.path, signal);
  const results: PartResult[] = [];
  try {
    for (const part of wanted) {
      const result = await resultOf(part, rig, { machine, commit });
      writeResult(result);
      results.push(result);
      process.stdout.write(`## ${part.title}\n\n${result.failure ?? result.tables.join('\n\n')}\n\n`);
    }
  } catch (error) {
    if (error instanceof StoppedError) return error.exitCode;
    throw error;
  }
  const minutes = (performance.now() - startedAt) / 60_000;
  const length = atMost(minutes, plan.minutesMax, minutes.toFixed(1));
  process.stdout.write(`The bench took ${length} minutes. Commit ${commit}, ${machine.cpu}.\n`);
  if (plan.mode !== 'trial') writePage(parts);
  return codeOf(results);
}

/** If a part fails, the others still run. Throws only if the bench is being stopped. */
async function resultOf(
  part: Part,
  rig: Rig,
  measuredOn: { machine: Machine; commit: string },
): Promise<PartResult> {
  rig.say(`${part.title} (--only ${part.name})`);
  const startedAt = performance.now();
  let measured: Measured = { tables: [], samples: [] };
  let failure: string | undefined;
  try {
    measured = await part.measure(rig);
  } catch (error) {
    rig.signal.throwIfAborted();
    failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  return {
    name: part.name,
    date: new Date().toISOString(),
    ...measuredOn,
    mode: rig.plan.mode,
    seconds: (performance.now() - startedAt) / 1000,
    ...measured,
    ...(failure !== undefined && { failure }),
  };
}

function planOf(): Plan {
  if (values.messages !== undefined) return trialPlan(Number(values.messages));
  return values.quick ? quickPlan : wholePlan;
}

/** Removes the user's own settings for nodrop, which must not change the measurements. */
function keepOutSettings(): void {
  for (const name of Object.keys(process.env)) {
    const isSetting = name.startsWith('NODROP_') && name !== 'NODROP_CACHE';
    if (isSetting || name === 'KAFKA_BOOTSTRAP_SERVERS') delete process.env[name];
  }
}

function codeOf(results: readonly PartResult[]): number {
  if (results.some(({ failure }) => failure !== undefined)) return failedCode;
  return results.some(({ tables }) => countMissed(tables) > 0) ? limitMissedCode : exitCodes.pass;
}
