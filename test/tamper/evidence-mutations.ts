/** Ways to harm the files of a run's folder, and the results of an audit that are then allowed, as a table. */
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import fc from 'fast-check';
import { frameHeaderBytes } from '../../src/run-folder/frames.ts';
import type { RunFolder } from '../../src/run-folder/run-folder.ts';
import { seal, sealPathOf } from '../../src/run-folder/seal.ts';
import { editOf, jsonEdits, type JsonEdit } from './json-edits.ts';
import { allowed, type Allowed } from './truth.ts';

export const ledgers = ['ledger-p0-0.bin', 'ledger-p1-0.bin'] as const;
const journal = 'journal-1.bin';
const scan = ['log.scan', 'log.json'] as const;
const files = ['run.json', ...ledgers, journal, ...scan, 'consumer.json', 'store.sqlite'] as const;
type File = (typeof files)[number];

/** A change of a file's bytes, or of the file itself. */
export type Harm =
  | { cut: number }
  | { cutFrames: number }
  | { cutRows: number }
  | { flip: number }
  | { append: string }
  | { ofAnotherRun: true }
  | { asAnother: File }
  | 'nothing'
  | 'missing'
  | 'empty'
  | 'a folder'
  | 'a link to nowhere'
  | 'a link to itself'
  | 'a link without end';

/** A change of the file's seal. */
export type SealHarm = 'stays' | 'gone' | 'made again' | 'empty' | 'a folder' | 'a link to itself';

export type EvidenceMutation =
  | { do: 'file'; file: File; harm: Harm; seal: SealHarm }
  | { do: 'edit'; edit: JsonEdit; seal: 'stays' | 'gone' | 'made again' }
  /** Both files of the scan, with their seals. */
  | { do: 'scan of another run' }
  | { do: 'ledger too many'; of: string };

/** Applies the mutation, and returns the results that are then allowed. */
export async function harm(
  folder: RunFolder,
  other: RunFolder,
  mutation: EvidenceMutation,
): Promise<Allowed> {
  if (mutation.do === 'file') {
    const path = folder.file(mutation.file);
    const { isChanged, isSame } = harmFile(folder, other, mutation);
    const isStale = isChanged && mutation.seal === 'stays' && existsSync(sealPathOf(path));
    await harmSeal(path, mutation.seal);
    return allowedOfFile(mutation, isStale || !isSame);
  }
  if (mutation.do === 'edit') {
    const path = folder.file(mutation.edit.file);
    const { text, isChanged } = editOf(readFileSync(path, 'utf8'), mutation.edit);
    writeFileSync(path, text);
    await harmSeal(path, mutation.seal);
    return allowedOfEdit(mutation, isChanged);
  }
  if (mutation.do === 'scan of another run') {
    for (const name of scan.flatMap((file) => [file, sealPathOf(file)])) {
      cpSync(other.file(name), folder.file(name));
    }
  } else {
    cpSync(folder.file('ledger-p0-0.bin'), folder.file(mutation.of));
    await seal(folder.file(mutation.of));
  }
  return allowed.doubt;
}

/** Changes the file. Returns whether its bytes changed, and whether its meaning is still the same. */
function harmFile(
  folder: RunFolder,
  other: RunFolder,
  { file, harm }: EvidenceMutation & { do: 'file' },
): { isChanged: boolean; isSame: boolean } {
  const path = folder.file(file);
  const bytes = readFileSync(path);
  if (harm === 'nothing') return { isChanged: false, isSame: true };
  if (typeof harm === 'string') {
    rmSync(path);
    if (harm === 'empty') writeFileSync(path, '');
    if (harm === 'a folder') mkdirSync(path);
    if (harm === 'a link to nowhere') symlinkSync(`${path}.nowhere`, path);
    if (harm === 'a link to itself') symlinkSync(path, path);
    if (harm === 'a link without end') symlinkSync('/dev/zero', path);
    return { isChanged: true, isSame: false };
  }
  const changed = changedBytes(bytes, harm, { folder, other, file });
  writeFileSync(path, changed);
  return { isChanged: !changed.equals(bytes), isSame: isSameDocument(changed, bytes) };
}

/** JSON documents are the same if they differ only in trailing white space. */
function isSameDocument(a: Buffer, b: Buffer): boolean {
  const [first, second] = [a, b].map((bytes) => bytes.toString('utf8').replace(/[ \n]+$/, ''));
  return a.equals(b) || (first!.startsWith('{') && first === second);
}

function changedBytes(
  bytes: Buffer,
  harm: Harm & object,
  { folder, other, file }: { folder: RunFolder; other: RunFolder; file: File },
): Buffer {
  if ('cut' in harm) return bytes.subarray(0, bytes.length - 1 - (harm.cut % bytes.length));
  if ('cutFrames' in harm) {
    const ends = frameEnds(bytes);
    return bytes.subarray(0, ends[ends.length - 1 - (harm.cutFrames % ends.length)]);
  }
  if ('cutRows' in harm)
    return bytes.subarray(0, bytes.length - 40 * (1 + (harm.cutRows % (bytes.length / 40))));
  if ('append' in harm) return Buffer.concat([bytes, Buffer.from(harm.append, 'hex')]);
  if ('ofAnotherRun' in harm) return readFileSync(other.file(file));
  if ('asAnother' in harm) return readFileSync(folder.file(harm.asAnother));
  const flipped = Buffer.from(bytes);
  const bit = harm.flip % (bytes.length * 8);
  flipped[bit >> 3]! ^= 1 << (bit & 7);
  return flipped;
}

/** Where frames end, 0 included. */
function frameEnds(bytes: Buffer): number[] {
  const ends = [0];
  for (let at = 0; at + frameHeaderBytes <= bytes.length;) {
    at += frameHeaderBytes + bytes.readUInt32LE(at);
    if (at < bytes.length) ends.push(at);
  }
  return ends;
}

async function harmSeal(path: string, harm: SealHarm): Promise<void> {
  const sealPath = sealPathOf(path);
  if (harm === 'stays') return;
  if (harm === 'made again') {
    if (existsSync(sealPath) && lstatSync(path, { throwIfNoEntry: false })?.isFile()) await seal(path);
    return;
  }
  rmSync(sealPath, { force: true });
  if (harm === 'empty') writeFileSync(sealPath, '');
  if (harm === 'a folder') mkdirSync(sealPath);
  if (harm === 'a link to itself') symlinkSync(sealPath, sealPath);
}

/**
 * | file    | unchanged, no seal | changed, seal gone     | changed, sealed again  | otherwise    |
 * | ---     | ---                | ---                    | ---                    | ---          |
 * | ledger  | pass or doubt: its producer may have been killed | the same, but doubt if it is empty or of another run or producer | doubt: a sealed one has its end | doubt |
 * | scan    | doubt              | doubt                  | doubt if its counts disagree; a flipped bit may forge anything | doubt |
 * | journal | pass or doubt, since no verdict rests on it                                                        ||||
 * | manifest| pass or doubt: earlier versions sealed none | anything | anything    | doubt        |
 * | consumer.json | has no seal: pass, doubt, or an error that says what to do                                  ||||
 * | store   | has no seal: doubt; if its bytes were changed, anything that does not blame producer or broker                     ||||
 */
function allowedOfFile({ file, harm, seal }: EvidenceMutation & { do: 'file' }, isChanged: boolean): Allowed {
  const isBit = typeof harm === 'object' && 'flip' in harm;
  if (file === 'consumer.json') return isChanged ? allowed.passDoubtOrRefuse : allowed.pass;
  if (file === journal) return isChanged || seal !== 'stays' ? allowed.passOrDoubt : allowed.pass;
  if (file === 'store.sqlite') return ofStoreFile(harm, isChanged);
  const isWhole = !isChanged && (seal === 'stays' || seal === 'made again');
  if (isWhole) return allowed.pass;
  const isThere = typeof harm === 'object' || harm === 'nothing';
  const isForeign = isChanged && typeof harm === 'object' && ('ofAnotherRun' in harm || 'asAnother' in harm);
  if (!isThere) return allowed.doubt;
  if (file === 'run.json') {
    if (!isChanged) return seal === 'gone' ? allowed.passOrDoubt : allowed.doubt;
    return seal === 'gone' || seal === 'made again' ? allowed.anything : allowed.doubt;
  }
  if (file === 'log.scan' || file === 'log.json') {
    if (seal !== 'made again') return allowed.doubt;
    if (isBit) return allowed.anything;
    // Counts disagree, so findings that rest on missing records are not judged; those that rest on its rows are.
    return isForeign || 'append' in (harm as object) ? allowed.noPass : allowed.doubt;
  }
  return seal === 'gone' && !isForeign ? allowed.passOrDoubt : allowed.doubt;
}

function ofStoreFile(harm: Harm, isChanged: boolean): Allowed {
  if (!isChanged) return allowed.pass;
  return typeof harm === 'string' ? allowed.doubt : allowed.anythingOfStore;
}

function allowedOfEdit({ edit, seal }: EvidenceMutation & { do: 'edit' }, isChanged: boolean): Allowed {
  const isSealed = edit.file !== 'consumer.json';
  if (!isChanged)
    return seal !== 'gone' || !isSealed
      ? allowed.pass
      : edit.file === 'log.json'
        ? allowed.doubt
        : allowed.passOrDoubt;
  if (isSealed && seal === 'stays') return allowed.doubt;
  if (edit.file === 'log.json' && seal === 'gone') return allowed.doubt;
  return allowed[edit.allowed];
}

const harms: fc.Arbitrary<Harm> = fc.oneof(
  fc.nat(10_000).map((cut) => ({ cut })),
  fc.nat(10_000).map((flip) => ({ flip })),
  fc.constantFrom<Harm>(
    { append: '00' },
    { append: '0100000000000000' },
    { append: '00'.repeat(40) },
    { append: 'ff'.repeat(80) },
  ),
  fc.constantFrom<Harm>(
    'nothing',
    'missing',
    'empty',
    'a folder',
    'a link to nowhere',
    'a link to itself',
    'a link without end',
  ),
  fc.constantFrom<Harm>({ ofAnotherRun: true }),
  fc.constantFrom(...files).map((asAnother) => ({ asAnother })),
);
const framed: fc.Arbitrary<Harm> = fc.oneof(
  harms,
  fc.nat(200).map((cutFrames) => ({ cutFrames })),
);
const harmsOf = (file: File): fc.Arbitrary<Harm> => {
  if (file === 'log.scan')
    return fc.oneof(
      harms,
      fc.nat(100).map((cutRows) => ({ cutRows })),
    );
  return file.endsWith('.bin') ? framed : harms;
};

const seals = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<SealHarm>('stays', 'gone', 'made again') },
  { weight: 1, arbitrary: fc.constantFrom<SealHarm>('empty', 'a folder', 'a link to itself') },
);

export const evidenceMutation: fc.Arbitrary<EvidenceMutation> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.constantFrom(...files).chain((file) =>
      fc.record({
        do: fc.constant('file' as const),
        file: fc.constant(file),
        harm: harmsOf(file),
        seal: seals,
      }),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('edit' as const),
      edit: fc.constantFrom(...jsonEdits),
      seal: fc.constantFrom('stays' as const, 'gone' as const, 'made again' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant<EvidenceMutation>({ do: 'scan of another run' }) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        'ledger-p2-0.bin',
        'ledger-p0-1.bin',
        'ledger-p0-2.bin',
        'ledger-p65535-0.bin',
        'ledger-p99999-0.bin',
      )
      .map((of): EvidenceMutation => ({ do: 'ledger too many', of })),
  },
);
