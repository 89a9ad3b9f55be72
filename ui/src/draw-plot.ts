/** One plot on a canvas, with faults as bands and rebalances as lines behind it. */
import uPlot from 'uplot';
import type { Series } from '../../src/watch/series.ts';
import { rangeOf, type Limit, type Plot } from './plot-set.ts';

export const heightPx = 180;
const cursorKey = 'nodrop';
const textHeightPx = 18;
const pointsShownMax = 40;

export interface DrawnPlot {
  plot: uPlot;
  /** Shows newer data of the same lines. */
  update(plot: Plot, series: Series): void;
}

export function drawPlot(host: HTMLElement, first: Plot, firstSeries: Series): DrawnPlot {
  let [shown, series] = [first, firstSeries];
  const figure = document.createElement('figure');
  figure.className = 'plot';
  const caption = document.createElement('figcaption');
  caption.textContent = first.title;
  figure.append(caption);
  host.append(figure);
  const axis = { stroke: () => color('--faint'), grid: { stroke: () => color('--line'), width: 1 } };
  // Counts of messages are whole numbers.
  const isTold = (tick: number | null): tick is number =>
    tick !== null && (first.logarithmic === true || Number.isInteger(tick));
  const powers = first.logarithmic && { filter: powersOfTen };
  const limits = first.limits.map(({ value }) => value);
  const lines = first.limits.map(limitLine);
  const plot = new uPlot(
    {
      width: host.clientWidth,
      height: heightPx,
      cursor: { sync: { key: cursorKey }, drag: { x: true, y: false } },
      scales: {
        x: { range: (_, min, max) => (max > min ? [min, max] : [min, min + 1]) },
        y: first.logarithmic
          ? { distr: 3, range: wholePowers(limits) }
          : { distr: 1, range: fromZero(limits) },
      },
      axes: [
        axis,
        {
          ...axis,
          ...powers,
          grid: { ...axis.grid, ...powers },
          size: 70,
          values: (_, ticks) => ticks.map((tick) => (isTold(tick) ? first.text(tick) : '')),
        },
      ],
      series: [
        { label: 'time' },
        ...first.lines.map(({ label, color: name, dash }) => ({
          label,
          stroke: () => color(name),
          width: 2,
          ...(dash && { dash }),
          ...(first.stepped && { paths: uPlot.paths.stepped!({ align: 1 }) }),
          value: (_: uPlot, value: number | null) => (value === null ? '–' : first.text(value)),
          points: { show: () => shown.xs.length < pointsShownMax },
        })),
      ],
      hooks: {
        drawClear: [(each) => drawEvents(each, series)],
        draw: [(each) => placeLimits(each, lines)],
      },
    },
    dataOf(first),
    figure,
  );
  // The first drawing comes later, when these elements are in place.
  plot.over.append(...lines.map(({ element }) => element));
  return {
    plot,
    update: (next, nextSeries) => {
      const [from, to] = rangeOf(series);
      // null before the first drawing, although its type says otherwise.
      const { min, max } = plot.scales['x'] as { min: number | null; max: number | null };
      // If the reader has zoomed in, the plot stays at that part.
      const isWhole = (min ?? from) <= from && (max ?? to) >= to;
      [shown, series] = [next, nextSeries];
      plot.setData(dataOf(next), false);
      const [start, end] = rangeOf(series);
      plot.setScale('x', isWhole ? { min: start, max: end } : { min: min!, max: max! });
    },
  };
}

const color = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name);

/** A logarithmic scale cannot show 0. */
const dataOf = ({ xs, lines, logarithmic }: Plot): uPlot.AlignedData =>
  [
    xs,
    ...lines.map(({ values }) =>
      logarithmic ? values.map((value) => value && Math.max(0.01, value)) : values,
    ),
  ] as uPlot.AlignedData;

const powersOfTen = (_: uPlot, splits: number[]): (number | null)[] =>
  splits.map((value) => (Number.isInteger(Math.log10(value)) ? value : null));

/** With room for the thresholds. */
const fromZero =
  (limits: readonly number[]) =>
  (_: uPlot, __: number | null, max: number | null): [number, number] => [
    0,
    Math.max(1, Math.max(max ?? 1, ...limits) * 1.1),
  ];

const wholePowers =
  (limits: readonly number[]) =>
  (_: uPlot, min: number | null, max: number | null): [number, number] => {
    const known = limits.map((limit) => Math.max(0.01, limit));
    const [from, to] = [Math.min(min ?? 1, ...known), Math.max(max ?? 1, ...known)];
    return [
      10 ** Math.floor(Math.log10(from)),
      10 ** Math.max(Math.ceil(Math.log10(to)), Math.floor(Math.log10(from)) + 1),
    ];
  };

interface LimitLine {
  value: number;
  element: HTMLElement;
}

/** An element instead of a drawing, so that screen readers and search find its text. */
function limitLine({ metric, text, value }: Limit): LimitLine {
  const element = document.createElement('div');
  element.className = 'limit';
  element.dataset['threshold'] = metric;
  element.textContent = text;
  return { value, element };
}

/** The text stands above the line if there is room. */
function placeLimits(plot: uPlot, lines: readonly LimitLine[]): void {
  for (const { value, element } of lines) {
    const top = plot.valToPos(value, 'y');
    element.style.top = `${top}px`;
    element.classList.toggle('below', top < textHeightPx);
  }
}

function drawEvents(plot: uPlot, { faults, rebalances }: Series): void {
  const { ctx, bbox } = plot;
  const end = bbox.left + bbox.width;
  const xOf = (ms: number): number => plot.valToPos(ms / 1_000, 'x', true);
  ctx.save();
  ctx.fillStyle = color('--band');
  for (const { startMs, endMs } of faults) {
    const left = xOf(startMs);
    const right = endMs === null ? end : xOf(endMs);
    const [from, to] = [Math.max(left, bbox.left), Math.min(Math.max(right, left + 2), end)];
    if (to > from) ctx.fillRect(from, bbox.top, to - from, bbox.height);
  }
  ctx.strokeStyle = color('--faint');
  ctx.setLineDash([4, 4]);
  for (const { time } of rebalances) {
    const at = xOf(time);
    if (at < bbox.left || at > end) continue;
    ctx.beginPath();
    ctx.moveTo(at, bbox.top);
    ctx.lineTo(at, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
