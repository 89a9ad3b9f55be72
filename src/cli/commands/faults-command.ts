import { durationText } from '../../system/duration.ts';
import { exitCodes } from '../../errors.ts';
import { faults } from '../../faults/catalog.ts';
import { parseFault, whereForm } from '../../faults/fault-schedule.ts';
import type { Fault } from '../../faults/fault.ts';
import { jsonText } from '../../text/json-text.ts';
import { wrap } from '../../report/text/wrap.ts';
import { defaultEngine } from '../../stores/engines.ts';
import type { Context } from './context.ts';
import type { OptionValues } from '../options/options.ts';

export async function faultsCommand({ json }: OptionValues, { terminal }: Context): Promise<number> {
  if (json === true) {
    const listed = faults.map(({ name, does, expected, example, details = [], value, ...others }) => {
      const { lastsMs = null, takesProcess = null } = others;
      return { name, does, expected, example, details, takesProcess, value: value?.form ?? null, lastsMs };
    });
    terminal.printDocument(jsonText(listed));
    return exitCodes.pass;
  }
  terminal.print('NAME[:WHERE[=VALUE]]@WHEN[+DURATION]. WHEN counts from the first send.');
  terminal.print('+never: the fault never ends.');
  for (const fault of faults) for (const line of linesOf(fault)) terminal.print(line);
  return exitCodes.pass;
}

const linesOf = (fault: Fault): string[] => {
  const { name, does, expected, example, value, lastsMs } = fault;
  const where = whereForm(fault);
  return [
    '',
    `${name}${lastsMs === undefined ? '' : `  (${durationText(lastsMs)} by default)`}`,
    ...wrap(does, '  '),
    ...wrap(`expected: ${expected}`, '  '),
    ...(where === undefined ? [] : wrap(`where: ${where}`, '  ')),
    ...(value === undefined ? [] : wrap(`value: ${value.form}; ${value.standard} by default`, '  ')),
    `  nodrop run ${optionsFor(fault)} --fault ${example}`,
  ];
};

/** The other options that its example needs. */
function optionsFor(fault: Fault): string {
  const setting = parseFault(fault.example);
  const plan = { producers: 1, consumers: 1, sendsMs: undefined };
  const isPossible = (brokers: number, transactional = false): boolean =>
    fault.problem({ ...plan, brokers, store: defaultEngine, transactional }, setting) === undefined;
  if (fault.usersOnly === true) return 'PIPELINE';
  if (isPossible(1)) return '--rate 25';
  if (isPossible(1, true)) return '--transactional --rate 25';
  return isPossible(3) ? '--brokers 3 --rate 25' : '--store URL --rate 25';
}
