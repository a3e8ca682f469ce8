import { chart, tip, tipBox, valueAxis, type Option } from './chart';
import { changeAt, ENOUGH_POSITIVES, type ClassRow, type Figure, type Method, type Report } from './data';
import { element, fragment, named } from './dom';
import { change, coefficient, count, percent, plural, pValue, score } from './format';
import { panel, sparkline } from './spark';
import { forgotten, kept } from './summary';
import { folded, plainTable, sortableTable, type Column } from './table';
import { DASHES, SYMBOLS, type Theme } from './theme';

const MOST_HIGHLIGHTED = 8;

/** Forgotten first, then the rest by how much they lose; classes without enough evidence last. */
function byForgetting(method: Method): ClassRow[] {
  const rank = (row: ClassRow): number => (row.enough ? (row.curve.first_drop ?? 2) : 4);
  const last = (row: ClassRow): number => row.curve.delta_ap.at(-1) ?? 0;
  return [...method.classes].sort((a, b) => rank(a) - rank(b) || last(a) - last(b));
}

function points(method: Method, values: Figure[]): [number, Figure][] {
  return [[0, 0], ...method.pruned.map((sparsity, step): [number, Figure] => [sparsity, values[step] ?? null])];
}

function bandSeries(method: Method, row: ClassRow, colour: string): object[] {
  const { delta_ap_low: low, delta_ap_high: high } = row.curve;
  if (!low || !high || [...low, ...high].some((value) => value === null)) {
    return [];
  }
  const outline = [...points(method, high), ...points(method, low).reverse()];
  return [{
    type: 'custom',
    name: row.name,
    silent: true,
    z: 1,
    data: [outline[0]],
    clip: true,
    renderItem: (_: unknown, api: { coord: (point: unknown[]) => number[] }) => ({
      type: 'polygon',
      shape: { points: outline.map((point) => api.coord(point)) },
      style: { fill: colour, opacity: 0.16 },
    }),
    tooltip: { show: false },
  }];
}

function curveOption(method: Method, highlighted: ClassRow[], drop: number, theme: Theme, width: number): Option {
  const narrow = width < 560;
  const quiet = method.classes.filter((row) => !highlighted.includes(row)).map((row) => ({
    type: 'line', name: row.name, data: points(method, row.curve.delta_ap), showSymbol: false, z: 1,
    lineStyle: { width: 1.1, color: theme.faint, type: row.enough ? 'solid' : [2, 3] }, itemStyle: { color: theme.faint },
    emphasis: { lineStyle: { width: 2, color: theme.ink } },
  }));
  const loud = highlighted.flatMap((row, index) => {
    const colour = theme.series[index % theme.series.length] ?? theme.ink;
    return [...bandSeries(method, row, colour), {
      type: 'line', name: row.name, data: points(method, row.curve.delta_ap), z: 3,
      symbol: SYMBOLS[index % SYMBOLS.length], symbolSize: 6, showAllSymbol: true,
      lineStyle: { width: 2.4, color: colour, type: DASHES[index % DASHES.length] }, itemStyle: { color: colour },
      endLabel: { show: !narrow, formatter: '{a}', color: colour, fontSize: 12, width: 150, overflow: 'truncate' },
      labelLayout: { moveOverlap: 'shiftY' },
    }];
  });
  const heights = [0, ...method.classes.flatMap((row) => row.curve.delta_ap), ...highlighted.flatMap((row) => [...(row.curve.delta_ap_low ?? []), ...(row.curve.delta_ap_high ?? [])])]
    .filter((value): value is number => value !== null);
  return {
    grid: { left: 52, right: narrow ? 12 : 168, top: 14, bottom: 44 },
    xAxis: valueAxis(theme, 'Sparsity', percent, { min: 0, max: method.highest ?? 1, nameGap: 28, splitLine: { show: false } }),
    yAxis: valueAxis(theme, '', change, { min: Math.min(-drop, Math.max(-1, Math.floor(Math.min(...heights) * 5) / 5)), interval: 0.2, max: Math.max(0.1, Math.ceil(Math.max(...heights) * 10) / 10) }),
    tooltip: tip(theme, 'item', (parameters) => {
      const item = parameters as { seriesName: string; value: [number, Figure] };
      return tipBox(item.seriesName, [['Sparsity', percent(item.value[0])], ['Change of AP', change(item.value[1])]]);
    }),
    series: [...quiet, ...loud, {
      type: 'line', data: [], silent: true,
      markLine: {
        silent: true, symbol: 'none', data: [{ yAxis: -drop }],
        lineStyle: { color: theme.warm, type: [6, 4], width: 1.4 },
        label: { position: 'insideStartTop', formatter: `forgotten: ${change(-drop)}`, color: theme.warm, fontSize: 12 },
      },
    }],
  };
}

function chips(rows: ClassRow[], chosen: ClassRow[], onChange: () => void): HTMLElement {
  const paint = (): void => {
    for (const [button, row] of buttons) {
      const at = chosen.indexOf(row);
      button.setAttribute('aria-pressed', String(at >= 0));
      button.style.setProperty('--chip', at >= 0 ? `var(--series-${(at % 8) + 1})` : 'transparent');
    }
  };
  const buttons = rows.map((row): [HTMLButtonElement, ClassRow] => {
    const button = element('button', { type: 'button', class: 'chip' }, named(row.name));
    button.addEventListener('click', () => {
      const at = chosen.indexOf(row);
      if (at >= 0) {
        chosen.splice(at, 1);
      } else {
        if (chosen.length >= MOST_HIGHLIGHTED) {
          chosen.shift();
        }
        chosen.push(row);
      }
      paint();
      onChange();
    });
    return [button, row];
  });
  paint();
  return element('div', { class: 'chips', role: 'group', 'aria-label': 'Classes to highlight' }, ...buttons.map(([button]) => button));
}

function curves(report: Report, method: Method): Node {
  const measured = method.classes.filter((row) => row.curve.delta_ap.some((value) => value !== null));
  if (measured.length === 0) {
    return element('p', { class: 'absent' }, 'There is no curve to show: no class has a change of AP for this method.');
  }
  const { drop } = report.data.audit.options;
  const chosen = [...forgotten(method).slice(0, 4), ...kept(method).slice(0, 2)];
  if (chosen.length === 0) {
    chosen.push(...measured.slice(0, 4));
  }
  const holder = element('div');
  const redraw = (): void => {
    holder.replaceChildren(chart(380, `Relative change of AP against sparsity for ${method.name}. Every class is in the table and in the small panels below.`,
      (theme, width) => curveOption(method, chosen, drop, theme, width)));
  };
  redraw();
  return fragment(
    element('p', { class: 'hint' }, element('span', { class: 'screen' }, 'Choose classes to highlight (up to eight). '), 'The others stay grey; dotted grey: insufficient evidence.'),
    chips(byForgetting(method), chosen, redraw), holder,
    folded('Figures behind this chart', () => plainTable(`Relative change of AP by class, ${method.name}`,
      ['Class', ...method.pruned.map(percent)], byForgetting(method).map((row) => [row.name, ...method.pruned.map((_, step) => change(row.curve.delta_ap[step] ?? null))]))));
}

function verdict(row: ClassRow): string {
  if (!row.enough) {
    return 'insufficient evidence';
  }
  if (row.curve.delta_ap.every((value) => value === null)) {
    return 'not measured';
  }
  return row.curve.first_drop === null ? 'not forgotten' : `first drop at ${percent(row.curve.first_drop)}`;
}

function lattice(report: Report, method: Method): HTMLElement {
  const { drop } = report.data.audit.options;
  return element('ul', { class: 'lattice' }, ...byForgetting(method).map((row) =>
    element('li', {}, element('p', {}, element('strong', {}, named(row.name)), element('span', {}, verdict(row))),
      row.curve.delta_ap.some((value) => value !== null) ? panel(method, row, drop) : element('p', { class: 'absent' }, 'no figure'))));
}

function tinted(value: Figure, enough: boolean): HTMLElement {
  const cell = element('span', { class: value === null ? 'tint absent-figure' : 'tint' }, change(value));
  if (value !== null && enough) {
    cell.style.setProperty('--loss', `${Math.round(Math.max(0, Math.min(1, -value)) * 55)}%`);
  }
  return cell;
}

function changeColumn(method: Method, sparsity: number): Column<ClassRow> {
  return {
    head: `\u0394AP at ${percent(sparsity)}`,
    note: `Relative change of AP at ${percent(sparsity)} sparsity, median over seeds`,
    number: true,
    value: (row) => changeAt(method, row.curve, sparsity),
    cell: (row) => tinted(changeAt(method, row.curve, sparsity), row.enough),
  };
}

function columns(report: Report, method: Method): Column<ClassRow>[] {
  const wanted = [0.5, 0.9, method.highest].filter((sparsity, index, all): sparsity is number =>
    sparsity !== null && method.pruned.some((value) => Math.abs(value - sparsity) < 1e-9) && all.indexOf(sparsity) === index);
  const number = (head: string, note: string, value: (row: ClassRow) => Figure, text: (value: Figure) => string): Column<ClassRow> =>
    ({ head, note, number: true, falling: true, value, cell: (row) => text(value(row)) });
  return [
    { head: 'Class', value: (row) => row.name, cell: (row) => named(row.name) },
    number('Test positives', 'Images of the test cohort with this label', (row) => row.positives, count),
    number('Training positives', 'Images with this label that the network was trained on', (row) => row.train_positives, count),
    number('Dense AP', 'Average precision of the dense network, median over seeds', (row) => row.curve.ap_dense, score),
    number('Dense AUROC', 'AUROC of the dense network, median over seeds', (row) => row.curve.auroc_dense, score),
    ...wanted.map((sparsity) => changeColumn(method, sparsity)),
    { head: 'Curve', value: (row) => row.curve.delta_ap.at(-1) ?? null, cell: (row) => sparkline(method, row, report.data.audit.options.drop) },
    { head: 'First drop', note: `Lowest sparsity at which the median change of AP is below ${change(-report.data.audit.options.drop)}`,
      value: (row) => (row.enough ? (row.curve.first_drop ?? 2) : 3),
      cell: (row) => row.enough && row.curve.first_drop !== null
        ? element('strong', {}, percent(row.curve.first_drop))
        : element('span', { class: 'quiet whole' }, verdict(row)) },
  ];
}

/** 1, 2, 5, 10, ... within a range; the powers of ten alone where they are `enough`. */
function logTicks(low: number, high: number, enough: number): number[] {
  const powers = Array.from({ length: 9 }, (_, exponent) => 10 ** exponent);
  const within = (values: number[]): number[] => values.filter((value) => value >= low && value <= high);
  const tens = within(powers);
  return tens.length >= enough ? tens : within(powers.flatMap((power) => [power, 2 * power, 5 * power]));
}

function frequencyTicks(highest: number, never: number | null): number[] {
  const ticks = [0, 0.2, 0.4, 0.6, 0.8].filter((value) => value < highest - 0.05);
  return [...ticks, highest, ...(never === null ? [] : [never])];
}

function frequencyOption(method: Method, rows: ClassRow[], theme: Theme, width: number): Option {
  const narrow = width < 560;
  const highest = method.highest ?? 1;
  const never = rows.some((row) => row.curve.first_drop === null);
  const top = never ? highest + 0.12 : highest;
  const training = rows.map((row) => row.train_positives ?? 1);
  const place = (row: ClassRow): [number, number, string] => [row.train_positives ?? 1, row.curve.first_drop ?? top, row.name];
  const series = (name: string, chosen: ClassRow[], symbol: string, colour: string, hollow: boolean): object => ({
    type: 'scatter', name, symbol, symbolSize: 10, data: chosen.map(place), itemStyle: { color: hollow ? theme.panel : colour, borderColor: colour, borderWidth: 2 },
    label: { show: !narrow, position: 'top', distance: 4, formatter: (item: { value: [number, number, string] }) => item.value[2], color: theme.muted, fontSize: 11 },
    labelLayout: { hideOverlap: true },
  });
  return {
    grid: { left: 56, right: 28, top: 34, bottom: 46 },
    legend: { top: 0, left: 0, textStyle: { color: theme.muted }, itemWidth: 12, selectedMode: false },
    xAxis: { ...valueAxis(theme, 'Training positives (log scale)', count, { nameGap: 28, splitLine: { show: false } }), type: 'log',
      min: 0.7 * Math.min(...training), max: 1.6 * Math.max(...training),
      axisLabel: { color: theme.muted, fontSize: 12, formatter: count, customValues: logTicks(0.7 * Math.min(...training), 1.6 * Math.max(...training), narrow ? 2 : 4) } },
    yAxis: valueAxis(theme, '', (value) => (value > highest + 0.01 ? 'never' : percent(value)), {
      min: 0, max: top + 0.04, interval: 0.2,
      axisLabel: { color: theme.muted, fontSize: 12, formatter: (value: number) => (value > highest + 0.01 ? 'never' : percent(value)), customValues: frequencyTicks(highest, never ? top : null) },
      splitLine: { lineStyle: { color: theme.rule } }, axisTick: { show: false, customValues: frequencyTicks(highest, never ? top : null) },
    }),
    tooltip: tip(theme, 'item', (parameters) => {
      const [training, drop, name] = (parameters as { value: [number, number, string] }).value;
      return tipBox(name, [['Training positives', count(training)], ['First drop', drop === top ? 'never' : percent(drop)]]);
    }),
    series: [
      series('Dropped', rows.filter((row) => row.enough && row.curve.first_drop !== null), 'circle', theme.accent, false),
      series('Never dropped', rows.filter((row) => row.enough && row.curve.first_drop === null), 'triangle', theme.accent, true),
      series('Insufficient evidence', rows.filter((row) => !row.enough), 'circle', theme.muted, true),
    ].filter((entry) => (entry as { data: unknown[] }).data.length > 0),
  };
}

function frequency(method: Method): Node {
  const rows = method.classes.filter((row) => row.train_positives !== null && row.train_positives > 0 && row.curve.delta_ap.some((value) => value !== null));
  const { first_drop: dropped, delta_ap_at_max: change_at_max } = method.audit.frequency;
  const figures = element('p', { class: 'statistics' },
    dropped.spearman === null
      ? 'First drop against log training positives: no correlation can be had.'
      : `First drop against log training positives: Spearman \u03c1 = ${coefficient(dropped.spearman)}, ${pValue(dropped.spearman_p)}; Pearson r = ${coefficient(dropped.pearson)}, ${pValue(dropped.pearson_p)} (${plural(dropped.points, 'class', 'classes')} that dropped). `,
    change_at_max.spearman === null
      ? ''
      : ` Change of AP at ${percent(method.highest)}: \u03c1 = ${coefficient(change_at_max.spearman)}, ${pValue(change_at_max.spearman_p)} (${plural(change_at_max.points, 'class', 'classes')}).`);
  if (rows.length < 2) {
    return fragment(element('p', { class: 'absent' }, 'There is no chart: it takes at least two classes whose training positives are known and whose AP is measured.'), figures);
  }
  return fragment(
    element('p', { class: 'hint' }, 'A point a class: the further left, the rarer in training; the lower, the earlier forgotten.'),
    chart(340, 'First drop against training positives, a point a class. The figures are in the table of classes.', (theme, width) => frequencyOption(method, rows, theme, width)),
    figures);
}

export function classSection(report: Report, method: Method): Node {
  const few = method.classes.filter((row) => !row.enough).length;
  return fragment(
    element('h3', {}, 'Forgettability curves'), curves(report, method),
    element('h3', {}, 'Each class by itself'),
    element('p', { class: 'hint' }, report.data.audit.seeds.length > 1
      ? 'Line: median over seeds; band: first to third quartile; dashed: what counts as forgotten; dot: first drop.'
      : 'One seed, so there is no band; dashed: what counts as forgotten; dot: first drop.'),
    lattice(report, method),
    element('h3', {}, 'Table of classes'),
    few > 0 && element('p', { class: 'hint' }, `Classes with fewer than ${ENOUGH_POSITIVES} positive test images get figures but no verdict: the evidence is insufficient.`),
    sortableTable(method.classes, columns(report, method), { caption: `Classes, pruned by ${method.name}. \u0394AP: relative change of AP against the dense network`, sortBy: columns(report, method).length - 1 }),
    element('h3', {}, 'Frequency and first drop'), frequency(method));
}
