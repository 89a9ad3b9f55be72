import type { JSX } from 'preact';
import { thresholdValueText } from '../../src/report/text/quantities.ts';
import { sentenceOf } from '../../src/report/text/verdict-sentence.ts';
import type { JudgedThreshold, Result } from '../../src/result/result.ts';

/** A sign in addition to the colour; the word can be read without either. */
const signs = { pass: '✓', fail: '✗', inconclusive: '?' } as const;

const missedOf = (thresholds: readonly JudgedThreshold[]): number =>
  thresholds.filter(({ met }) => !met).length;

/** A run's verdict in a word or two: a pass that missed a threshold has an exit code that is not 0. */
export const verdictWords = ({ verdict, thresholds }: Pick<Result, 'verdict' | 'thresholds'>): string =>
  missedOf(thresholds) === 0 ? verdict : `${verdict}, threshold missed`;

export function VerdictCard({ result }: { result: Result }): JSX.Element {
  const { verdict, thresholds } = result;
  return (
    <section class={`verdict ${verdict}`} aria-labelledby="verdict">
      <span class="sign" aria-hidden="true">
        {signs[verdict]}
      </span>
      <div>
        <h1 id="verdict">{verdict.toUpperCase()}</h1>
        <p>{sentenceOf(result)}</p>
        {thresholds.length > 0 && <Thresholds thresholds={thresholds} />}
      </div>
    </section>
  );
}

function Thresholds({ thresholds }: { thresholds: readonly JudgedThreshold[] }): JSX.Element {
  const missed = missedOf(thresholds);
  const of = `${thresholds.length} ${thresholds.length === 1 ? 'threshold' : 'thresholds'}`;
  return (
    <ul class="chips" aria-label="thresholds">
      <li class={missed === 0 ? 'chip' : 'chip doubtful'}>
        {missed === 0 ? `${of} met` : `${missed} of ${of} missed`}
      </li>
      {thresholds.map((each) => (
        <li key={each.threshold} class={each.met ? 'chip right' : 'chip wrong'}>
          <span aria-hidden="true">{each.met ? '✓' : '✗'}</span> {metricOf(each)} {thresholdValueText(each)},
          wanted {each.threshold.trim().slice(metricOf(each).length).trim()}
        </li>
      ))}
    </ul>
  );
}

const metricOf = ({ threshold }: JudgedThreshold): string => /^[^\s<>=]+/.exec(threshold.trim())?.[0] ?? '';

export function NotChecked({ sentences }: { sentences: readonly string[] }): JSX.Element | null {
  if (sentences.length === 0) return null;
  return (
    <section class="not-checked" aria-labelledby="not-checked">
      <h2 id="not-checked">Not checked</h2>
      <ul>
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </section>
  );
}
