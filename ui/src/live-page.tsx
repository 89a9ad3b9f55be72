/** A run as the server reports it: first under way, then with its verdict. */
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { LiveRun, PageData } from '../../src/page/page-data.ts';
import type { Series } from '../../src/watch/series.ts';
import { EndedRun } from './ended-run.tsx';
import { explainIn, watchRun } from './server.ts';
import { RunUnderWay } from './run-under-way.tsx';

/** The connection to the server. `lost`: it does not answer. `closed`: it has ended. `gone`: the run no longer exists. */
export type Connection = 'connected' | 'lost' | 'closed' | 'gone';

export function LivePage({ run }: { run: string }): JSX.Element {
  const live = useSignal<LiveRun | undefined>(undefined);
  const series = useSignal<Series | undefined>(undefined);
  const ended = useSignal<PageData | undefined>(undefined);
  const connection = useSignal<Connection>('connected');
  useEffect(
    () =>
      watchRun(
        run,
        {
          live: (data) => (live.value = data),
          series: (data) => (series.value = data),
          ended: (data) => (ended.value = data),
          closing: () => (connection.value = 'closed'),
          gone: () => (connection.value = 'gone'),
        },
        (isConnected) => (connection.value = isConnected ? 'connected' : 'lost'),
      ),
    [run],
  );
  const explain = explainIn(run);
  if (ended.value !== undefined) {
    // The run was under way when the page was opened.
    const wasWatched = live.value !== undefined;
    return (
      <EndedRun data={ended.value} explain={explain}>
        {wasWatched && <p role="status">The run has ended and was audited.</p>}
      </EndedRun>
    );
  }
  return (
    <RunUnderWay
      run={run}
      live={live.value}
      series={series.value}
      connection={connection.value}
      explain={explain}
    />
  );
}
