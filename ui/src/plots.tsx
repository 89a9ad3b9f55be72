/** Rates, lag and latencies over time, with one cursor for all, and the faults as bands behind them. */
import { useEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import uPlot from 'uplot';
import { durationText, grouped } from '../../src/report/quantities.ts';
import type { FaultRecord } from '../../src/result.ts';
import type { Series } from '../../src/series.ts';

interface Line {
  label: string;
  values: (number | null)[];
  /** A CSS variable. */
  color: string;
  dash?: number[];
}

interface Plot {
  title: string;
  lines: Line[];
  text: (value: number) => string;
  logarithmic?: boolean;
}

const heightPx = 180;
const cursorKey = 'nodrop';
const zoomStep = 1.6;

export function Plots({ series, faults }: { series: Series; faults: readonly FaultRecord[] }): JSX.Element {
  const plots = useRef<uPlot[]>([]);
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const made = plotsOf(series).map((plot) => draw(host.current!, plot, series, faults));
    plots.current = made;
    const resize = new ResizeObserver(() => {
      for (const plot of made) plot.setSize({ width: host.current!.clientWidth, height: heightPx });
    });
    resize.observe(host.current!);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const redraw = (): void => made.forEach((plot) => plot.redraw(false));
    dark.addEventListener('change', redraw);
    return () => {
      dark.removeEventListener('change', redraw);
      resize.disconnect();
      for (const plot of made) plot.destroy();
    };
  }, [series, faults]);
  const [from, to] = [series.startMs / 1_000, endOf(series)];
  const move = (change: (min: number, max: number) => [number, number]): void => {
    const { min = from, max = to } = plots.current[0]!.scales['x']!;
    const [wantedMin, wantedMax] = change(min ?? from, max ?? to);
    const width = Math.min(wantedMax - wantedMin, to - from);
    const start = Math.min(Math.max(wantedMin, from), to - width);
    for (const plot of plots.current) plot.setScale('x', { min: start, max: start + width });
  };
  return (
    <>
      <div class="zoom" role="group" aria-label="time shown">
        <button type="button" onClick={() => move((min, max) => zoomed(min, max, 1 / zoomStep))}>
          + closer
        </button>
        <button type="button" onClick={() => move((min, max) => zoomed(min, max, zoomStep))}>
          − wider
        </button>
        <button
          type="button"
          onClick={() => move((min, max) => [min - (max - min) / 3, max - (max - min) / 3])}
        >
          ← earlier
        </button>
        <button
          type="button"
          onClick={() => move((min, max) => [min + (max - min) / 3, max + (max - min) / 3])}
        >
          → later
        </button>
        <button type="button" onClick={() => move(() => [from, to])}>
          all
        </button>
        <span class="more">or drag over a plot</span>
      </div>
      <div ref={host} class="plots" />
    </>
  );
}

const endOf = ({ startMs, stepMs, acked }: Series): number => (startMs + stepMs * acked.length) / 1_000;

const zoomed = (min: number, max: number, by: number): [number, number] => {
  const [middle, half] = [(min + max) / 2, ((max - min) / 2) * by];
  return [middle - half, middle + half];
};

function plotsOf({ acked, stored, lag, latency }: Series): Plot[] {
  const latencies = (of: Series['latency']['acked']): Line[] => [
    { label: 'p50', values: of.p50, color: '--look-0' },
    { label: 'p90', values: of.p90, color: '--look-1', dash: [8, 3] },
    { label: 'p99', values: of.p99, color: '--look-2', dash: [3, 3] },
    { label: 'p99.9', values: of['p99.9'], color: '--look-3', dash: [1, 3] },
    { label: 'max', values: of.max, color: '--faint' },
  ];
  return [
    {
      title: 'Messages a second',
      text: grouped,
      lines: [
        { label: 'acknowledged', values: acked, color: '--look-0' },
        { label: 'stored', values: stored, color: '--look-1', dash: [8, 3] },
      ],
    },
    {
      title: 'Lag: acknowledged and not stored',
      text: grouped,
      lines: [{ label: 'messages', values: lag, color: '--look-2' }],
    },
    { title: 'Until acknowledged', text: durationText, lines: latencies(latency.acked), logarithmic: true },
    { title: 'Until stored', text: durationText, lines: latencies(latency.stored), logarithmic: true },
  ];
}

function draw(host: HTMLElement, plot: Plot, series: Series, faults: readonly FaultRecord[]): uPlot {
  const figure = document.createElement('figure');
  figure.className = 'plot';
  const caption = document.createElement('figcaption');
  caption.textContent = plot.title;
  figure.append(caption);
  host.append(figure);
  const color = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name);
  const axis = { stroke: () => color('--faint'), grid: { stroke: () => color('--line'), width: 1 } };
  const powers = plot.logarithmic && { filter: powersOfTen };
  // A logarithm has no place for nothing.
  const values = plot.lines.map((line) =>
    plot.logarithmic ? line.values.map((value) => value && Math.max(0.01, value)) : line.values,
  );
  const xs = series.acked.map((_, step) => (series.startMs + step * series.stepMs) / 1_000);
  const made = new uPlot(
    {
      width: host.clientWidth,
      height: heightPx,
      cursor: { sync: { key: cursorKey }, drag: { x: true, y: false } },
      scales: {
        x: { range: (_, min, max) => (max > min ? [min, max] : [min, min + series.stepMs / 1_000]) },
        y: { distr: plot.logarithmic ? 3 : 1, ...(!plot.logarithmic && { range: fromZero }) },
      },
      axes: [
        axis,
        {
          ...axis,
          ...powers,
          grid: { ...axis.grid, ...powers },
          size: 70,
          values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : plot.text(tick))),
        },
      ],
      series: [
        { label: 'time' },
        ...plot.lines.map(({ label, color: name, dash }) => ({
          label,
          stroke: () => color(name),
          width: 2,
          ...(dash && { dash }),
          value: (_: uPlot, value: number | null) => (value === null ? '–' : plot.text(value)),
          points: { show: xs.length < 40 },
        })),
      ],
      hooks: { drawClear: [(each) => drawFaults(each, series, faults, color('--band'))] },
    },
    [xs, ...values] as uPlot.AlignedData,
    figure,
  );
  return made;
}

const powersOfTen = (_: uPlot, splits: number[]): (number | null)[] =>
  splits.map((value) => (Number.isInteger(Math.log10(value)) ? value : null));

const fromZero = (_: uPlot, __: number | null, max: number | null): [number, number] => [
  0,
  Math.max(1, (max ?? 1) * 1.1),
];

/** Times of faults count from the first send, which is where the series begins, to within a step. */
function drawFaults(plot: uPlot, series: Series, faults: readonly FaultRecord[], band: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = band;
  for (const { startMs, endMs } of faults) {
    if (startMs === null) continue;
    const left = plot.valToPos((series.startMs + startMs) / 1_000, 'x', true);
    const right =
      endMs === null ? bbox.left + bbox.width : plot.valToPos((series.startMs + endMs) / 1_000, 'x', true);
    const [from, to] = [
      Math.max(left, bbox.left),
      Math.min(Math.max(right, left + 2), bbox.left + bbox.width),
    ];
    if (to > from) ctx.fillRect(from, bbox.top, to - from, bbox.height);
  }
  ctx.restore();
}
