/** Parses JUnit XML and validates it with the schema, both with a common library. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XmlDocument, XmlElement, XsdValidator } from 'libxml2-wasm';

const schema = readFileSync(join(import.meta.dirname, '../../fixtures/junit.xsd'), 'utf8');
const validator = XsdValidator.fromDoc(XmlDocument.fromString(schema));

export interface JunitCase {
  /** `findings lost`. */
  name: string;
  state: 'passed' | 'failure' | 'error' | 'skipped';
  message: string;
  text: string;
  seconds: number;
}

export interface JunitDocument {
  suite: Record<string, string>;
  properties: Record<string, string>;
  cases: JunitCase[];
}

/** Throws if the text is not well formed or not valid. */
export function readJunit(xml: string): JunitDocument {
  using document = XmlDocument.fromString(xml);
  validator.validate(document);
  const [suite] = elementsOf(document.root, '/testsuites/testsuite');
  const properties = elementsOf(suite!, 'properties/property').map(attributesOf);
  return {
    suite: attributesOf(suite!),
    properties: Object.fromEntries(properties.map(({ name, value }) => [name, value])),
    cases: elementsOf(suite!, 'testcase').map(caseOf),
  };
}

function caseOf(element: XmlElement): JunitCase {
  const { classname, name, time } = attributesOf(element);
  const [problem] = elementsOf(element, 'failure|error|skipped');
  return {
    name: `${classname?.replace('nodrop.', '')} ${name}`,
    state: (problem?.name ?? 'passed') as JunitCase['state'],
    message: problem === undefined ? '' : attributesOf(problem)['message']!,
    text: element.content.trim(),
    seconds: Number(time),
  };
}

const elementsOf = (element: XmlElement, path: string): XmlElement[] =>
  element.find(path).filter((node) => node instanceof XmlElement);

const attributesOf = (element: XmlElement): Record<string, string> =>
  Object.fromEntries(element.attrs.map(({ name, value }) => [name, value]));
