import { chart, tip, tipBox, valueAxis, type Option } from './chart';
import { constantOrder, enoughExemplars, type ExemplarCount, type ExemplarImage, type Figure, type Method, type Report } from './data';
import { drawn, element, fragment, named } from './dom';
import { coefficient, count, percent, plural, times } from './format';
import { folded, plainTable } from './table';
import type { Theme } from './theme';

const AT_FIRST = 24;
const CHANGES = 4;

interface ScoreChange {
  name: string;
  dense: number;
  pruned: number;
  labelled: boolean;
}

function largestChanges(method: Method, image: ExemplarImage, labels: string[]): ScoreChange[] {
  return method.classes
    .map((row, index) => ({ name: row.name, dense: image.dense[index] ?? 0, pruned: image.pruned[index] ?? 0, labelled: labels.includes(row.name) }))
    .sort((a, b) => Math.abs(b.pruned - b.dense) - Math.abs(a.pruned - a.dense))
    .slice(0, CHANGES);
}

/** From the dense score (ring) to the pruned one (dot) on a line from 0 to 1. */
function slide(change: ScoreChange): SVGElement {
  const x = (value: number): number => 6 + value * 188;
  const fell = change.pruned < change.dense;
  return drawn('svg', { class: `slide ${fell ? 'fell' : 'rose'}`, viewBox: '0 0 200 12', 'aria-hidden': 'true' },
    drawn('line', { class: 'track', x1: 6, x2: 194, y1: 6, y2: 6 }),
    drawn('line', { class: 'move', x1: x(change.dense), x2: x(change.pruned), y1: 6, y2: 6 }),
    drawn('circle', { class: 'from', cx: x(change.dense), cy: 6, r: 3.4 }),
    drawn('circle', { class: 'to', cx: x(change.pruned), cy: 6, r: 3.6 }));
}

function changeList(changes: ScoreChange[]): HTMLElement {
  return element('ul', { class: 'changes' }, ...changes.map((change) =>
    element('li', {},
      element('span', { class: change.labelled ? 'name labelled' : 'name' }, named(change.name),
        change.labelled && element('span', { class: 'sr' }, ' (labelled)')),
      element('span', { class: 'values' }, `${change.dense.toFixed(2)} \u2192 ${change.pruned.toFixed(2)}`),
      slide(change))));
}

function labelList(labels: string[] | undefined): HTMLElement {
  if (labels === undefined) {
    return element('p', { class: 'labels quiet' }, 'labels not given');
  }
  if (labels.length === 0) {
    return element('p', { class: 'labels quiet' }, 'no finding labelled');
  }
  return element('ul', { class: 'labels', 'aria-label': 'Labels' }, ...labels.map((label) => element('li', {}, named(label))));
}

function exemplarCard(report: Report, method: Method, image: ExemplarImage): HTMLElement {
  const picture = report.pictures.get(image.id);
  const labels = report.findings.get(image.id);
  return element('li', { class: 'exemplar' },
    element('div', { class: 'picture' }, picture === undefined
      ? element('span', { class: 'absent' }, 'no picture')
      : element('img', { src: picture, alt: `Exemplar ${image.rank}: ${image.id}`, decoding: 'async' })),
    element('div', { class: 'about' },
      element('p', { class: 'who' }, element('strong', {}, `#${image.rank}`), ' ', element('bdi', { class: 'id' }, image.id)),
      element('p', { class: 'correlation' }, 'rank correlation ', element('strong', {}, coefficient(image.correlation))),
      labelList(labels),
      changeList(largestChanges(method, image, labels ?? []))));
}

function gallery(report: Report, method: Method): Node {
  const { images } = method.audit.exemplars;
  const list = element('ul', { class: 'gallery' }, ...images.slice(0, AT_FIRST).map((image) => exemplarCard(report, method, image)));
  const rest = images.slice(AT_FIRST);
  if (rest.length === 0) {
    return list;
  }
  const more = element('button', { type: 'button', class: 'more' }, `Show the other ${plural(rest.length, 'exemplar')}`);
  more.addEventListener('click', () => {
    const cards = rest.map((image) => exemplarCard(report, method, image));
    list.append(...cards);
    more.remove();
    cards[0]?.setAttribute('tabindex', '-1');
    cards[0]?.focus();
  });
  return fragment(list, more);
}

interface Ratio {
  name: string;
  ratio: Figure; // null: no ratio, or on no other image
  count: ExemplarCount;
  all: number; // exemplars
  enough: boolean;
}

/** "12 of 250 exemplars, 2.4x as often" */
function inWords({ ratio, count: found, all }: Ratio): string {
  return `${count(found.exemplars)} of ${plural(all, 'exemplar')}, ${ratio === null ? 'only among exemplars' : `${times(ratio)} as often`}`;
}

function ratioOption(ratios: Ratio[], theme: Theme): Option {
  const rows = [...ratios].reverse(); // the axis counts from below
  return {
    grid: { left: 8, right: 112, top: 6, bottom: 40, containLabel: true },
    xAxis: { ...valueAxis(theme, 'as often as among other images (log scale)', (value) => `${Number(value.toFixed(2))}\u00d7`, { nameGap: 26 }), type: 'log', logBase: 2 },
    yAxis: { type: 'category', data: rows.map((row) => row.name), axisTick: { show: false }, axisLine: { show: false },
             axisLabel: { color: theme.ink, fontSize: 12, width: 150, overflow: 'truncate' } },
    tooltip: tip(theme, 'item', (parameters) => {
      const row = rows[(parameters as { dataIndex: number }).dataIndex];
      return row ? tipBox(row.name, [['Among exemplars', inWords(row)], ['Patients', count(row.count.patients)]]) : '';
    }),
    series: [{
      type: 'bar', barMaxWidth: 12, data: rows.map((row) => ({
        value: row.ratio,
        itemStyle: { color: row.enough ? ((row.ratio ?? 0) >= 1 ? theme.warm : theme.accent) : theme.faint, borderRadius: 2 },
        label: { show: true, position: 'right', formatter: `${times(row.ratio)} (${row.count.exemplars} of ${row.all})`, color: theme.muted, fontSize: 11 },
      })),
      markLine: { silent: true, symbol: 'none', data: [{ xAxis: 1 }], label: { show: false }, lineStyle: { color: theme.muted, type: 'solid' } },
    }],
  };
}

function ratioChart(title: string, note: string, ratios: Ratio[]): HTMLElement {
  const drawable = ratios.filter((row) => row.ratio !== null && row.ratio > 0);
  const only = ratios.filter((row) => row.ratio === null && row.count.exemplars > 0);
  const none = ratios.filter((row) => row.count.exemplars === 0);
  return element('figure', {}, element('figcaption', {}, element('strong', {}, title), element('span', {}, note)),
    drawable.length === 0 ? element('p', { class: 'absent' }, 'There is no ratio to show.')
      : chart(58 + drawable.length * 21, `${title}. The figures are in the table below.`, (theme) => ratioOption(drawable, theme)),
    only.length > 0 && element('p', { class: 'hint' }, 'Only among exemplars: ', only.map((row) => `${row.name} (${row.count.exemplars} of ${row.all})`).join(', '), '.'),
    none.length > 0 && element('p', { class: 'hint' }, 'Not among the exemplars: ', none.map((row) => row.name).join(', '), '.'));
}

function common(report: Report, method: Method): Node {
  const heading = element('h3', {}, 'What exemplars have in common');
  const constant = constantOrder(report, method);
  if (constant !== null) {
    return fragment(heading, element('p', { class: 'absent' }, `Not shown: ${constant}.`));
  }
  const found = method.audit.exemplars;
  const ratio = (name: string, value: Figure, counted: ExemplarCount, enough: boolean): Ratio =>
    ({ name, ratio: value, count: counted, all: found.count, enough: enough && enoughExemplars(counted) });
  const falling = (row: Ratio): number => row.ratio ?? (row.count.exemplars > 0 ? Infinity : -1);
  const classes = method.classes.map((row) =>
    ratio(row.name, found.class_ratio[row.name] ?? null, found.class_counts[row.name] ?? { exemplars: 0, patients: 0 }, row.enough))
    .sort((a, b) => (falling(a) === falling(b) ? 0 : falling(b) - falling(a)));
  const findings = found.findings_ratio.map((entry) =>
    ratio(`${entry.findings} ${entry.findings === '1' ? 'finding' : 'findings'}`, entry.ratio, entry, true));
  return fragment(
    heading,
    element('div', { class: 'duo' },
      ratioChart('Labels', 'how often a label is found among exemplars; grey: too few exemplars or patients with it', classes),
      ratioChart('Number of findings', 'how often so many labels are found on one image; grey: too few', findings)),
    folded('Figures behind these charts', () => plainTable('Exemplars compared with other images', ['What', 'Exemplars', 'Patients', 'Ratio'],
      [...classes, ...findings].map((row) => [row.name, `${count(row.count.exemplars)} of ${count(row.all)}`, count(row.count.patients),
        row.ratio === null && row.count.exemplars > 0 ? 'only among exemplars' : times(row.ratio)]))));
}

export function imageSection(report: Report, method: Method): Node {
  const found = method.audit.exemplars;
  if (found.images.length === 0) {
    return element('p', { class: 'absent' }, 'There are no exemplars for this method; the notes in the method section say why.');
  }
  const missing = found.images.filter((image) => !report.pictures.has(image.id)).length;
  return fragment(
    element('p', { class: 'lead' }, `The ${percent(report.data.audit.options.exemplar_fraction)} of images whose scores change their order most between the dense network and the one at `,
      `${percent(found.sparsity)} sparsity (${method.name}), averaged over seeds. The lower the rank correlation, the more the image has changed.`),
    element('p', { class: 'hint' }, 'Under each picture: the largest changes of score, from the dense network (ring) to the pruned one (dot); a marked name is a label of the image.'),
    missing > 0 && element('p', { class: 'absent' }, missing === found.images.length
      ? 'This report was made without pictures.' : `${plural(missing, 'exemplar')} without a picture.`),
    gallery(report, method), common(report, method));
}
