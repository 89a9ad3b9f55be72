/** A verdict in one sentence or two. */
import type { Result } from '../../result/result.ts';
import type { Verdict } from '../../result/verdict.ts';
import { findingsText } from './finding-text.ts';
import { grouped } from './quantities.ts';
import { ruleCounts } from './rule-counts.ts';
import { plural } from '../../text/counted.ts';

const sentences: Record<Verdict, (result: Result) => string> = {
  // A history from another system (no seed) need not contain all contents.
  pass: ({ ledger, run, findings, counts }) => {
    const ofRules = ruleCounts({ ...counts, unrooted: 0 });
    const how = `stored once, in the right category${run.seed === null ? '' : ', byte for byte'}`;
    const messages = `acknowledged ${plural(ledger.acked, 'message')} ${ledger.acked === 1 ? 'is' : 'are'}`;
    if (findings.length === 0 && ofRules.length > 0) {
      return `${grouped(ledger.acked)} of ${grouped(ledger.acked)} ${messages} stored as the rules say: ${ofRules.join(', ')}.`;
    }
    return findings.length === 0
      ? `${grouped(ledger.acked)} of ${grouped(ledger.acked)} ${messages} ${how}.`
      : `Acknowledged messages are ${how}, except for allowed findings: ${findingsText(findings)}.`;
  },
  fail: ({ findings }) => `${findingsText(findings)}.`,
  inconclusive: ({ findings }) =>
    findings.length === 0
      ? 'Nothing was found wrong, but not everything could be judged: see what was not checked.'
      : 'Not everything could be judged: see what was not checked.',
};

export const sentenceOf = (result: Result): string =>
  [sentenceBy(result), ...missedSentence(result)].join(' ');

function sentenceBy(result: Result): string {
  if (result.root === undefined) return sentences[result.verdict](result);
  return result.root === 'log' ? checkSentence(result) : pipelineSentence(result);
}

/** Names the root: nodrop made the messages, and saw what became of each send. */
function pipelineSentence(result: Result): string {
  const { verdict, acknowledged, ledger, findings, counts } = result;
  const { name, destinations } = result.pipeline!;
  if (verdict === 'inconclusive') return `From the producer on: ${lowered(sentences.inconclusive(result))}`;
  const all = grouped(ledger.acked);
  const of = `acknowledged ${plural(ledger.acked, 'message')} of ${name}`;
  const are = (count: number): string => (count === 1 ? 'is' : 'are');
  if (verdict === 'fail') {
    return `From the producer on: ${findingsText(findings)}; ${grouped(acknowledged.right)} of ${all} ${of} ${are(ledger.acked)} right.`;
  }
  const where = destinations.filter(({ kind }) => kind !== 'source');
  const isPlain =
    counts.dropped === 0 && where.every(({ rule, expected }) => rule === 'once' && expected === ledger.acked);
  const places = listed(where.map((each) => each.name));
  const how = isPlain ? `in ${places} once` : `as the rules say, in ${places}`;
  const except = findings.length === 0 ? '' : `, except for allowed findings: ${findingsText(findings)}`;
  const drops = counts.dropped === 0 ? '' : `; rules drop ${grouped(counts.dropped)}`;
  return `From the producer on: ${grouped(acknowledged.right)} of ${all} ${of} ${are(ledger.acked)} ${how}${drops}${except}.`;
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/** Names the root: a check proves nothing of what came before the topic. */
function checkSentence(result: Result): string {
  const { verdict, ledger, acknowledged, run, findings, evidence } = result;
  if (evidence.log === 'missing') return 'From the topic on: nothing was judged, since evidence is missing.';
  if (verdict === 'inconclusive') return `From the topic on: ${lowered(sentences.inconclusive(result))}`;
  const { sink, rule, sampled, sinks } = result.check!;
  const all = grouped(ledger.acked);
  // With several sinks, a record counts once for each in which it belongs.
  const what =
    sinks.length === 1 ? plural(ledger.acked, 'record') : `expected ${plural(ledger.acked, 'row')}`;
  const of = `${sampled === null ? '' : 'sampled '}${what} of ${run.topic}`;
  const are = (count: number): string => (count === 1 ? 'is' : 'are');
  if (verdict === 'fail') {
    return `From the topic on: ${findingsText(findings)}; ${grouped(acknowledged.right)} of ${all} ${of} ${are(ledger.acked)} right in ${sink}.`;
  }
  const how = { once: 'once', 'at-least-once': 'at least once', latest: 'in the newest version' }[rule];
  const except = findings.length === 0 ? '' : `, except for allowed findings: ${findingsText(findings)}`;
  const { dropped, superseded } = result.counts;
  const right = `From the topic on: ${grouped(acknowledged.right)} of ${all} ${of} ${are(ledger.acked)}`;
  if (dropped + superseded === 0) return `${right} in ${sink} ${how}${except}.`;
  const inSink = acknowledged.right - dropped - superseded;
  const parts = [
    `${grouped(inSink)} ${are(inSink)} in ${sink} ${how}`,
    ...(dropped === 0
      ? []
      : [`${grouped(dropped)} ${dropped === 1 ? 'is a declared drop' : 'are declared drops'}`]),
    ...(superseded === 0 ? [] : [`${grouped(superseded)} ${are(superseded)} superseded`]),
  ];
  return `${right} right: ${parts.join(', ')}${except}.`;
}

const lowered = (sentence: string): string => `${sentence[0]!.toLowerCase()}${sentence.slice(1)}`;

function missedSentence({ thresholds }: Result): string[] {
  const missed = thresholds.filter(({ met }) => !met).length;
  return missed === 0 ? [] : [missed === 1 ? 'A threshold was missed.' : `${missed} thresholds were missed.`];
}
