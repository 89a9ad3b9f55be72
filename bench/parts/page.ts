/** The cost of the live page for a run: without a page, with a page that is not open, and with a reader. */
import { inTurn } from '../in-turn.ts';
import { runSettings, timeRun, warmUp, type RunSample } from '../nodrop-run.ts';
import type { Part } from '../part.ts';
import type { Rig } from '../rig.ts';
import { spreadOf } from '../spread.ts';
import { atMost, groupedDigits, spreadText, tableOf } from '../table.ts';

const ratioMax = 1.02;
const without = 'without a page';

export const page: Part = {
  name: 'page',
  title: 'The live page',
  about: `\`nodrop run\` as above into SQLite, with and without \`--ui\`; and with a reader that takes all that a page
is told, several times a second from the first moment to the last, and throws it away: what a browser needs to draw it
is not counted. Times are of whole processes. A difference that is smaller than that between rounds is chance.`,
  measure: async (rig) => {
    const { messages, rounds } = rig.plan;
    await warmUp(rig);
    const once = (args: string[], isWatched: boolean) => () => runWatched(rig, args, isWatched);
    const samples = await inTurn(
      [
        { name: without, rounds, once: once([], false) },
        { name: 'with --ui', rounds, once: once(['--ui'], false) },
        { name: 'with --ui, and watched', rounds, once: once(['--ui'], true) },
      ],
      (line) => rig.say(line),
    );
    const secondsOf = (name: string) => spreadOf(samples.get(name)!.map(({ seconds }) => seconds));
    const rows = [...samples.keys()].map((name) => [
      name,
      spreadText(secondsOf(name)),
      name === without ? '' : atMost(secondsOf(name).median / secondsOf(without).median, ratioMax),
    ]);
    const columns = [`${groupedDigits(messages)} messages`, 'seconds', `ratio to ${without}`];
    return { tables: [tableOf(columns, rows)], samples: Object.fromEntries(samples) };
  },
};

async function runWatched(rig: Rig, args: string[], isWatched: boolean): Promise<RunSample> {
  let told: Promise<number> | undefined;
  const onLine = (line: string): void => {
    const [, address] = /^Live page: (\S+)$/.exec(line) ?? [];
    if (isWatched && address !== undefined) told ??= readAll(address);
  };
  const sample = await timeRun(rig, runSettings({ messages: rig.plan.messages }), args, onLine);
  if (isWatched && !((await told) ?? 0)) throw new Error('the page was told nothing');
  return sample;
}

/** Reads everything that a page receives, to the end. Returns the number of bytes. */
async function readAll(address: string): Promise<number> {
  const { origin, pathname, search } = new URL(address);
  const answer = await fetch(`${origin}/api${pathname}/events${search}`);
  let bytes = 0;
  for await (const piece of answer.body!) bytes += piece.length;
  return bytes;
}
