import { exitCodes, usageError } from '../errors.ts';
import { selfTest, type Detection } from '../self-test.ts';
import type { Context } from './context.ts';
import type { SharedValues } from './options.ts';
import type { Terminal } from './terminal.ts';

export async function selfTestCommand(
  values: SharedValues & { quick?: boolean },
  { terminal }: Context,
): Promise<number> {
  if (values.quick !== true) {
    throw usageError('self-test needs --quick: it plants defects in histories, and needs no broker.');
  }
  const detections = await selfTest();
  const caught = detections.filter(isCaught).length;
  if (values.json === true) {
    terminal.print(JSON.stringify({ schema: 1, planted: detections.length, caught, detections }));
  } else {
    printMatrix(terminal, detections);
  }
  return caught === detections.length ? exitCodes.pass : exitCodes.fail;
}

const isCaught = ({ found, blamedRightly, twinSilent }: Detection): boolean =>
  found && blamedRightly && twinSilent;

function printMatrix(terminal: Terminal, detections: readonly Detection[]): void {
  const { good, bad, faint } = terminal.palette;
  const mark = (is: boolean, width: number): string => (is ? good : bad)((is ? 'yes' : 'NO').padEnd(width));
  terminal.print(faint(`${'defect'.padEnd(50)} ${'hop'.padEnd(8)} found blamed twin`));
  for (const { defect, hop, found, blamedRightly, twinSilent } of detections) {
    terminal.print(
      `${defect.padEnd(50)} ${hop.padEnd(8)} ${mark(found, 5)} ${mark(blamedRightly, 6)} ${mark(twinSilent, 4)}`.trimEnd(),
    );
  }
  const count = (is: (detection: Detection) => boolean): number => detections.filter(is).length;
  terminal.print(
    `${detections.length} defects planted: ${count(({ found }) => found)} found, ` +
      `${count(({ blamedRightly }) => blamedRightly)} blamed rightly, ` +
      `${count(({ twinSilent }) => twinSilent)} clean twins silent`,
  );
}
