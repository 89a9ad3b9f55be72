/** Shows the run that the page carries in itself. */
import { render } from 'preact';
import type { PageData } from '../../src/page-data.ts';
import { App } from './app.tsx';
import 'uplot/dist/uPlot.min.css';
import './style.css';

const carried = document.getElementById('page-data')!.textContent;
const root = document.getElementById('app')!;
root.replaceChildren();
if (carried === '') {
  root.textContent = 'This page carries no run: it is the form from which nodrop makes its reports.';
} else {
  const data = JSON.parse(carried) as PageData;
  document.title = `${data.result.verdict}: run ${data.result.run.id} · nodrop`;
  render(<App data={data} />, root);
}
