import type { JSX } from 'preact';

interface FactsProps {
  /** By name; null is left out. */
  facts: Record<string, string | number | null>;
  /** Whether there is a list of all runs. */
  hasOthers: boolean;
}

export const Facts = ({ facts, hasOthers }: FactsProps): JSX.Element => (
  <header class="top">
    <span class="brand">nodrop</span>
    {hasOthers && <a href="/">all runs</a>}
    <FactList facts={facts} look="facts" />
  </header>
);

export const FactList = ({ facts, look }: Pick<FactsProps, 'facts'> & { look: string }): JSX.Element => (
  <dl class={look}>
    {Object.entries(facts).map(
      ([name, value]) =>
        value !== null && (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
    )}
  </dl>
);
