/** The report of a run: `report.html` in its folder, made from its result and its evidence. */
import { accessSync, constants, readFileSync, rmSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { topicLetters } from './topic-letters.ts';
import type { PageData, Setup } from './page-data.ts';
import { pageFindings } from './page-findings.ts';
import { pageDataIn, pageHtml, pageTemplate } from './page-html.ts';
import type { Result } from '../result/result.ts';
import type { Manifest, RunFolder } from '../run-folder/run-folder.ts';
import { timelinesOf } from '../explain/timelines-of-findings.ts';
import { RunWatch } from '../watch/run-watch.ts';
import { writeWhole } from '../system/write-whole.ts';
import { regularFile } from '../system/regular-file.ts';

/** If the report cannot be written, returns the reason: a missing report must not fail a run. */
export async function writeReport(
  folder: RunFolder,
  result: Result,
  store: string,
): Promise<string | undefined> {
  try {
    const html = pageHtml(readFileSync(pageTemplate, 'utf8'), await pageDataOf(folder, result, store));
    writeWhole(folder.report, html);
    return undefined;
  } catch (error) {
    return `The report was not written: ${messageOf(error)}`;
  }
}

/**
 * Removes the report of an earlier audit, so that it is not mistaken for the next one. False if there can be no report,
 * since the folder is not writable.
 */
export function dropReport({ path, report }: RunFolder): boolean {
  try {
    rmSync(report, { force: true });
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    // Writing the report will report the reason.
    return false;
  }
}

/** The data of the run's report; undefined if there is none, or one of another version. */
export function readReport(folder: RunFolder): PageData | undefined {
  try {
    return pageDataIn(readFileSync(regularFile(folder.report), 'utf8'));
  } catch {
    return undefined;
  }
}

export async function pageDataOf(folder: RunFolder, result: Result, store: string): Promise<PageData> {
  const manifest = folder.soundManifest();
  const watch = new RunWatch(folder);
  watch.look();
  return {
    schema: 1,
    createdAt: watch.progress().createdAt,
    result,
    // A run by duration alone has an upper bound instead of a number.
    planned: manifest === undefined || isOpen(manifest) ? null : manifest.producers,
    series: watch.series(),
    findings: await pageFindings(folder.findings, result.findings),
    findingsInAll: result.findings.reduce((sum, { count }) => sum + count, 0),
    timelines: await timelinesOf(folder, result, store),
    deadLetters: manifest === undefined ? null : await topicLetters(store, manifest.topicId, result.faults),
    setup: manifest === undefined ? null : setupOf(manifest, watch),
  };
}

function setupOf(manifest: Manifest, { setup }: RunWatch): Setup {
  const { batchSize, payloadBytes, states, rate, durationMs, acks, producers, base } = manifest;
  return {
    batchSize,
    payloadBytes,
    states,
    ...(rate !== undefined && { rate }),
    ...(durationMs !== undefined && { durationMs }),
    ...(acks !== undefined && { acks }),
    producers: Object.keys(producers).length,
    partitions: Object.keys(base).length,
    course: setup,
  };
}

const isOpen = ({ durationMs, rate }: Manifest): boolean => durationMs !== undefined && rate === undefined;
