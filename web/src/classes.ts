import { chart, tip, tipBox, valueAxis, type Option } from './chart';
import { changeAt, recovers, ENOUGH_PATIENTS, LEARNED_AUROC, type ClassRow, type Figure, type Interval, type Method, type Report } from './data';
import { element, fragment, named } from './dom';
import { change, coefficient, count, percent, plural, pValue, score } from './format';
import { panel, sparkline } from './spark';
import { correlationText, forgotten, FREQUENCY_CAVEAT, kept } from './summary';
import { folded, plainTable, sortableTable, type Column } from './table';
import { DASHES, SYMBOLS, type Theme } from './theme';

const MOST_HIGHLIGHTED = 8;

/** Forgotten first, then the rest by how much they lose; classes that cannot be judged last. */
function byForgetting(method: Method): ClassRow[] {
  const rank = (row: ClassRow): number => (row.judged ? (row.curve.first_drop ?? 2) : row.enough ? 4 : 5);
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
    lineStyle: { width: 1.1, color: theme.faint, type: row.judged ? 'solid' : [2, 3] }, itemStyle: { color: theme.faint },
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
    element('p', { class: 'hint' }, element('span', { class: 'screen' }, 'Choose classes to highlight (up to eight). '), 'The others stay grey; dotted grey: insufficient evidence, or hardly learned.'),
    chips(byForgetting(method), chosen, redraw), holder,
    folded('Figures behind this chart', () => plainTable(`Relative change of AP by class, ${method.name}`,
      ['Class', ...method.pruned.map(percent)], byForgetting(method).map((row) => [row.name, ...method.pruned.map((_, step) => change(row.curve.delta_ap[step] ?? null))]))));
}

function verdict(report: Report, method: Method, row: ClassRow): string {
  const { drop } = report.data.audit.options;
  if (!row.enough) {
    return 'insufficient evidence';
  }
  if (row.curve.delta_ap.every((value) => value === null)) {
    return 'not measured';
  }
  if (!row.learned) {
    return 'hardly learned';
  }
  return row.curve.first_drop === null
    ? `no drop of ${percent(drop)} seen up to ${percent(method.highest)}`
    : `first drop at ${percent(row.curve.first_drop)}${recovers(method, row, drop) ? ' (recovers later)' : ''}`;
}

function lattice(report: Report, method: Method): HTMLElement {
  const { drop } = report.data.audit.options;
  return element('ul', { class: 'lattice' }, ...byForgetting(method).map((row) =>
    element('li', {}, element('p', {}, element('strong', {}, named(row.name)), element('span', {}, verdict(report, method, row))),
      row.curve.delta_ap.some((value) => value !== null) ? panel(method, row, drop) : element('p', { class: 'absent' }, 'no figure'))));
}

function tinted(value: Figure, judged: boolean): HTMLElement {
  const cell = element('span', { class: value === null ? 'tint absent-figure' : 'tint' }, change(value));
  if (value !== null && judged) {
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
    cell: (row) => tinted(changeAt(method, row.curve, sparsity), row.judged),
  };
}

/** What 95% bands over resamples of the patients, which hold for all sparsities of a class at once, show. */
function shown(report: Report, row: ClassRow): Node | false {
  const { verdict: said, forgotten_from, loses_from, kept_up_to } = row.curve.evidence;
  const drop = percent(report.data.audit.options.drop);
  const texts = {
    forgotten: `over ${drop} from ${percent(forgotten_from)}`,
    loses: `a loss from ${percent(loses_from)}`,
    kept: `under ${drop} up to ${percent(kept_up_to)}`,
    undecided: 'neither',
  };
  return said !== null && said !== 'insufficient evidence' && said !== 'hardly learned' && element('small', { class: 'quiet below wrapped' }, `shown: ${texts[said]}`);
}

function dense(value: Figure, intervals: Interval[] | null): Node {
  const interval = intervals?.[0] ?? null;
  return fragment(score(value), interval !== null && element('small', { class: 'quiet below' }, `${score(interval[0])} to ${score(interval[1])}`));
}

function columns(report: Report, method: Method): Column<ClassRow>[] {
  const wanted = [0.9, method.highest].filter((sparsity, index, all): sparsity is number =>
    sparsity !== null && method.pruned.some((value) => Math.abs(value - sparsity) < 1e-9) && all.indexOf(sparsity) === index);
  const number = (head: string, note: string, value: (row: ClassRow) => Figure, text: (value: Figure) => string): Column<ClassRow> =>
    ({ head, note, number: true, falling: true, value, cell: (row) => text(value(row)) });
  return [
    { head: 'Class', value: (row) => row.name, cell: (row) => named(row.name) },
    { head: 'Test patients', note: 'Patients of the test cohort who have this label on an image, and their images with it', number: true, falling: true,
      value: (row) => row.positive_patients,
      cell: (row) => fragment(count(row.positive_patients), element('small', { class: 'quiet below' }, plural(row.positives, 'image'))) },
    number('Training positives', 'Images with this label that the network was trained on', (row) => row.train_positives, count),
    { head: 'Dense AP', note: 'Average precision of the dense network, median over seeds; 95% interval over patients', number: true, falling: true,
      value: (row) => row.curve.ap_dense, cell: (row) => dense(row.curve.ap_dense, row.curve.evidence.ap) },
    { head: 'Dense AUROC', note: 'AUROC of the dense network, median over seeds; 95% interval over patients', number: true, falling: true,
      value: (row) => row.curve.auroc_dense, cell: (row) => dense(row.curve.auroc_dense, row.curve.evidence.auroc) },
    ...wanted.map((sparsity) => changeColumn(method, sparsity)),
    { head: 'Curve', value: (row) => row.curve.delta_ap.at(-1) ?? null, cell: (row) => sparkline(method, row, report.data.audit.options.drop) },
    { head: 'First drop', note: `Lowest sparsity at which the median change of AP is below ${change(-report.data.audit.options.drop)}`,
      value: (row) => (row.judged ? (row.curve.first_drop ?? 2) : 3),
      cell: (row) => fragment(row.judged && row.curve.first_drop !== null
        ? fragment(element('strong', {}, percent(row.curve.first_drop)), recovers(method, row, report.data.audit.options.drop) && ' (recovers later)')
        : element('span', { class: 'quiet' }, verdict(report, method, row)), shown(report, row)) },
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
    yAxis: valueAxis(theme, '', (value) => (value > highest + 0.01 ? 'none' : percent(value)), {
      min: 0, max: top + 0.04, interval: 0.2,
      axisLabel: { color: theme.muted, fontSize: 12, formatter: (value: number) => (value > highest + 0.01 ? 'none' : percent(value)), customValues: frequencyTicks(highest, never ? top : null) },
      splitLine: { lineStyle: { color: theme.rule } }, axisTick: { show: false, customValues: frequencyTicks(highest, never ? top : null) },
    }),
    tooltip: tip(theme, 'item', (parameters) => {
      const [training, drop, name] = (parameters as { value: [number, number, string] }).value;
      return tipBox(name, [['Training positives', count(training)], ['First drop', drop > highest + 0.01 ? `none up to ${percent(highest)}` : percent(drop)]]);
    }),
    series: [
      series('Dropped', rows.filter((row) => row.judged && row.curve.first_drop !== null), 'circle', theme.accent, false),
      series('No drop seen', rows.filter((row) => row.judged && row.curve.first_drop === null), 'triangle', theme.accent, true),
      series('Insufficient evidence, or hardly learned', rows.filter((row) => !row.judged), 'circle', theme.muted, true),
    ].filter((entry) => (entry as { data: unknown[] }).data.length > 0),
  };
}

function frequency(report: Report, method: Method): Node {
  const rows = method.classes.filter((row) => row.train_positives !== null && row.train_positives > 0 && row.curve.delta_ap.some((value) => value !== null));
  const { pearson, pearson_p: p, points } = method.audit.frequency.first_drop;
  const figures = fragment(
    element('p', { class: 'statistics' },
      `Log training positives against first drop, classes that never dropped left out: Spearman ${correlationText(report, method, 'first_drop')}`,
      pearson === null ? '. ' : `; Pearson r = ${coefficient(pearson)} (${pValue(p, points)}). `,
      `Against the change of AP at ${percent(method.highest)}: ${correlationText(report, method, 'delta_ap_at_max')}. `,
      `Against the change of AUROC there: ${correlationText(report, method, 'delta_auroc_at_max')}.`),
    element('p', { class: 'hint' }, FREQUENCY_CAVEAT));
  if (rows.length < 2) {
    return fragment(element('p', { class: 'absent' }, 'There is no chart: it takes at least two classes whose training positives are known and whose AP is measured.'), figures);
  }
  return fragment(
    element('p', { class: 'hint' }, 'A point a class: the further left, the rarer in training; the lower, the earlier the first drop.'),
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
    few > 0 && element('p', { class: 'hint' }, `Classes found in fewer than ${ENOUGH_PATIENTS} patients of the test cohort get figures but no verdict: the evidence is insufficient.`),
    method.classes.some((row) => row.enough && !row.learned) &&
      element('p', { class: 'hint' }, `Hardly learned: the dense network\u2019s AUROC is below ${LEARNED_AUROC}, so there was little to forget.`),
    element('p', { class: 'hint' }, 'Shown: by the 95% band over resamples of the test patients that holds for all sparsities of a class at once, the networks held fixed. \u201cOver 20%\u201d: the whole band lies below that loss; \u201cneither\u201d: other patients could give another answer.'),
    sortableTable(method.classes, columns(report, method), { caption: `Classes, pruned by ${method.name}. \u0394AP: relative change of AP against the dense network`, sortBy: columns(report, method).length - 1 }),
    element('h3', {}, 'Frequency and first drop'), frequency(report, method));
}
