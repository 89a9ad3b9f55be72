/** Escapes the characters that have a meaning in a Java properties file, and those outside its charset (Latin-1). */
const escape = (text: string): string =>
  text.replace(/[\\=:#! \t\r\n\f]|[^\x20-\x7e]/g, (char) =>
    char > ' ' && char <= '~' ? `\\${char}` : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Settings as a Java properties file. */
export const propertiesText = (properties: Readonly<Record<string, string>>): string =>
  Object.entries(properties)
    .map(([key, value]) => `${escape(key)}=${escape(value)}\n`)
    .join('');
