// Pairs of classes: how alike they are forgotten, against how often they occur together and how alike their frequencies are.
import { tip, tipBox, valueAxis, type Option } from './chart';
import { enoughPatients, type ClassPair, type Correlation, type Figure, type Method, type Report } from './data';
import { element, fragment, named } from './dom';
import { fileName } from './download';
import { chartFigure } from './figure';
import { coefficient, count, pairs as counted, score } from './format';
import { say } from './language';
import { spearman } from './rank';
import { figureColumn, sortableTable, type Column } from './table';
import type { Theme } from './theme';

const SHOWN = 15;
/** From this coefficient on, a tendency is named. */
const TENDENCY = 0.3;
/** With fewer pairs nothing is said. */
const ENOUGH_PAIRS = 30;

export function pairColumns(): Column<ClassPair>[] {
  return [
    { key: 'a', head: say('Pair', '組'), value: (pair) => pair.a, cell: (pair) => fragment(named(pair.a), ' + ', named(pair.b)), extra: [{ key: 'b', value: (pair) => pair.b }] },
    figureColumn('together', say('Images with both', '両方の画像'), '', (pair) => pair.together, count),
    figureColumn('iou', 'IoU', say('Images with both, as a share of images with either', 'どちらかの画像に占める両方の画像の割合'), (pair) => pair.iou, score),
    figureColumn('log_frequency_gap', say('Log frequency gap', '頻度差（対数）'), say('Absolute difference of the logarithms of their counts', '陽性数の対数の差の絶対値'), (pair) => pair.log_frequency_gap, score),
    { ...figureColumn<ClassPair>('fcd', 'FCD', say('Forgettability curve dissimilarity: Euclidean distance between the two curves', '忘却曲線の非類似度: 2本の曲線間のユークリッド距離'), (pair) => pair.fcd, score), falling: false },
  ];
}

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
  const series = (shown: Plotted[], itemStyle: object) => ({
    type: 'scatter' as const, symbolSize: points.length > 250 ? 5 : 7, itemStyle,
    data: shown.map((point) => ({ value: [point.x, point.y], number: points.indexOf(point) })),
  });
  return {
    grid: { left: 46, right: 14, top: 14, bottom: 44 },
    xAxis: valueAxis(theme, name, (value) => String(Number(value.toFixed(2))), { nameGap: 28, scale: true, splitLine: { show: false } }),
    yAxis: valueAxis(theme, '', (value) => value.toFixed(1), { min: 0 }),
    tooltip: tip(theme, 'item', (parameters) => {
      const pair = points[(parameters as { data: { number: number } }).data.number]?.pair;
      return pair === undefined ? '' : tipBox(`${pair.a} \u00b7 ${pair.b}`, [['FCD', score(pair.fcd)], ['IoU', score(pair.iou)], [say('Log frequency gap', '頻度差（対数）'), score(pair.log_frequency_gap)],
        [say('Images with both', '両方の画像'), count(pair.together)]]);
    }),
    series: [series(points.filter((point) => !firm(point)), { color: 'transparent', borderColor: theme.muted, borderWidth: 1.2 }), series(points.filter(firm), { color: theme.accent, opacity: 0.55 })],
  };
}

function correlationText(value: Correlation): string {
  return value.spearman === null
    ? say('No correlation can be had.', '相関は求められない。')
    : say(`Spearman \u03c1 = ${coefficient(value.spearman)}; Pearson r = ${coefficient(value.pearson)}; ${counted(value.points)}. No p-value: pairs share classes.`,
        `Spearman \u03c1 = ${coefficient(value.spearman)}、Pearson r = ${coefficient(value.pearson)}、${counted(value.points)}。組どうしがクラスを共有するためp値は示さない。`);
}

function plot(method: Method, title: string, axis: string, file: string, points: Plotted[], few: Set<string>, value: Correlation): HTMLElement {
  return points.length === 0
    ? element('figure', {}, element('figcaption', {}, element('strong', {}, title)), element('p', { class: 'absent' }, say('There is no pair with both figures.', '両方の値をもつ組がない。')))
    : chartFigure({ title, note: correlationText(value), file: fileName(file, method.name), height: 270, option: (theme) => option(points, few, axis, theme),
        behind: { caption: title, rows: points.map((point) => point.pair), columns: pairColumns(), sortBy: 'fcd' } });
}

export function pairPlots(method: Method, few: Set<string>): HTMLElement {
  const { pairs, cooccurrence } = method.audit;
  return element('div', { class: 'duo' },
    plot(method, say('FCD against co-occurrence', 'FCDと共起の関係'), say('IoU, fourth root', 'IoUの4乗根'), 'fcd-iou',
      plotted(pairs, (pair) => (pair.iou === null ? null : pair.iou ** 0.25)), few, cooccurrence.fcd_vs_iou_fourth_root),
    plot(method, say('FCD against frequency gap', 'FCDと頻度差の関係'), say('Log frequency gap', '頻度差（対数）'), 'fcd-frequency-gap',
      plotted(pairs, (pair) => pair.log_frequency_gap), few, cooccurrence.fcd_vs_log_frequency_gap));
}

/** `firm`: pairs with both figures, of classes with enough evidence. */
export function pairReading(firm: ClassPair[]): string {
  const found = spearman(firm.map((pair) => pair.iou ?? 0), firm.map((pair) => pair.fcd ?? 0));
  if (firm.length < ENOUGH_PAIRS || found === null) {
    return say(`Whether classes that occur together are forgotten alike cannot be said here: ${counted(firm.length)} with enough evidence, and it takes ${ENOUGH_PAIRS} that differ.`,
      `共起するクラスが似た忘れられ方をするかは、ここでは判断できない。エビデンスが十分な組は${counted(firm.length)}で、値の異なる${ENOUGH_PAIRS}組が必要。`);
  }
  const figures = say(` (\u03c1 = ${coefficient(found)} over ${counted(firm.length)} with enough evidence, not adjusted for frequency).`,
    `（エビデンスが十分な${counted(firm.length)}で\u03c1 = ${coefficient(found)}、頻度は未調整）。`);
  if (Math.abs(found) < TENDENCY) {
    return say('How often two classes occur together says little here about how alike they are forgotten', 'ここでは、2つのクラスの共起頻度から忘れられ方の類似はほとんどわからない') + figures;
  }
  return say(`In this study, classes that occur together more often tend to be forgotten ${found < 0 ? 'more' : 'less'} alike`,
    `本研究では、よく共起するクラスほど忘れられ方が${found < 0 ? '似る' : '異なる'}傾向がある`) + figures;
}

export function topPairs(report: Report, method: Method, firm: ClassPair[]): HTMLElement {
  const top = [...firm].sort((a, b) => (b.iou ?? 0) - (a.iou ?? 0)).slice(0, SHOWN);
  return top.length === 0
    ? element('p', { class: 'absent' }, say('No pair has enough evidence: too few patients with one class or both.', 'エビデンスが十分な組がない（一方または両方のクラスの患者が不足）。'))
    : sortableTable(top, pairColumns(), { file: fileName('top-pairs', method.name), sortBy: 'iou',
        caption: say(`The ${counted(top.length)} that ${top.length === 1 ? 'occurs' : 'occur'} together most, by IoU (both classes in at least ${enoughPatients(report)} patients)`,
          `IoUの高い順に${counted(top.length)}（両クラスとも患者${enoughPatients(report)}人以上）`) });
}
