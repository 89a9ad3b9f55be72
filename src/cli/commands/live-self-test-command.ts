import { exitCodes } from '../../errors.ts';
import { jsonText } from '../../text/json-text.ts';
import { liveSelfTest, type LiveDetection, type LiveOptions } from '../../self-test/live/live-self-test.ts';
import {
  countsOf,
  detectionHead,
  detectionLine,
  isCaught,
  matrixLines,
  tamperingLines,
  totalsLines,
} from '../../report/terminal/detection-lines.ts';
import { findingsText } from '../../report/text/finding-text.ts';
import { wrap } from '../../report/text/wrap.ts';
import { tamperingSelfTest } from '../../self-test/tampering/tampering-self-test.ts';
import type { Context } from './context.ts';
import { kafkaChoiceOf, refuseSharedStore, type OptionValues } from '../options/options.ts';

/**
 * Plants defects in live pipelines. Exits with `fail` if one was not caught or not planted. By default, `detect`
 * plants all of them and starts a Kafka for that.
 */
export async function liveSelfTestCommand(
  values: OptionValues & { seed: number },
  { signal, terminal }: Context,
  detect = liveSelfTest,
): Promise<number> {
  refuseSharedStore(values);
  const { palette } = terminal;
  const { dir, store, seed, timeout: timeoutMs } = values;
  const transactional = values.transactional === true;
  const options: LiveOptions = { dir, store, seed, kafka: kafkaChoiceOf(values), timeoutMs, transactional };
  const security = values.security === undefined ? '' : ` --security ${values.security}`;
  const isForPeople = values.json !== true;
  if (isForPeople) terminal.print(detectionHead(palette));
  const observer = {
    status: (text: string): void => terminal.status(text),
    note: (line: string): void => terminal.note(line),
    detected: (detection: LiveDetection): void => {
      if (!isForPeople) return;
      terminal.print(detectionLine(detection, palette));
      for (const line of whyNot(detection)) terminal.print(palette.doubtful(line));
    },
  };
  const detections = await detect(options, observer, signal);
  const tampering = await tamperingSelfTest();
  terminal.clear();
  const caught = detections.filter(isCaught).length;
  const planted = detections.filter((one) => one.planted).length;
  if (isForPeople) {
    const lines = ['', ...matrixLines(detections, palette), '', ...totalsLines(detections)];
    lines.push(...tamperingLines(tampering, palette), '');
    const again = `nodrop self-test --seed ${seed}${security}${transactional ? ' --transactional' : ''}`;
    for (const line of [...lines, `To repeat this: ${again}`]) terminal.print(line);
  } else {
    const document = { schema: 1, live: true, transactional, seed, planted, caught, detections };
    terminal.printDocument(jsonText({ ...document, tampering: countsOf(tampering) }));
  }
  return [...detections, ...tampering].every(isCaught) ? exitCodes.pass : exitCodes.fail;
}

/** If the defect was not caught: the expected result, the actual one, and the path of the evidence. */
function whyNot(detection: LiveDetection): string[] {
  const { expected, verdict, findings, problem, evidence } = detection;
  if (isCaught(detection)) return [];
  const wanted = expected === 'inconclusive' ? expected : `${expected.kind} (${expected.blame})`;
  const got = findings.length > 0 ? findingsText(findings) : (verdict ?? 'no result');
  const reasons = [
    `expected: ${wanted}; found: ${got}`,
    problem ?? '',
    ...evidence.map((path) => `Evidence: ${path}`),
  ];
  return reasons.filter(Boolean).flatMap((reason) => wrap(reason, '  '));
}
