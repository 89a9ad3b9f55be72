/** A text as one word of a POSIX shell: as it is where that is harmless, else between single quotes. */
export const shellWord = (text: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** The option that names the folder of runs, with a blank before it; empty where it is the default. */
export const dirOption = (dir: string): string => (dir === '.nodrop' ? '' : ` --dir ${shellWord(dir)}`);
