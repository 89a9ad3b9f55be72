/** The cost of TLS: producing, and a whole run, on a broker in clear and on a secured one. */
import { inTurn } from '../in-turn.ts';
import { nodropProduce } from '../nodrop-produce.ts';
import { measureRun, runSettings, warmUp } from '../nodrop-run.ts';
import type { Part } from '../part.ts';
import { Rig } from '../rig.ts';
import { spreadOf } from '../spread.ts';
import { groupedDigits, spreadText, tableOf } from '../table.ts';

const partitions = 3;
const inClear = 'in clear';
const overTls = 'over TLS';
const works = ['nodrop produce', 'nodrop run, SQLite'] as const;

export const security: Part = {
  name: 'security',
  title: 'In clear and over TLS',
  about: `The same \`nodrop produce\` and \`nodrop run\` on a broker in clear and on one with \`--security ssl\`, both started by
nodrop, in turn. All connections of the secured one are encrypted (TLS 1.3), and it checks permissions. Its Java uses both of
its compilers, since the first one alone encrypts slowly; in clear, it uses the first one alone, and starts sooner.`,
  measure: async (rig) => {
    const { growthMessages: messages, securityRounds: rounds } = rig.plan;
    await using secured = new Rig(rig.plan, rig.dir, rig.signal, 'ssl');
    const ways = [
      { name: inClear, on: rig },
      { name: overTls, on: secured },
    ];
    for (const { on } of ways) await warmUp(on);
    const [produce, run] = works;
    const contestants = ways.flatMap(({ name, on }) => [
      {
        name: `${produce}, ${name}`,
        rounds,
        once: async (): Promise<{ seconds: number }> =>
          await on.withTopic(partitions, (topic) => nodropProduce(on, topic, messages)),
      },
      {
        name: `${run}, ${name}`,
        rounds,
        once: async (): Promise<{ seconds: number }> =>
          await measureRun(on, runSettings({ messages, partitions })),
      },
    ]);
    const samples = await inTurn(contestants, (line) => rig.say(line));
    return { tables: [tableFor(messages, samples)], samples: Object.fromEntries(samples) };
  },
};

function tableFor(messages: number, samples: ReadonlyMap<string, readonly { seconds: number }[]>): string {
  const secondsOf = (name: string) => spreadOf(samples.get(name)!.map(({ seconds }) => seconds));
  const rows = works.map((work) => {
    const [plain, tls] = [inClear, overTls].map((way) => secondsOf(`${work}, ${way}`)) as [
      ReturnType<typeof secondsOf>,
      ReturnType<typeof secondsOf>,
    ];
    const rates = [plain, tls].map(({ median }) => groupedDigits(messages / median));
    return [work, spreadText(plain), spreadText(tls), ...rates, (tls.median / plain.median).toFixed(2)];
  });
  const columns = ['s in clear', 's over TLS', 'messages/s in clear', 'messages/s over TLS', 'TLS to clear'];
  return tableOf([`${groupedDigits(messages)} messages`, ...columns], rows);
}
