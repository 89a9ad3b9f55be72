/** Makes XML 1.0 from untrusted texts: the result is always well formed. */

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  // `]]>` must not stand in a text.
  '>': '&gt;',
  '"': '&quot;',
  // A parser reads these as spaces in an attribute's value, and a CR anywhere as a newline.
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** Text between tags. */
export const xmlText = (text: string): string =>
  allowed(text)
    .replaceAll(/[&<>\r]/g, (character) => entities[character]!)
    .replaceAll(obeyed, reference);

/** ` name="value"` for each. */
export const xmlAttributes = (attributes: Readonly<Record<string, string | number>>): string =>
  Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${xmlValue(String(value))}"`)
    .join('');

const xmlValue = (text: string): string =>
  allowed(text)
    .replaceAll(/[&<>"\r\n\t]/g, (character) => entities[character]!)
    .replaceAll(obeyed, reference);

/** Allowed in XML, but harmless in a terminal only as a character reference. */
const obeyed = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const reference = (character: string): string => `&#${character.charCodeAt(0)};`;

/** XML 1.0 forbids some characters even if they are escaped: controls, halves of surrogate pairs, and two more. */
const allowed = (text: string): string =>
  text.toWellFormed().replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
