import { chart, tip, tipBox, valueAxis, type Option } from './chart';
import { ENOUGH_PATIENTS, type ClassPair, type Correlation, type Figure, type Method } from './data';
import { element, fragment, named } from './dom';
import { coefficient, count, plural, score } from './format';
import { spearman } from './rank';
import { folded, sortableTable, type Column } from './table';
import type { Theme } from './theme';

const SHOWN = 15;

interface Plotted {
  x: number;
  y: number;
  pair: ClassPair;
}

function plotted(pairs: ClassPair[], x: (pair: ClassPair) => Figure): Plotted[] {
  return pairs.flatMap((pair) => {
    const at = x(pair);
    return at === null || pair.fcd === null ? [] : [{ x: at, y: pair.fcd, pair }];
  });
}

function option(points: Plotted[], few: Set<string>, name: string, theme: Theme): Option {
  const firm = (point: Plotted): boolean => !few.has(point.pair.a) && !few.has(point.pair.b);
  const series = (shown: Plotted[], color: string) => ({
    type: 'scatter' as const, symbolSize: points.length > 250 ? 5 : 7, itemStyle: { color, opacity: 0.55 },
    data: shown.map((point) => ({ value: [point.x, point.y], pair: point.pair })),
  });
  return {
    grid: { left: 46, right: 14, top: 14, bottom: 44 },
    xAxis: valueAxis(theme, name, (value) => String(Number(value.toFixed(2))), { nameGap: 28, scale: true, splitLine: { show: false } }),
    yAxis: valueAxis(theme, '', (value) => value.toFixed(1), { min: 0 }),
    tooltip: tip(theme, 'item', (parameters) => {
      const { pair } = (parameters as { data: { pair: ClassPair } }).data;
      return tipBox(`${pair.a} \u00b7 ${pair.b}`, [['FCD', score(pair.fcd)], ['IoU', score(pair.iou)], ['Together', count(pair.together)]]);
    }),
    series: [series(points.filter((point) => !firm(point)), theme.muted), series(points.filter(firm), theme.accent)],
  };
}

function correlationText(value: Correlation): string {
  return value.spearman === null
    ? 'No correlation can be had.'
    : `Spearman \u03c1 = ${coefficient(value.spearman)}; Pearson r = ${coefficient(value.pearson)}; ${plural(value.points, 'pair')}. No p-value: pairs share classes.`;
}

function plot(title: string, axis: string, points: Plotted[], few: Set<string>, value: Correlation): HTMLElement {
  return element('figure', {},
    element('figcaption', {}, element('strong', {}, title), element('span', {}, correlationText(value))),
    points.length === 0
      ? element('p', { class: 'absent' }, 'There is no pair with both figures.')
      : chart(270, `${title}, a point a pair. The figures are in the table of pairs.`, (theme) => option(points, few, axis, theme)));
}

const COLUMNS: Column<ClassPair>[] = [
  { head: 'Pair', value: (pair) => `${pair.a} ${pair.b}`, cell: (pair) => fragment(named(pair.a), ' + ', named(pair.b)) },
  { head: 'Images with both', number: true, falling: true, value: (pair) => pair.together, cell: (pair) => count(pair.together) },
  { head: 'IoU', note: 'Images with both, as a share of images with either', number: true, falling: true, value: (pair) => pair.iou, cell: (pair) => score(pair.iou) },
  { head: 'Log frequency gap', note: 'Absolute difference of the logarithms of their counts', number: true, falling: true, value: (pair) => pair.log_frequency_gap, cell: (pair) => score(pair.log_frequency_gap) },
  { head: 'FCD', note: 'Forgettability curve dissimilarity: Euclidean distance between the two curves', number: true, value: (pair) => pair.fcd, cell: (pair) => score(pair.fcd) },
];

/** From this coefficient on, a tendency is named. */
const TENDENCY = 0.3;
/** With fewer pairs nothing is said. */
const ENOUGH_PAIRS = 30;

/** `firm`: pairs with both figures, of classes with enough evidence. */
function reading(firm: ClassPair[]): string {
  const found = spearman(firm.map((pair) => pair.iou ?? 0), firm.map((pair) => pair.fcd ?? 0));
  if (firm.length < ENOUGH_PAIRS || found === null) {
    return `Whether classes that occur together are forgotten alike cannot be said here: ${plural(firm.length, 'pair')} with enough evidence, and it takes ${ENOUGH_PAIRS} that differ.`;
  }
  const figures = ` (\u03c1 = ${coefficient(found)} over ${plural(firm.length, 'pair')} with enough evidence, not adjusted for frequency).`;
  if (Math.abs(found) < TENDENCY) {
    return `How often two classes occur together says little here about how alike they are forgotten${figures}`;
  }
  return `In this study, classes that occur together more often tend to be forgotten ${found < 0 ? 'more' : 'less'} alike${figures}`;
}

export function combinationSection(method: Method): Node {
  const { pairs, cooccurrence } = method.audit;
  if (pairs.length === 0) {
    return element('p', { class: 'absent' }, 'There are no pairs: it takes at least two classes.');
  }
  const few = new Set(method.classes.filter((row) => !row.enough).map((row) => row.name));
  const firm = pairs.filter((pair) => !few.has(pair.a) && !few.has(pair.b) && pair.fcd !== null && pair.iou !== null);
  const top = [...firm].sort((a, b) => (b.iou ?? 0) - (a.iou ?? 0)).slice(0, SHOWN);
  return fragment(
    element('p', { class: 'lead' }, reading(firm),
      ' FCD is the distance between two forgettability curves: 0 means that two classes are forgotten in the same way.', few.size > 0 ? ' Grey points: a class with insufficient evidence is in the pair.' : ''),
    element('div', { class: 'duo' },
      plot('FCD against co-occurrence', 'IoU, fourth root', plotted(pairs, (pair) => (pair.iou === null ? null : pair.iou ** 0.25)), few, cooccurrence.fcd_vs_iou_fourth_root),
      plot('FCD against frequency gap', 'Log frequency gap', plotted(pairs, (pair) => pair.log_frequency_gap), few, cooccurrence.fcd_vs_log_frequency_gap)),
    top.length > 0
      ? sortableTable(top, COLUMNS, { caption: `The ${plural(top.length, 'pair')} that ${top.length === 1 ? 'occurs' : 'occur'} together most, by IoU (both classes in at least ${ENOUGH_PATIENTS} patients)`, sortBy: 2 })
      : element('p', { class: 'absent' }, 'No pair has enough evidence: too few patients with one class or both.'),
    folded(`All ${plural(pairs.length, 'pair')}`, () => sortableTable(pairs, COLUMNS, { caption: 'All pairs of classes', sortBy: 2 })));
}
