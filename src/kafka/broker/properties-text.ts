/** Settings as a Java properties file, which people read, too. */
export const propertiesText = (properties: Readonly<Record<string, string>>): string =>
  Object.entries(properties)
    .map(([key, value]) => `${escaped(key, inKeys)}=${escaped(value, inValues)}\n`)
    .join('');

/** Characters that end a key or begin a comment, and those that are outside the charset (Latin-1) or not printed. */
const inKeys = /[\\=:#! ]|[^\x20-\x7e]/g;
/** A value would lose the spaces before it. */
const inValues = /\\|^ |[^\x20-\x7e]/g;

const escaped = (text: string, special: RegExp): string =>
  text.replaceAll(special, (char) =>
    char > ' ' && char <= '~' ? `\\${char}` : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
