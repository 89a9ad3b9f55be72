import type { ComponentChildren, JSX } from 'preact';

/** What may be wider than the page: it can be moved with the keyboard, too. */
export const Scroll = ({ label, children }: { label: string; children: ComponentChildren }): JSX.Element => (
  <div class="scroll" role="region" aria-label={label} tabIndex={0}>
    {children}
  </div>
);
