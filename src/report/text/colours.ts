/** The colours of a terminal. They never carry a meaning that the text lacks. */
export interface Palette {
  good: (text: string) => string;
  bad: (text: string) => string;
  doubtful: (text: string) => string;
  strong: (text: string) => string;
  faint: (text: string) => string;
}

const plain = (text: string): string => text;

/** For a file. */
export const noColors: Palette = { good: plain, bad: plain, doubtful: plain, strong: plain, faint: plain };
