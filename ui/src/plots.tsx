/** Rates, lag, latencies and leaders over time, with one cursor for all. */
import { useEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import type { JudgedThreshold } from '../../src/result/result.ts';
import type { Series } from '../../src/watch/series.ts';
import { drawPlot, heightPx, type DrawnPlot } from './draw-plot.ts';
import { plotsOf, rangeOf } from './plot-set.ts';
import { clockText } from './clock-text.ts';

const zoomStep = 1.6;
const rebalancesShownMax = 10;

interface PlotsProps {
  series: Series;
  thresholds: readonly JudgedThreshold[];
  /** Without a journal, deliveries and stored rows are not known: a line at 0 would be wrong. */
  isJournalKept: boolean;
}

export function Plots({ series, thresholds, isJournalKept }: PlotsProps): JSX.Element {
  const drawn = useRef<DrawnPlot[]>([]);
  const host = useRef<HTMLDivElement>(null);
  const shown = plotsOf(series, { thresholds, isJournalKept });
  // Other lines need a new plot; more data of the same lines do not.
  const form = JSON.stringify(shown.map(({ title, lines }) => [title, lines.map(({ label }) => label)]));
  useEffect(() => {
    const place = host.current!;
    const made = shown.map((plot) => drawPlot(place, plot, series));
    drawn.current = made;
    const resize = new ResizeObserver(() => {
      // An element that was removed from the page still gets a resize event before its clean-up.
      if (!place.isConnected) return;
      for (const { plot } of made) plot.setSize({ width: place.clientWidth, height: heightPx });
    });
    resize.observe(place);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const redraw = (): void => made.forEach(({ plot }) => plot.redraw(false));
    dark.addEventListener('change', redraw);
    return () => {
      dark.removeEventListener('change', redraw);
      resize.disconnect();
      for (const { plot } of made) plot.destroy();
      place.replaceChildren();
    };
  }, [form]);
  useEffect(() => shown.forEach((plot, index) => drawn.current[index]!.update(plot, series)), [series]);
  const [from, to] = rangeOf(series);
  const move = (change: (min: number, max: number) => [number, number]): void => {
    const { min = from, max = to } = drawn.current[0]!.plot.scales['x']!;
    const [wantedMin, wantedMax] = change(min ?? from, max ?? to);
    const width = Math.min(wantedMax - wantedMin, to - from);
    const start = Math.min(Math.max(wantedMin, from), to - width);
    for (const { plot } of drawn.current) plot.setScale('x', { min: start, max: start + width });
  };
  const step = (by: number): void => move((min, max) => [min + (max - min) * by, max + (max - min) * by]);
  return (
    <>
      <div class="zoom" role="group" aria-label="time shown">
        <button type="button" onClick={() => move((min, max) => zoomed(min, max, 1 / zoomStep))}>
          + closer
        </button>
        <button type="button" onClick={() => move((min, max) => zoomed(min, max, zoomStep))}>
          − wider
        </button>
        <button type="button" onClick={() => step(-1 / 3)}>
          ← earlier
        </button>
        <button type="button" onClick={() => step(1 / 3)}>
          → later
        </button>
        <button type="button" onClick={() => move(() => [from, to])}>
          all
        </button>
        <span class="more">or drag over a plot</span>
      </div>
      <Events series={series} />
      <div ref={host} class="plots" />
    </>
  );
}

/** The key to the bands and lines in the plots. */
function Events({ series: { faults, rebalances } }: { series: Series }): JSX.Element | null {
  if (faults.length + rebalances.length === 0) return null;
  const first = rebalances.slice(0, rebalancesShownMax);
  const more = rebalances.length - first.length;
  return (
    <p class="more">
      {faults.length > 0 && <span class="key band">faults</span>}
      {rebalances.length > 0 && (
        <>
          <span class="key line">rebalances</span>
          {first.map(({ epoch, time }) => `generation ${epoch} at ${clockText(time)}`).join(', ')}
          {more > 0 && `, and ${more} more`}
        </>
      )}
    </p>
  );
}

const zoomed = (min: number, max: number, by: number): [number, number] => {
  const [middle, half] = [(min + max) / 2, ((max - min) / 2) * by];
  return [middle - half, middle + half];
};
