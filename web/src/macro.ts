// Macro AP, AUROC and F1 as they are, beside the trade-off that sets them against the dense network.
import { tip, tipBox, valueAxis, type Option } from './chart';
import { intervalOf, type Figure, type Interval, type MacroPoint, type Method, type Report } from './data';
import { element, fragment, named } from './dom';
import { chartFigure } from './figure';
import { interval, percent, score } from './format';
import { say } from './language';
import { figureColumn, withBelow, type Column } from './table';
import { seriesLook, type Theme } from './theme';

type Measure = 'ap' | 'auroc' | 'f1';

interface Named {
  key: Measure;
  name: string;
  note: string;
}

function measures(): Named[] {
  return [
    { key: 'ap', name: say('Macro AP', 'マクロ平均AP'), note: say('average precision: how pure the top of the ranking is', '平均適合率: スコア上位にどれだけ陽性が集まるか') },
    { key: 'auroc', name: say('Macro AUROC', 'マクロ平均AUROC'), note: say('chance that a positive image scores above a negative one; 0.5 is guessing', '陽性画像のスコアが陰性画像を上回る確率。0.5は当て推量に相当') },
    { key: 'f1', name: say('Macro F1', 'マクロ平均F1'), note: say('balance of precision and recall at a fixed threshold', '固定した閾値での適合率と感度の調和平均') },
  ];
}

interface Row {
  method: Method;
  point: MacroPoint;
}

const intervalAt = (point: MacroPoint, key: Measure): Interval => intervalOf(point[`${key}_low`], point[`${key}_high`]);

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
  return {
    grid: { left: 44, right: 14, top: 12, bottom: 40 },
    xAxis: valueAxis(theme, say('Sparsity', 'スパース率'), percent, { min: 0, max: highest(report), nameGap: 26, splitLine: { show: false } }),
    yAxis: valueAxis(theme, '', (value) => value.toFixed(2), { scale: true }),
    tooltip: tip(theme, 'axis', (parameters) => {
      const items = parameters as TipItem[];
      const at = percent(items[0]?.axisValue ?? null);
      return tipBox(say(`${at} sparsity`, `スパース率${at}`), items.map((item) => [item.seriesName, score(item.value[1])]));
    }),
    series: report.methods.map((method, index) => {
      const { symbol, lineStyle, itemStyle } = seriesLook(theme, index, 2.2);
      return {
        type: 'line', name: method.name, data: method.audit.macro.map((point: MacroPoint) => [point.sparsity, point[measure]]),
        symbol, symbolSize: method.audit.macro.length > 8 ? 5 : 7, showAllSymbol: true, lineStyle, itemStyle,
      };
    }),
  };
}

function columns(shown: Named[]): Column<Row>[] {
  return [
    { key: 'method', head: say('Method', '手法'), value: (row) => row.method.name, cell: (row) => named(row.method.name) },
    figureColumn('sparsity', say('Sparsity', 'スパース率'), '', (row) => row.point.sparsity, percent),
    ...shown.map(({ key, name, note }): Column<Row> => ({
      ...figureColumn<Row>(key, name, note, (row) => row.point[key], score),
      cell: (row) => withBelow(score(row.point[key]), intervalAt(row.point, key) === null ? null : interval(intervalAt(row.point, key), score)),
      extra: [{ key: `${key}_low`, value: (row) => row.point[`${key}_low`] ?? null }, { key: `${key}_high`, value: (row) => row.point[`${key}_high`] ?? null }],
    })),
  ];
}

export function macroFigures(report: Report): Node {
  const rows = report.methods.flatMap((method) => method.audit.macro.map((point) => ({ method, point })));
  const figures = measures().map(({ key, name, note }) =>
    rows.some((row) => row.point[key] !== null)
      ? chartFigure({ title: name, note, file: `macro-${key}`, height: 230, option: (theme) => option(report, key, theme),
          behind: { caption: say('Macro figures by method and sparsity; below them 95% intervals over patients, where a bootstrap was asked for', '手法・スパース率別のマクロ平均指標（下段: ブートストラップを行った場合の患者に関する95%信頼区間）'), rows, columns: columns(measures()) } })
      : element('figure', {}, element('figcaption', {}, element('strong', {}, name), element('span', {}, note)),
          element('p', { class: 'absent' }, say(`There is no ${name} for any method; the method section says why.`, `${name}はどの手法でも求められなかった。理由は「方法」を参照。`))));
  return fragment(
    element('p', { class: 'hint' }, say('The mean over classes that can be measured.', '測定できるクラスにわたる平均である。')),
    element('div', { class: 'trio' }, ...figures));
}
