import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { grouped } from '../../src/report/text/quantities.ts';
import type { Finding } from '../../src/result/verdict.ts';

export type Kind = Pick<Finding, 'kind' | 'blame' | 'hop' | 'count' | 'allowed'>;

/** The number of findings of each kind, hop and blame, from the result; pressing one shows only its findings. */
export function KindChips({
  findings,
  chosen,
}: {
  findings: readonly Kind[];
  chosen: Signal<Kind | undefined>;
}): JSX.Element | null {
  if (findings.length === 0) return null;
  return (
    <div class="chips" role="group" aria-label="kinds of findings">
      {findings.map((each) => {
        const { kind, blame, hop, count, allowed } = each;
        const isPressed = chosen.value !== undefined && isOfKind(each, chosen.value);
        return (
          <button
            key={`${kind} ${hop} ${blame}`}
            type="button"
            class={allowed === true ? 'chip doubtful' : 'chip wrong'}
            data-kind={kind}
            data-blame={blame}
            data-count={count}
            aria-pressed={isPressed}
            onClick={() => (chosen.value = isPressed ? undefined : each)}
          >
            <span aria-hidden="true">✗</span> {grouped(count)} {kind}
            {hop !== undefined && ` at ${hop}`} · {blame}
            {allowed === true && ' (allowed)'}
          </button>
        );
      })}
    </div>
  );
}

export const isOfKind = ({ kind, blame, hop }: Pick<Kind, 'kind' | 'blame' | 'hop'>, chosen: Kind): boolean =>
  kind === chosen.kind && blame === chosen.blame && hop === chosen.hop;
