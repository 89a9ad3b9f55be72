import { durationText } from '../duration.ts';
import { exitCodes } from '../errors.ts';
import { faults } from '../faults/catalog.ts';
import type { Fault } from '../faults/fault.ts';
import { wrap } from '../report/wrap.ts';
import type { Context } from './context.ts';
import type { SharedValues } from './options.ts';

export async function faultsCommand({ json }: SharedValues, { terminal }: Context): Promise<number> {
  if (json === true) {
    const listed = faults.map(({ name, does, expected, example, details = [], value, lastsMs = null }) => {
      return { name, does, expected, example, details, value: value?.form ?? null, lastsMs };
    });
    terminal.print(JSON.stringify(listed));
    return exitCodes.pass;
  }
  terminal.print('NAME[:WHERE[=VALUE]]@WHEN[+HOW-LONG], from the first send on; +never: for good.');
  for (const fault of faults) for (const line of linesOf(fault)) terminal.print(line);
  return exitCodes.pass;
}

const linesOf = ({ name, does, expected, example, details, value, lastsMs }: Fault): string[] => [
  '',
  `${name}${lastsMs === undefined ? '' : `  (${durationText(lastsMs)} if nothing is said)`}`,
  ...wrap(does, '  '),
  ...wrap(`expected: ${expected}`, '  '),
  ...(details === undefined ? [] : wrap(`where: ${details.join(', ')}`, '  ')),
  ...(value === undefined ? [] : wrap(`value: ${value.form}; ${value.standard} if nothing is said`, '  ')),
  `  nodrop run --fault ${example}`,
];
