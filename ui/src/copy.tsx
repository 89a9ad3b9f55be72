import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';

/** Copies a text to the clipboard. `label`: for readers who cannot see the text next to the button. */
export function Copy({ text, label }: { text: string; label?: string }): JSX.Element {
  const said = useSignal('Copy');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      said.value = 'Copied';
    } catch {
      // The browser may refuse; the text is on the page anyway.
      said.value = 'Not allowed here';
    }
  };
  return (
    <button
      type="button"
      class="copy"
      aria-label={said.value === 'Copy' ? label : undefined}
      onClick={() => void copy()}
    >
      {said}
    </button>
  );
}

export const Command = ({ text }: { text: string }): JSX.Element => (
  <span class="command">
    <code>{text}</code> <Copy text={text} label={`Copy ${text}`} />
  </span>
);
