import type { ComponentChildren, JSX } from 'preact';

/** A region that may be wider than the page. It can be scrolled with the keyboard, too. */
export const Scroll = ({ label, children }: { label: string; children: ComponentChildren }): JSX.Element => (
  <div class="scroll" role="region" aria-label={label} tabIndex={0}>
    {children}
  </div>
);
