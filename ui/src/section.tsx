import type { ComponentChildren, JSX } from 'preact';

export function Section({ title, children }: { title: string; children: ComponentChildren }): JSX.Element {
  const id = title.toLowerCase().replaceAll(/\W+/g, '-');
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}
