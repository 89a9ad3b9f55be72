/** A text as one word of a POSIX shell: unchanged if that is harmless, otherwise in single quotes. */
export const shellWord = (text: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** The option that names the folder of runs, with a blank before it; empty for the default folder. */
export const dirOption = (dir: string): string => (dir === '.nodrop' ? '' : ` --dir ${shellWord(dir)}`);
