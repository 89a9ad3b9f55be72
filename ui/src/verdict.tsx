import type { JSX } from 'preact';
import { sentenceOf } from '../../src/report/verdict-sentence.ts';
import type { Result } from '../../src/result.ts';

/** A sign beside the colour: neither is needed to read the word. */
const signs = { pass: '✓', fail: '✗', inconclusive: '?' } as const;

export function VerdictCard({ result }: { result: Result }): JSX.Element {
  return (
    <section class={`verdict ${result.verdict}`} aria-labelledby="verdict">
      <span class="sign" aria-hidden="true">
        {signs[result.verdict]}
      </span>
      <div>
        <h1 id="verdict">{result.verdict.toUpperCase()}</h1>
        <p>{sentenceOf(result)}</p>
      </div>
    </section>
  );
}

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
