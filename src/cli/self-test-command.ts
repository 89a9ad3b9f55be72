import { randomInt } from 'node:crypto';
import { exitCodes } from '../errors.ts';
import { jsonText } from '../json-text.ts';
import { detectionHead, detectionLine, isCaught, totalsLines } from '../report/detection-lines.ts';
import { selfTest, type Detection } from '../self-test.ts';
import type { Context } from './context.ts';
import type { SharedValues } from './options.ts';

export async function selfTestCommand(
  values: SharedValues & { quick?: boolean },
  context: Context,
): Promise<number> {
  if (values.quick !== true) {
    const { liveSelfTestCommand } = await import('./live-self-test-command.ts');
    return await liveSelfTestCommand({ ...values, seed: values.seed ?? randomInt(2 ** 32) }, context);
  }
  const { terminal } = context;
  const detections = await selfTest();
  const caught = detections.filter(isCaught).length;
  if (values.json === true) {
    terminal.printDocument(jsonText({ schema: 1, planted: detections.length, caught, detections }));
  } else {
    printTable(detections, context);
  }
  return caught === detections.length ? exitCodes.pass : exitCodes.fail;
}

function printTable(detections: readonly Detection[], { terminal }: Context): void {
  const { palette } = terminal;
  terminal.print(detectionHead(palette));
  for (const detection of detections) terminal.print(detectionLine(detection, palette));
  for (const line of totalsLines(detections)) terminal.print(line);
}
