/** Shows the run that the page carries in itself; where it carries none, what the server says that it came from. */
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
    return <p>This page carries no run: it is the form from which nodrop makes its reports.</p>;
  // The server knows the browser by now; the token is not to be kept in its history.
  history.replaceState(null, '', location.pathname);
  const [, run] = /^\/runs\/([^/]+)$/.exec(location.pathname) ?? [];
  return run === undefined ? <Runs /> : <LivePage run={run} />;
}
