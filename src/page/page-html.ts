/** The page of a run as one file: the built page, with its data inside. */
import { createHash } from 'node:crypto';
import type { PageData } from './page-data.ts';

/** The built page, without data. */
export const pageTemplate = new URL('../../ui/dist/index.html', import.meta.url);
const dataTag = '<script type="application/json" id="page-data">';
const scriptPattern = /<script type="module"[^>]*>([\s\S]*?)<\/script>/g;

/** The page's content security policy: it runs only its own script. `connections`: the servers it may ask. */
export function contentPolicy(template: string, connections: "'none'" | "'self'"): string {
  const scripts = [...template.matchAll(scriptPattern)].map(([, text]) => `'${sha256(text!)}'`);
  if (scripts.length === 0 || !template.includes(dataTag))
    throw new Error('bug: the built page has an unexpected form');
  return `default-src 'none'; script-src ${scripts.join(' ')}; connect-src ${connections}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;
}

/** The page loads nothing from outside. */
export function pageHtml(template: string, data: PageData): string {
  const policy = contentPolicy(template, "'none'");
  return (
    template
      // A function, since a dollar sign in a replacement text would have a meaning.
      .replace(
        '<meta charset="utf-8" />',
        (meta) => `${meta}\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`,
      )
      .replace(dataTag, (tag) => `${tag}${inlineJson(data)}`)
  );
}

/** The data that `pageHtml` put in; undefined for another version's. Throws if the text is not a report. */
export function pageDataIn(html: string): PageData | undefined {
  const start = html.indexOf(dataTag) + dataTag.length;
  const data = JSON.parse(html.slice(start, html.indexOf('<', start))) as PageData;
  return data.schema === 1 ? data : undefined;
}

const sha256 = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** Escapes text from messages, so that it cannot end the element that holds it. */
export const inlineJson = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
