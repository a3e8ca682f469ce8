import { chart, tip, tipBox, valueAxis, type Option } from './chart';
import { type ExemplarImage, type Method, type Report } from './data';
import { drawn, element, fragment, named } from './dom';
import { coefficient, percent, plural, times } from './format';
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
  ratio: number;
  enough: boolean;
}

function ratioOption(ratios: Ratio[], theme: Theme): Option {
  const rows = [...ratios].reverse(); // the axis counts from below
  return {
    grid: { left: 8, right: 48, top: 6, bottom: 40, containLabel: true },
    xAxis: { ...valueAxis(theme, 'as often as among other images (log scale)', (value) => `${Number(value.toFixed(2))}\u00d7`, { nameGap: 26 }), type: 'log', logBase: 2 },
    yAxis: { type: 'category', data: rows.map((row) => row.name), axisTick: { show: false }, axisLine: { show: false },
             axisLabel: { color: theme.ink, fontSize: 12, width: 150, overflow: 'truncate' } },
    tooltip: tip(theme, 'item', (parameters) => {
      const row = rows[(parameters as { dataIndex: number }).dataIndex];
      return row ? tipBox(row.name, [['Among exemplars', `${times(row.ratio)} as often`]]) : '';
    }),
    series: [{
      type: 'bar', barMaxWidth: 12, data: rows.map((row) => ({
        value: row.ratio,
        itemStyle: { color: row.enough ? (row.ratio >= 1 ? theme.warm : theme.accent) : theme.faint, borderRadius: 2 },
        label: { show: true, position: 'right', formatter: times(row.ratio), color: theme.muted, fontSize: 11 },
      })),
      markLine: { silent: true, symbol: 'none', data: [{ xAxis: 1 }], label: { show: false }, lineStyle: { color: theme.muted, type: 'solid' } },
    }],
  };
}

function ratioChart(title: string, note: string, ratios: Ratio[]): HTMLElement {
  const drawable = ratios.filter((row) => row.ratio > 0);
  const none = ratios.filter((row) => row.ratio === 0);
  return element('figure', {}, element('figcaption', {}, element('strong', {}, title), element('span', {}, note)),
    drawable.length === 0 ? element('p', { class: 'absent' }, 'There is no ratio to show.')
      : chart(58 + drawable.length * 21, `${title}. The figures are in the table below.`, (theme) => ratioOption(drawable, theme)),
    none.length > 0 && element('p', { class: 'hint' }, 'Not among the exemplars: ', none.map((row) => row.name).join(', '), '.'));
}

function common(method: Method): Node {
  const found = method.audit.exemplars;
  const classes = method.classes
    .flatMap((row) => { const ratio = found.class_ratio[row.name] ?? null; return ratio === null ? [] : [{ name: row.name, ratio, enough: row.enough }]; })
    .sort((a, b) => b.ratio - a.ratio);
  const findings = found.findings_ratio.flatMap(({ findings: name, ratio }) =>
    ratio === null ? [] : [{ name: `${name} ${name === '1' ? 'finding' : 'findings'}`, ratio, enough: true }]);
  return fragment(
    element('h3', {}, 'What exemplars have in common'),
    element('div', { class: 'duo' },
      ratioChart('Labels', 'how often a label is found among exemplars; grey: insufficient evidence', classes),
      ratioChart('Number of findings', 'how often so many labels are found on one image', findings)),
    folded('Figures behind these charts', () => plainTable('Exemplars compared with other images', ['What', 'Ratio'],
      [...method.classes.map((row) => [row.name, times(found.class_ratio[row.name] ?? null)]),
       ...found.findings_ratio.map((entry) => [`${entry.findings} findings`, times(entry.ratio)])])));
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
    gallery(report, method), common(method));
}
