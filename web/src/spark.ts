import type { ClassRow, Figure, Interval, Method } from './data';
import { drawn } from './dom';

interface Frame {
  width: number;
  height: number;
  left: number;
  bottom: number;
  low: number; // value at the lower edge
  high: number; // value at the upper edge
}

const xOf = (frame: Frame, sparsity: number): number => frame.left + sparsity * (frame.width - frame.left - 4);
const yOf = (frame: Frame, value: number): number =>
  4 + ((frame.high - Math.max(frame.low, Math.min(frame.high, value))) / (frame.high - frame.low)) * (frame.height - frame.bottom - 4);

/** A curve from (0, 0), with a gap where a figure is missing. */
function path(method: Method, values: Figure[], frame: Frame): string {
  let text = `M${xOf(frame, 0)},${yOf(frame, 0)}`;
  let pen = true;
  values.forEach((value, step) => {
    if (value === null) {
      pen = false;
      return;
    }
    text += `${pen ? 'L' : 'M'}${xOf(frame, method.pruned[step] ?? 0).toFixed(1)},${yOf(frame, value).toFixed(1)}`;
    pen = true;
  });
  return text;
}

function band(method: Method, ends: Interval[], frame: Frame): string | null {
  const known = ends.flatMap((end, step) => (end === null ? [] : [{ end, step }]));
  if (known.length === 0) {
    return null;
  }
  const at = (value: number, step: number): string => `${xOf(frame, method.pruned[step] ?? 0).toFixed(1)},${yOf(frame, value).toFixed(1)}`;
  const origin = `${xOf(frame, 0)},${yOf(frame, 0)}`;
  return `M${[origin, ...known.map(({ end, step }) => at(end[1], step)), ...known.reverse().map(({ end, step }) => at(end[0], step))].join('L')}Z`;
}

function marks(method: Method, row: ClassRow, frame: Frame): SVGElement[] {
  const drop = row.curve.first_drop;
  const step = drop === null ? -1 : method.pruned.indexOf(drop);
  const value = row.curve.delta_ap[step] ?? null;
  if (drop === null || value === null || !row.judged) {
    return [];
  }
  return [drawn('circle', { class: 'first-drop', cx: xOf(frame, drop), cy: yOf(frame, value), r: 3.6 })];
}

function shapes(method: Method, row: ClassRow, frame: Frame, drop: number, ends: Interval[]): SVGElement[] {
  const right = frame.width - 4;
  const area = band(method, ends, frame);
  return [
    drawn('line', { class: 'zero', x1: frame.left, x2: right, y1: yOf(frame, 0), y2: yOf(frame, 0) }),
    drawn('line', { class: 'limit', x1: frame.left, x2: right, y1: yOf(frame, -drop), y2: yOf(frame, -drop) }),
    ...(area === null ? [] : [drawn('path', { class: 'band', d: area })]),
    drawn('path', { class: 'curve', d: path(method, row.curve.delta_ap, frame) }),
    ...marks(method, row, frame),
  ];
}

/** A class's curve as small as a word, for the table. */
export function sparkline(method: Method, row: ClassRow, drop: number): SVGElement {
  const frame: Frame = { width: 96, height: 28, left: 2, bottom: 3, low: -1, high: 0.15 };
  return drawn('svg', { class: row.enough ? 'spark' : 'spark weak', viewBox: '0 0 96 28', width: 96, height: 28, 'aria-hidden': 'true' }, ...shapes(method, row, frame, drop, []));
}

function label(text: string, x: number, y: number, anchor: string): SVGElement {
  return drawn('text', { x, y, 'text-anchor': anchor }, document.createTextNode(text));
}

export const PANEL = { width: 220, height: 116 };

/** What stands in one panel: a class's curve with its band. */
function panelShapes(method: Method, row: ClassRow, drop: number, ends: Interval[]): SVGElement[] {
  const frame: Frame = { ...PANEL, left: 42, bottom: 18, low: -1, high: 0.25 };
  const ticks = [0, -0.5, -1].map((value) => label(value === 0 ? '0%' : `\u2212${-value * 100}%`, 37, yOf(frame, value) + 3.5, 'end'));
  const sparsities = [0, 0.5, 1].map((value) =>
    label(`${value * 100}%`, xOf(frame, value), 113, value === 0 ? 'start' : value === 1 ? 'end' : 'middle'));
  return [...ticks, ...sparsities, ...shapes(method, row, frame, drop, ends)];
}

export function panel(method: Method, row: ClassRow, drop: number, ends: Interval[]): SVGElement {
  return drawn('svg', { class: row.enough ? 'panel' : 'panel weak', viewBox: `0 0 ${PANEL.width} ${PANEL.height}`, 'aria-hidden': 'true' },
    ...panelShapes(method, row, drop, ends));
}

const HEAD = 18;
export const TILE = { width: PANEL.width + 12, height: PANEL.height + HEAD + 10 };

/** The same with its name over it, to stand among others in one drawing. */
export function titledPanel(method: Method, row: ClassRow, drop: number, ends: Interval[], x: number, y: number): SVGElement {
  return drawn('g', { class: row.enough ? 'panel' : 'panel weak', transform: `translate(${x} ${y})` },
    drawn('text', { class: 'panel-name', x: 4, y: 12 }, document.createTextNode(row.name)),
    drawn('g', { transform: `translate(0 ${HEAD})` }, ...panelShapes(method, row, drop, ends)));
}
