/** The routes of the live page for real runs in a folder, called without a socket. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunSource } from '../../../src/page/server/run-source.ts';
import { routesOf, type Routes } from '../../../src/page/server/routes.ts';
import { LedgerWriter } from '../../../src/run-folder/ledger/ledger-writer.ts';
import { contentPolicy, pageTemplate } from '../../../src/page/page-html.ts';
import { RunFolder } from '../../../src/run-folder/run-folder.ts';
import { runSource } from '../../../src/page/folder-run-source.ts';
import { runManifest } from '../../fixtures/run-manifest.ts';

export const token = 'right-token';
export const page = readFileSync(pageTemplate, 'utf8');
export const policy = contentPolicy(page, "'self'");

export interface ServedRuns {
  dir: string;
  routes: Routes;
  /** Sends a request with a local host name and the token, unless `init` has other headers. */
  ask: (path: string, init?: RequestInit) => Promise<Response>;
}

export const newDir = (): string => mkdtempSync(join(tmpdir(), 'nodrop-dashboard-'));

/** `before` wraps the real source, for example to count its calls. */
export function serveRuns(
  dir = newDir(),
  before: (source: RunSource) => RunSource = (source) => source,
): ServedRuns {
  const routes = routesOf(before(runSource(dir)), page, {
    token,
    cookie: () => 'nodrop-1',
    contentPolicy: policy,
  });
  const headers = { host: '127.0.0.1:1', cookie: `nodrop-1=${token}` };
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> =>
    await routes.app.request(path, { headers, ...init });
  return { dir, routes, ask };
}

export function newRun(dir: string, id: string): RunFolder {
  const folder = new RunFolder(dir, id);
  folder.create();
  folder.writeManifest({ ...runManifest(100), id });
  return folder;
}

/** A run under way, whose producer is this process. */
export function runUnderWay(dir: string, id: string): { folder: RunFolder; ledger: LedgerWriter } {
  const folder = newRun(dir, id);
  const ledger = new LedgerWriter(folder.file('ledger-p0-0.bin'), {
    run: id,
    producer: 0,
    session: 0,
    pid: process.pid,
  });
  ledger.intend(0, 10);
  return { folder, ledger };
}
