/** Shows the run that the page holds; without one, the runs of the server that it came from. */
import { render } from 'preact';
import type { JSX } from 'preact';
import type { PageData } from '../../src/page/page-data.ts';
import { EndedRun } from './ended-run.tsx';
import { LivePage } from './live-page.tsx';
import { Runs } from './runs.tsx';
import 'uplot/dist/uPlot.min.css';
import './style.css';

const carried = document.getElementById('page-data')!.textContent;
const root = document.getElementById('app')!;
root.replaceChildren();
render(<Page />, root);

function Page(): JSX.Element {
  if (carried !== '') return <EndedRun data={JSON.parse(carried) as PageData} />;
  if (location.protocol === 'file:')
    return <p>This page holds no run: it is the template from which nodrop makes its reports.</p>;
  // The server has set a cookie by now; the token must not stay in the browser's history.
  history.replaceState(null, '', location.pathname);
  const [, run] = /^\/runs\/([^/]+)$/.exec(location.pathname) ?? [];
  return run === undefined ? <Runs /> : <LivePage run={run} />;
}
