/** Runs `nodrop produce` alone, and checks that every message was acknowledged. */
import { newName, type Rig } from './rig.ts';
import { batchSize, program } from './nodrop-run.ts';
import { endOf, timeProcess, type TimedProcess } from './time-process.ts';

export async function nodropProduce(rig: Rig, topic: string, messages: number): Promise<TimedProcess> {
  const bootstrapServers = await rig.bootstrapServers();
  return await rig.withFolder(async (dir) => {
    const timed = await timeProcess(
      process.execPath,
      [
        program,
        'produce',
        '--json',
        '--quiet',
        `--run=${newName()}`,
        `--dir=${dir}`,
        `--topic=${topic}`,
        `--bootstrap-server=${bootstrapServers}`,
        ...(await rig.configOption()),
        `--messages=${messages}`,
        `--batch-size=${batchSize}`,
      ],
      { signal: rig.signal },
    );
    const summary = timed.tail.findLast((line) => line.startsWith('{')) ?? '{}';
    if ((JSON.parse(summary) as { acked?: number }).acked !== messages)
      throw new Error(`nodrop produce ended before every message was acknowledged${endOf(timed.tail)}`);
    return timed;
  });
}
