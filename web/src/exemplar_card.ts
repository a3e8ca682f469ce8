// One exemplar: its picture, labels, scores before and after, flips, and how it breaks as sparsity rises.
import { attentionMaps } from './attention';
import type { ExemplarImage, Figure, Flip, Method, Report } from './data';
import { drawn, element, fragment, named } from './dom';
import { coefficient, count, percent } from './format';
import { say } from './language';

const CHANGES = 4;

interface ScoreChange {
  name: string;
  dense: number;
  pruned: number;
  threshold: Figure; // the operating point, median over seeds
  labelled: boolean;
}

/** The middle of the seeds' thresholds, a class. */
export function medianThresholds(report: Report, method: Method): Map<string, number> {
  const bySeeds = new Map<string, number[]>();
  for (const { class: name, threshold } of method.audit.operating_points) {
    if (threshold !== null) {
      bySeeds.set(name, [...(bySeeds.get(name) ?? []), threshold]);
    }
  }
  if (report.data.audit.options.operating_point === null) {
    return new Map(method.classes.map((row) => [row.name, report.data.audit.options.threshold]));
  }
  return new Map([...bySeeds].map(([name, values]) => {
    const sorted = values.sort((a, b) => a - b);
    const middle = (sorted.length - 1) / 2;
    return [name, ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2];
  }));
}

/** Classes that flipped first, then those whose score changed most. */
function largestChanges(method: Method, image: ExemplarImage, labels: string[], thresholds: Map<string, number>): ScoreChange[] {
  const flipped = new Set((image.flips ?? []).map((flip) => flip.class));
  return method.classes
    .map((row, index) => ({ name: row.name, dense: image.dense[index] ?? 0, pruned: image.pruned[index] ?? 0, threshold: thresholds.get(row.name) ?? null, labelled: labels.includes(row.name) }))
    .sort((a, b) => Number(flipped.has(b.name)) - Number(flipped.has(a.name)) || Math.abs(b.pruned - b.dense) - Math.abs(a.pruned - a.dense))
    .slice(0, Math.max(CHANGES, Math.min(flipped.size, CHANGES + 2)));
}

/** From the dense score (ring) to the pruned one (dot) on a line from 0 to 1, with the operating point (bar). */
function slide(change: ScoreChange): SVGElement {
  const x = (value: number): number => 6 + value * 188;
  const fell = change.pruned < change.dense;
  return drawn('svg', { class: `slide ${fell ? 'fell' : 'rose'}`, viewBox: '0 0 200 12', 'aria-hidden': 'true' },
    drawn('line', { class: 'track', x1: 6, x2: 194, y1: 6, y2: 6 }),
    ...(change.threshold === null ? [] : [drawn('line', { class: 'point', x1: x(change.threshold), x2: x(change.threshold), y1: 1, y2: 11 })]),
    drawn('line', { class: 'move', x1: x(change.dense), x2: x(change.pruned), y1: 6, y2: 6 }),
    drawn('circle', { class: 'from', cx: x(change.dense), cy: 6, r: 3.4 }),
    drawn('circle', { class: 'to', cx: x(change.pruned), cy: 6, r: 3.6 }));
}

function changeList(changes: ScoreChange[]): HTMLElement {
  return element('ul', { class: 'changes' }, ...changes.map((change) =>
    element('li', {},
      element('span', { class: change.labelled ? 'name labelled' : 'name' }, named(change.name),
        change.labelled && element('span', { class: 'sr' }, say(' (labelled)', '（ラベルあり）'))),
      element('span', { class: 'values' }, `${change.dense.toFixed(2)} \u2192 ${change.pruned.toFixed(2)}`,
        change.threshold !== null && element('span', { class: 'sr' }, say(`, operating point ${change.threshold.toFixed(2)}`, `、動作点${change.threshold.toFixed(2)}`))),
      slide(change))));
}

function labelList(labels: string[] | undefined): HTMLElement {
  if (labels === undefined) {
    return element('p', { class: 'labels quiet' }, say('labels not given', 'ラベルなし（不明）'));
  }
  if (labels.length === 0) {
    return element('p', { class: 'labels quiet' }, say('no finding labelled', '所見ラベルなし'));
  }
  return element('ul', { class: 'labels', 'aria-label': say('Labels', 'ラベル') }, ...labels.map((label) => element('li', {}, named(label))));
}

export function directionText(direction: Flip['direction']): string {
  return direction === 'lost' ? say('no longer called', '検出されず') : say('newly called', '新たに検出');
}

/** A line a direction: the classes, each with the seeds that agree. */
function flipList(report: Report, flips: Flip[] | undefined): HTMLElement | null {
  if (flips === undefined || flips.length === 0) {
    return flips === undefined ? null : element('p', { class: 'quiet' }, say('no call flips', '判定の反転なし'));
  }
  const seeds = report.data.audit.seeds.length;
  const line = (direction: Flip['direction']): HTMLElement | false => {
    const turned = flips.filter((flip) => flip.direction === direction);
    const names = turned.map((flip) => fragment(named(flip.class), seeds > 1 && element('span', { class: 'quiet' }, ` ${flip.seeds}/${seeds}`)));
    return turned.length > 0 && element('li', { class: direction }, element('span', { 'aria-hidden': 'true' }, direction === 'lost' ? '\u25bc ' : '\u25b2 '),
      directionText(direction), say(': ', ': '), ...names.flatMap((name, index): Node[] => (index === 0 ? [name] : [document.createTextNode(say(', ', '、')), name])));
  };
  return element('ul', { class: 'flips', 'aria-label': say('Flips', '判定の反転') }, line('lost'), line('gained'));
}

/** Rank correlation with the dense network, from 1 at the top to the line at 0, as sparsity rises to the right. */
function vulnerability(method: Method, image: ExemplarImage): HTMLElement | null {
  const { curve } = image;
  if (curve === undefined || curve.length < 2) {
    return null;
  }
  const low = Math.min(0, ...curve.map((value) => value ?? 0));
  const x = (sparsity: number): number => 4 + sparsity * 152;
  const y = (value: number): number => 4 + ((1 - value) / (1 - low)) * 30;
  const known = curve.flatMap((value, step) => (value === null ? [] : [`${x(method.pruned[step] ?? 0).toFixed(1)},${y(value).toFixed(1)}`]));
  const text = curve.map((value, step) => `${percent(method.pruned[step] ?? null)}: ${coefficient(value)}`).join(say(', ', '、'));
  return element('p', { class: 'vulnerability' },
    drawn('svg', { class: 'spark', viewBox: '0 0 160 38', role: 'img', 'aria-label': say(`Vulnerability curve: ${text}`, `脆弱性曲線: ${text}`) },
      drawn('title', {}, document.createTextNode(text)),
      drawn('line', { class: 'zero', x1: 4, x2: 156, y1: y(0), y2: y(0) }),
      drawn('path', { class: 'curve', d: `M${x(0)},${y(1)}L${known.join('L')}` })),
    element('span', { class: 'quiet' }, say('rank correlation, by sparsity', 'スパース率ごとの順位相関')));
}

export function exemplarCard(report: Report, method: Method, image: ExemplarImage, thresholds: Map<string, number>): HTMLElement {
  const picture = report.pictures.get(image.id);
  const labels = report.findings.get(image.id);
  const site = report.sites.get(image.id);
  return element('li', { class: 'exemplar' },
    element('div', { class: 'picture' }, picture === undefined
      ? element('span', { class: 'absent' }, say('no picture', '画像なし'))
      : element('img', { src: picture, alt: say(`Exemplar ${image.rank}`, `例示画像${image.rank}`), decoding: 'async', loading: 'lazy' })),
    element('div', { class: 'about' },
      element('p', { class: 'who' }, element('strong', {}, `#${count(image.rank)}`),
        report.data.image_ids !== 'left out' && fragment(' ', element('bdi', { class: 'id' }, image.id))),
      element('p', { class: 'correlation' }, say('rank correlation ', '順位相関 '), element('strong', {}, coefficient(image.correlation)),
        site !== undefined && site !== '' && element('span', {}, say(' \u00b7 site ', ' \u00b7 施設 '), named(site))),
      labelList(labels), flipList(report, image.flips),
      changeList(largestChanges(method, image, labels ?? [], thresholds)),
      attentionMaps(report, method, image),
      vulnerability(method, image)));
}

