/** A Java properties file is Latin-1, and gives a meaning to these characters. */
const escape = (text: string): string =>
  text.replace(/[\\=:#! \t\r\n\f]|[^\x20-\x7e]/g, (char) =>
    char > ' ' && char <= '~' ? `\\${char}` : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Settings as a Java properties file. */
export const propertiesText = (properties: Readonly<Record<string, string>>): string =>
  Object.entries(properties)
    .map(([key, value]) => `${escape(key)}=${escape(value)}\n`)
    .join('');
