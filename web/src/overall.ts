import { chart, tip, tipBox, valueAxis, type Option } from './chart';
import type { Figure, MacroPoint, Report } from './data';
import { element, fragment } from './dom';
import { percent, score } from './format';
import { folded, plainTable } from './table';
import { DASHES, SYMBOLS, type Theme } from './theme';

type Measure = 'ap' | 'auroc' | 'f1';

const MEASURES: { key: Measure; name: string; note: string }[] = [
  { key: 'ap', name: 'Macro AP', note: 'average precision: how pure the top of the ranking is' },
  { key: 'auroc', name: 'Macro AUROC', note: 'chance that a positive image scores above a negative one; 0.5 is guessing' },
  { key: 'f1', name: 'Macro F1', note: 'balance of precision and recall at a fixed threshold' },
];

interface TipItem {
  seriesName: string;
  value: [number, Figure];
  axisValue: number;
}

/** The highest sparsity of any method, so that the charts of one study share an axis. */
function highest(report: Report): number {
  return Math.max(0.1, ...report.methods.flatMap((method) => method.pruned));
}

function option(report: Report, measure: Measure, theme: Theme): Option {
  const colour = (index: number): string => theme.series[index % theme.series.length] ?? theme.ink;
  return {
    grid: { left: 44, right: 14, top: 12, bottom: 40 },
    xAxis: valueAxis(theme, 'Sparsity', percent, { min: 0, max: highest(report), nameGap: 26, splitLine: { show: false } }),
    yAxis: valueAxis(theme, '', (value) => value.toFixed(2), { scale: true }),
    tooltip: tip(theme, 'axis', (parameters) => {
      const items = parameters as TipItem[];
      return tipBox(`${percent(items[0]?.axisValue ?? null)} sparsity`, items.map((item) => [item.seriesName, score(item.value[1])]));
    }),
    series: report.methods.map((method, index) => ({
      type: 'line',
      name: method.name,
      data: method.audit.macro.map((point: MacroPoint) => [point.sparsity, point[measure]]),
      symbol: SYMBOLS[index % SYMBOLS.length],
      symbolSize: method.audit.macro.length > 8 ? 5 : 7,
      showAllSymbol: true,
      lineStyle: { width: 2.2, color: colour(index), type: DASHES[index % DASHES.length] },
      itemStyle: { color: colour(index) },
    })),
  };
}

function legend(report: Report): HTMLElement {
  return element('ul', { class: 'legend' }, ...report.methods.map((method, index) => {
    const key = element('span', { class: 'key', 'aria-hidden': 'true' });
    key.style.borderTopColor = `var(--series-${(index % 8) + 1})`;
    key.style.borderTopStyle = ['solid', 'dashed', 'dotted'][index % 3] ?? 'solid';
    return element('li', {}, key, element('bdi', {}, method.name));
  }));
}

function table(report: Report): HTMLElement {
  const rows = report.methods.flatMap((method) => method.audit.macro.map((point) =>
    [method.name, percent(point.sparsity), score(point.ap), score(point.auroc), score(point.f1)]));
  return plainTable('Macro figures by method and sparsity', ['Method', 'Sparsity', 'AP', 'AUROC', 'F1'], rows);
}

export function overallSection(report: Report): Node {
  const seeds = report.data.audit.seeds.length;
  const figures = MEASURES.map(({ key, name, note }) =>
    element('figure', {},
      element('figcaption', {}, element('strong', {}, name), element('span', {}, note)),
      report.methods.some((method) => method.audit.macro.some((point) => point[key] !== null))
        ? chart(230, `${name} against sparsity, a line a method. The figures are in the table below.`, (theme) => option(report, key, theme))
        : element('p', { class: 'absent' }, `There is no ${name} for any method; the method section says why.`)));
  return fragment(
    element('p', { class: 'lead' }, 'The mean over classes that can be measured',
      seeds > 1 ? `; the median over ${seeds} seeds.` : '; one seed, so no spread can be shown.'),
    legend(report),
    element('div', { class: 'trio' }, ...figures),
    folded('Figures behind these charts', () => table(report)));
}
