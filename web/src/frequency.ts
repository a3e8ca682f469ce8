// Frequency in training against first drop, a point a class.
import { tip, tipBox, valueAxis, type Option } from './chart';
import type { ClassRow, Method, Report } from './data';
import { element, fragment, named } from './dom';
import { fileName } from './download';
import { chartFigure } from './figure';
import { coefficient, count, percent, pValue } from './format';
import { say } from './language';
import { correlationText, frequencyCaveat } from './summary';
import { figureColumn, type Column } from './table';
import type { Theme } from './theme';
import { dropText } from './verdict';

/** 1, 2, 5, 10, ... within a range; the powers of ten alone where they are `enough`. */
function logTicks(low: number, high: number, enough: number): number[] {
  const powers = Array.from({ length: 9 }, (_, exponent) => 10 ** exponent);
  const within = (values: number[]): number[] => values.filter((value) => value >= low && value <= high);
  const tens = within(powers);
  return tens.length >= enough ? tens : within(powers.flatMap((power) => [power, 2 * power, 5 * power]));
}

function dropTicks(lowest: number, highest: number, never: number | null): number[] {
  const ticks = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].filter((value) => value >= lowest && value < highest - 0.05 && (lowest >= 0.5 || Math.round(value * 10) % 2 === 0));
  return [...ticks, highest, ...(never === null ? [] : [never])];
}

function series(name: string, rows: ClassRow[], top: number, symbol: string, colours: { fill: string; edge: string; text: string }, narrow: boolean): object {
  return {
    type: 'scatter', name, symbol, symbolSize: 10,
    data: rows.map((row) => [row.train_positives ?? 1, row.curve.first_drop ?? top, row.name]),
    itemStyle: { color: colours.fill, borderColor: colours.edge, borderWidth: 2 },
    label: { show: !narrow, position: 'top', distance: 4, formatter: (item: { value: [number, number, string] }) => item.value[2], color: colours.text, fontSize: 11 },
    labelLayout: { hideOverlap: true },
  };
}

function option(method: Method, rows: ClassRow[], theme: Theme, width: number): Option {
  const narrow = width < 560;
  const highest = method.highest ?? 1;
  const never = rows.some((row) => row.curve.first_drop === null);
  const lowest = Math.max(0, Math.floor((Math.min(highest, ...rows.map((row) => row.curve.first_drop ?? highest)) - 0.08) * 10) / 10);
  const top = never ? highest + 0.2 * (highest - lowest) : highest;
  const training = rows.map((row) => row.train_positives ?? 1);
  const [left, right] = [0.7 * Math.min(...training), 1.6 * Math.max(...training)];
  const dropLabel = (value: number): string => (value > highest + 0.01 ? say('none', 'なし') : percent(value));
  const full = { fill: theme.accent, edge: theme.accent, text: theme.muted };
  const ring = (edge: string): { fill: string; edge: string; text: string } => ({ fill: theme.panel, edge, text: theme.muted });
  const axis = say('Training positives (log scale)', '学習時の陽性画像数（対数軸）');
  return {
    grid: { left: 56, right: 28, top: narrow ? 70 : 34, bottom: 46 },
    legend: { top: 0, left: 0, textStyle: { color: theme.muted }, itemWidth: 12, selectedMode: false },
    xAxis: { ...valueAxis(theme, axis, count, { nameGap: 28, splitLine: { show: false } }), type: 'log', min: left, max: right,
      axisLabel: { color: theme.muted, fontSize: 12, formatter: count, customValues: logTicks(left, right, narrow ? 2 : 4) } },
    yAxis: valueAxis(theme, '', dropLabel, {
      min: lowest, max: top + 0.04, interval: 0.1,
      axisLabel: { color: theme.muted, fontSize: 12, formatter: dropLabel, customValues: dropTicks(lowest, highest, never ? top : null) },
      splitLine: { lineStyle: { color: theme.rule } }, axisTick: { show: false, customValues: dropTicks(lowest, highest, never ? top : null) },
    }),
    tooltip: tip(theme, 'item', (parameters) => {
      const [positives, drop, name] = (parameters as { value: [number, number, string] }).value;
      return tipBox(name, [[say('Training positives', '学習時の陽性'), count(positives)],
        [say('First drop', '初回低下点'), drop > highest + 0.01 ? say(`none up to ${percent(highest)}`, `${percent(highest)}までなし`) : percent(drop)]]);
    }),
    series: [
      series(say('Dropped', '低下あり'), rows.filter((row) => row.judged && row.curve.first_drop !== null), top, 'circle', full, narrow),
      series(say('No drop seen', '低下なし'), rows.filter((row) => row.judged && row.curve.first_drop === null), top, 'triangle', ring(theme.accent), narrow),
      series(say('Insufficient evidence, or hardly learned', 'エビデンス不足または学習不十分'), rows.filter((row) => !row.judged), top, 'circle', ring(theme.muted), narrow),
    ].filter((entry) => (entry as { data: unknown[] }).data.length > 0),
  };
}

function statistics(report: Report, method: Method): Node {
  const { pearson, pearson_p: p, points } = method.audit.frequency.first_drop;
  const linear = pearson === null ? '' : say(`; Pearson r = ${coefficient(pearson)} (${pValue(p, points)})`, `、Pearson r = ${coefficient(pearson)}（${pValue(p, points)}）`);
  const [first, ap, auroc] = (['first_drop', 'delta_ap_at_max', 'delta_auroc_at_max'] as const).map((key) => correlationText(report, method, key));
  const highest = percent(method.highest);
  return fragment(
    element('p', { class: 'statistics' }, say(
      `Log training positives against first drop, classes that never dropped left out: Spearman ${first}${linear}. Against the change of AP at ${highest}: ${ap}. Against the change of AUROC there: ${auroc}.`,
      `学習時の陽性数（対数）と初回低下点（低下しなかったクラスを除く）: Spearman ${first}${linear}。スパース率${highest}でのAPの変化との相関: ${ap}。同じくAUROCの変化との相関: ${auroc}。`)),
    element('p', { class: 'hint' }, frequencyCaveat()));
}

function columns(report: Report, method: Method): Column<ClassRow>[] {
  return [
    { key: 'class', head: say('Class', 'クラス'), value: (row) => row.name, cell: (row) => named(row.name) },
    figureColumn('train_positives', say('Training positives', '学習時の陽性'), '', (row) => row.train_positives, count),
    figureColumn('first_drop', say('First drop', '初回低下点'), '', (row) => row.curve.first_drop, percent),
    { key: 'verdict', head: say('What is said', '判定'), value: (row) => dropText(report, method, row), cell: (row) => dropText(report, method, row) },
  ];
}

export function frequencyFigure(report: Report, method: Method): Node {
  const rows = method.classes.filter((row) => row.train_positives !== null && row.train_positives > 0 && row.curve.delta_ap.some((value) => value !== null));
  if (rows.length < 2) {
    return fragment(element('p', { class: 'absent' }, say('There is no chart: it takes at least two classes whose training positives are known and whose AP is measured.',
      '学習時の陽性数がわかり、APを測定できるクラスが2つ以上ないため、グラフはない。')), statistics(report, method));
  }
  return fragment(
    chartFigure({
      title: say('First drop against training positives', '学習時の陽性数と初回低下点'),
      note: say('A point a class: the further left, the rarer in training; the lower, the earlier the first drop.', '1点が1クラス。左ほど学習時にまれで、下ほど早く低下する。'),
      file: fileName('frequency', method.name), height: 340, option: (theme, width) => option(method, rows, theme, width),
      behind: { caption: say('Frequency and first drop', '頻度と初回低下点'), rows, columns: columns(report, method), sortBy: 'train_positives' } }),
    statistics(report, method));
}
