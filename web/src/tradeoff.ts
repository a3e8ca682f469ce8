import { tip, tipBox, valueAxis, type Option } from './chart';
import { macroChange, stepAt, type ClassRow, type Figure, type Interval, type Method, type Report } from './data';
import { element, fragment, named, strong, told } from './dom';
import { chartFigure } from './figure';
import { ABSENT, change, count, interval, percent, score, seeds, times } from './format';
import { say } from './language';
import { macroFigures } from './macro';
import { figureColumn, withBelow, type Column } from './table';
import { seriesLook, type Theme } from './theme';

/** A way to count what pruning gains; the charts' axis. */
interface Gain {
  key: string;
  name: string;
  of: (sparsity: number) => number;
  text: (value: number) => string;
}

function gains(): Gain[] {
  return [
    { key: 'sparsity', name: say('Sparsity', 'スパース率'), of: (sparsity) => sparsity, text: percent },
    { key: 'fewer', name: say('Times fewer weights', '重み数の削減倍率'), of: (sparsity) => 1 / Math.max(1e-3, 1 - sparsity), text: (value) => times(value) },
  ];
}

/** The class that can be judged and has lost most. */
export interface Worst {
  row: ClassRow;
  change: number;
}

export function worstAt(method: Method, sparsity: number): Worst | null {
  const step = stepAt(method, sparsity);
  let worst: Worst | null = null;
  for (const row of method.classes) {
    const value = row.curve.delta_ap[step] ?? null;
    if (row.judged && value !== null && (worst === null || value < worst.change)) {
      worst = { row, change: value };
    }
  }
  return worst;
}

/** One network: everything the charts, their hover and the table say of it. */
interface Point {
  method: Method;
  sparsity: number;
  macro: Figure;
  band: Interval;
  worst: Worst | null;
  auroc: Figure;
  f1: Figure;
  dropped: number; // judged classes below the line here
  judged: number;
  chosen: 'shown' | 'estimated' | null;
}

/** The highest sparsity up to which macro AP loses less than the tolerance: shown over patients, or the estimate alone. */
function chosenOf(method: Method): { sparsity: number; kind: 'shown' | 'estimated' } | null {
  const { shown, sparsity } = method.audit.global.within_tolerance;
  return shown !== null ? { sparsity: shown, kind: 'shown' } : sparsity !== null ? { sparsity, kind: 'estimated' } : null;
}

function pointsOf(report: Report, method: Method): Point[] {
  const { drop } = report.data.audit.options;
  const chosen = chosenOf(method);
  return macroChange(method).filter(({ sparsity }) => sparsity > 0).map(({ sparsity, change: macro }) => {
    const step = stepAt(method, sparsity);
    const judged = method.classes.filter((row) => row.judged && (row.curve.delta_ap[step] ?? null) !== null);
    const macroPoint = method.audit.macro.find((point) => point.sparsity === sparsity);
    return {
      method, sparsity, macro, band: method.audit.global.delta_ap.band?.[step] ?? null, worst: worstAt(method, sparsity),
      auroc: macroPoint?.auroc ?? null, f1: macroPoint?.f1 ?? null,
      dropped: judged.filter((row) => (row.curve.delta_ap[step] ?? 0) < -drop).length, judged: judged.length,
      chosen: chosen?.sparsity === sparsity ? chosen.kind : null,
    };
  });
}

function hover(point: Point): HTMLElement {
  return tipBox(say(`${point.method.name}, ${percent(point.sparsity)} sparsity`, `${point.method.name}、スパース率${percent(point.sparsity)}`), [
    [say('Macro AP', 'マクロ平均AP'), change(point.macro)],
    [say('95% band', '95%信頼帯'), interval(point.band, change)],
    [say('Macro AUROC', 'マクロ平均AUROC'), score(point.auroc)],
    [say('Macro F1', 'マクロ平均F1'), score(point.f1)],
    [say('Worst class', '最も低下したクラス'), point.worst === null ? ABSENT : `${point.worst.row.name} ${change(point.worst.change)}`],
    [say('Classes that dropped', '低下したクラス'), say(`${point.dropped} of ${point.judged}`, `${point.dropped}／${point.judged}`)],
  ]);
}

/** The band as a polygon; none where an end is missing. */
function bandSeries(points: Point[], gain: Gain, colour: string): object[] {
  const known = points.filter((point) => point.band !== null);
  if (known.length === 0) {
    return [];
  }
  const upper = known.map((point) => [gain.of(point.sparsity), point.band?.[1] ?? 0]);
  const lower = known.map((point) => [gain.of(point.sparsity), point.band?.[0] ?? 0]).reverse();
  return [{
    type: 'custom', silent: true, z: 1, clip: true, data: [upper[0]],
    renderItem: (_: unknown, api: { coord: (point: unknown[]) => number[] }) => ({
      type: 'polygon', shape: { points: [[gain.of(0), 0], ...upper, ...lower].map((point) => api.coord(point)) }, style: { fill: colour, opacity: 0.14 },
    }),
    tooltip: { show: false },
  }];
}

/** A level that a curve is read against. */
interface Level {
  loss: number;
  name: string;
}

function option(report: Report, gain: Gain, value: (point: Point) => Figure, band: boolean, level: Level, theme: Theme): Option {
  const all: Point[] = []; // the chart keeps their numbers: it would copy a point with all that hangs on it
  const series = report.methods.flatMap((method, index) => {
    const { colour, symbol, lineStyle, itemStyle } = seriesLook(theme, index, 2.2);
    const points = pointsOf(report, method);
    const first = all.push(...points) - points.length;
    return [
      ...(band ? bandSeries(points, gain, colour) : []),
      {
        type: 'line', name: method.name, z: 3, symbol, showAllSymbol: true, symbolSize: 7, lineStyle, itemStyle,
        data: [{ value: [gain.of(0), 0], symbol: 'none' }, ...points.map((point, index) => ({
          value: [gain.of(point.sparsity), value(point)], number: first + index,
          ...(point.chosen === null ? {} : { symbolSize: 15, itemStyle: { color: theme.panel, borderColor: colour, borderWidth: 3.5 } }),
        }))],
      },
    ];
  });
  return {
    grid: { left: 52, right: 16, top: 14, bottom: 44 },
    xAxis: valueAxis(theme, gain.name, gain.text, { nameGap: 28, splitLine: { show: false }, min: gain.of(0), ...(gain.key === 'fewer' ? { type: 'log', logBase: 2 } : {}) }),
    yAxis: valueAxis(theme, '', change, { min: (range: { min: number }) => Math.max(-1, Math.floor(range.min * 5) / 5), max: (range: { max: number }) => Math.max(0.05, Math.ceil(range.max * 20) / 20) }),
    tooltip: tip(theme, 'item', (parameters) => {
      const { number } = (parameters as { data: { number?: number } }).data;
      const point = number === undefined ? undefined : all[number];
      return point === undefined ? say('dense network', 'プルーニング前') : hover(point);
    }),
    series: [...series, {
      type: 'line', data: [], silent: true,
      markLine: { silent: true, symbol: 'none', data: [{ yAxis: -level.loss }], lineStyle: { color: theme.warm, type: [6, 4], width: 1.4 },
        label: { position: 'insideMiddleBottom', formatter: `${level.name}: ${change(-level.loss)}`, color: theme.warm, fontSize: 12 } },
    }],
  };
}

export function legend(report: Report): HTMLElement {
  return element('ul', { class: 'legend', 'aria-label': say('Methods', '手法') }, ...report.methods.map((method, index) => {
    const key = element('span', { class: 'key', 'aria-hidden': 'true' });
    key.style.borderTopColor = `var(--series-${(index % 8) + 1})`;
    key.style.borderTopStyle = ['solid', 'dashed', 'dotted'][index % 3] ?? 'solid';
    return element('li', {}, key, named(method.name));
  }));
}

function columns(): Column<Point>[] {
  return [
    { key: 'method', head: say('Method', '手法'), value: (point) => point.method.name, cell: (point) => named(point.method.name) },
    figureColumn('sparsity', say('Sparsity', 'スパース率'), say('Share of prunable weights that are zero', '0にした重みの割合'), (point) => point.sparsity, percent),
    figureColumn('weights_left', say('Weights left', '残る重み'), say('Share of prunable weights that are left', '残った重みの割合'), (point) => 1 - point.sparsity, percent),
    { ...figureColumn<Point>('macro_ap_change', say('Macro AP', 'マクロ平均AP'), say('Change relative to the dense network; 95% band over patients, for all sparsities at once', 'プルーニング前に対する相対変化。下段は患者に関する95%同時信頼帯'), (point) => point.macro, change),
      cell: (point) => withBelow(change(point.macro), point.band === null ? null : interval(point.band, change)),
      extra: [{ key: 'macro_ap_change_low', value: (point) => point.band?.[0] ?? null }, { key: 'macro_ap_change_high', value: (point) => point.band?.[1] ?? null }] },
    figureColumn('macro_auroc', say('Macro AUROC', 'マクロ平均AUROC'), '', (point) => point.auroc, score),
    figureColumn('macro_f1', say('Macro F1', 'マクロ平均F1'), '', (point) => point.f1, score),
    { key: 'worst_class', head: say('Worst class', '最も低下したクラス'), note: say('Of the classes that can be judged', '判定できるクラスのうち'), value: (point) => point.worst?.row.name ?? null,
      cell: (point) => (point.worst === null ? ABSENT : named(point.worst.row.name)) },
    figureColumn('worst_class_ap_change', say('its AP', 'そのAP'), say('Change of AP relative to the dense network, median over seeds', 'プルーニング前に対するAPの相対変化（シード間の中央値）'), (point) => point.worst?.change ?? null, change),
    { ...figureColumn<Point>('classes_dropped', say('Classes that dropped', '低下したクラス'), say('Below the line at this sparsity, of the classes that can be judged', 'このスパース率で基準を下回ったクラス数／判定できるクラス数'), (point) => point.dropped, count),
      cell: (point) => say(`${point.dropped} of ${point.judged}`, `${point.dropped}／${point.judged}`), extra: [{ key: 'classes_judged', value: (point) => point.judged }] },
    { key: 'chosen', head: say('Chosen', '選択'), value: (point) => point.chosen, cell: (point) => (point.chosen === null ? '' : point.chosen === 'shown' ? say('shown', '実証') : say('estimate', '推定')) },
  ];
}

/** Which point is ringed and what it rests on. */
function chosenText(report: Report): Node {
  const tolerance = percent(report.data.audit.options.tolerance);
  const parts = report.methods.flatMap((method) => {
    const chosen = chosenOf(method);
    return chosen === null ? [] : [told('{name}: {sparsity}', '{name}: {sparsity}', { name: named(method.name), sparsity: strong(percent(chosen.sparsity)) }),
      chosen.kind === 'estimated' && say(' (estimate, not shown over patients)', '（推定値。患者に関しては未実証）')];
  });
  if (parts.length === 0) {
    return element('p', { class: 'absent' }, say(`No point is ringed: macro AP loses more than the tolerance of ${tolerance} at every sparsity of every method, or cannot be had.`,
      `丸印の点はない。どの手法のどのスパース率でも、マクロ平均APが許容幅${tolerance}を超えて低下しているか、求められなかった。`));
  }
  const listedParts = parts.flatMap((part, index) => (index > 0 && typeof part === 'object' ? ['; ', part] : [part]));
  return element('p', { class: 'hint' }, say(`Ringed: the highest sparsity up to which macro AP is shown, over patients, to lose less than ${tolerance}; it can lie below the estimate in the summary. `,
    `丸印: マクロ平均APの低下が${tolerance}未満であることが患者に関して実証された最も高いスパース率（概要の推定値より低いことがある）。`), ...listedParts, say('.', '。'));
}

function charts(report: Report): HTMLElement {
  const rows = report.methods.flatMap((method) => pointsOf(report, method));
  const holder = element('div', { class: 'duo' });
  const select = element('select', { id: 'gain' }, ...gains().map((gain) => element('option', { value: gain.key }, gain.name)));
  const draw = (): void => {
    const gain = gains().find(({ key }) => key === select.value) ?? gains()[0];
    if (!gain) {
      return;
    }
    const shared = { height: 300, behind: { caption: say('Every network: what is gained and what is lost', '全ネットワークの利得と損失'), rows, columns: columns() } };
    const some = (value: (point: Point) => Figure): boolean => rows.some((point) => value(point) !== null);
    const absent = (title: string): HTMLElement => element('figure', {}, element('figcaption', {}, element('strong', {}, title)),
      element('p', { class: 'absent' }, say('There is no figure for any network; the notes in the method section say why.', '示せる数値がない。理由は「方法」の注記を参照。')));
    const macroTitle = say('Loss of macro AP', 'マクロ平均APの低下');
    const worstTitle = say('Loss of the worst class', '最も低下したクラスのAP');
    holder.replaceChildren(
      some((point) => point.macro) ? chartFigure({ ...shared, title: macroTitle, file: 'trade-off-macro',
        note: rows.some((point) => point.band !== null) ? say('relative change; band: 95% over patients, for all sparsities at once', '相対変化。帯: 患者に関する95%同時信頼帯')
          : say('relative change; no band, because no bootstrap was asked for', '相対変化。ブートストラップを行っていないため信頼帯はない'),
        option: (theme) => option(report, gain, (point) => point.macro, true, { loss: report.data.audit.options.tolerance, name: say('tolerance', '許容幅') }, theme) }) : absent(macroTitle),
      some((point) => point.worst?.change ?? null) ? chartFigure({ ...shared, title: worstTitle, file: 'trade-off-worst-class',
        note: say('relative change of AP of the class that has lost most, among those that can be judged', '判定できるクラスのうち、最も低下したクラスのAPの相対変化'),
        option: (theme) => option(report, gain, (point) => point.worst?.change ?? null, false, { loss: report.data.audit.options.drop, name: say('forgotten', '忘却の基準') }, theme) }) : absent(worstTitle));
  };
  select.addEventListener('change', draw);
  draw();
  return element('div', {},
    element('label', { class: 'choose screen', for: 'gain' }, element('span', {}, say('What is gained', '利得の尺度')), select), holder);
}

export function tradeOffSection(report: Report): Node {
  const number = report.data.audit.seeds.length;
  return fragment(
    element('p', { class: 'lead' }, say('What is gained (fewer weights) against what is lost (average precision), for every network of this study. ', '本研究のすべてのネットワークについて、得られるもの（重みの削減）と失われるもの（平均適合率）を対比する。'),
      number > 1 ? say(`Each point is the median over ${seeds(number)}.`, `各点は${seeds(number)}の中央値である。`) : say('One seed, so no spread over trainings can be shown.', 'シードが1個のため、学習間のばらつきは示せない。')),
    legend(report), charts(report), chosenText(report),
    element('h3', {}, say('The figures themselves', '指標の値')), macroFigures(report));
}
