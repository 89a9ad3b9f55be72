import { randomInt } from 'node:crypto';
import { exitCodes } from '../../errors.ts';
import { jsonText } from '../../text/json-text.ts';
import {
  countsOf,
  detectionHead,
  detectionLine,
  isCaught,
  tamperingLines,
  totalsLines,
} from '../../report/terminal/detection-lines.ts';
import { selfTest } from '../../self-test/histories/self-test.ts';
import { tamperingSelfTest } from '../../self-test/tampering/tampering-self-test.ts';
import type { Context } from './context.ts';
import type { OptionValues } from '../options/options.ts';

export async function selfTestCommand(values: OptionValues, context: Context): Promise<number> {
  if (values.quick !== true) {
    const { liveSelfTestCommand } = await import('./live-self-test-command.ts');
    return await liveSelfTestCommand({ ...values, seed: values.seed ?? randomInt(2 ** 32) }, context);
  }
  const { terminal } = context;
  const detections = await selfTest();
  const tampering = await tamperingSelfTest();
  if (values.json === true) {
    const document = { schema: 1, ...countsOf(detections), tampering: countsOf(tampering) };
    terminal.printDocument(jsonText(document));
  } else {
    const { palette } = terminal;
    const lines = detections.map((detection) => detectionLine(detection, palette));
    const section = tamperingLines(tampering, palette);
    for (const line of [detectionHead(palette), ...lines, ...totalsLines(detections), ...section]) {
      terminal.print(line);
    }
  }
  return [...detections, ...tampering].every(isCaught) ? exitCodes.pass : exitCodes.fail;
}
