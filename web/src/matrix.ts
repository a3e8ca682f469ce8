// Who occurs with whom: the matrix of co-occurrence, a square a pair of classes.
import type { ClassPair, ClassRow, Figure, Method } from './data';
import { drawn, element } from './dom';
import { fileName } from './download';
import { drawnFigure } from './figure';
import { ABSENT, count, score } from './format';
import { say } from './language';
import { pairColumns } from './pairs';

interface Measure {
  key: string;
  name: string;
  of: (pair: ClassPair) => Figure;
  text: (value: Figure) => string;
  shade: (value: number, highest: number) => number; // 0 to 1
}

function measures(): Measure[] {
  return [
    { key: 'iou', name: say('IoU (images with both, as a share of images with either)', 'IoU（どちらかの画像に占める両方の画像の割合）'), of: (pair) => pair.iou, text: score,
      shade: (value, highest) => Math.sqrt(value / highest) },
    { key: 'together', name: say('Images with both', '両方を示す画像数'), of: (pair) => pair.together, text: count, shade: (value, highest) => Math.log1p(value) / Math.log1p(highest) },
    { key: 'fcd', name: say('FCD (distance between forgettability curves)', 'FCD（忘却曲線の非類似度）'), of: (pair) => pair.fcd, text: score, shade: (value, highest) => value / highest },
  ];
}

const NAMES = 152; // room for names at the left and on top
const SIDE = 22;
const LONGEST = 20;

function short(name: string): string {
  const letters = [...name];
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join('')}\u2026` : name;
}

function nameTexts(rows: ClassRow[]): SVGElement[] {
  return rows.flatMap((row, index) => {
    const middle = NAMES + (index + 0.5) * SIDE;
    return [
      drawn('text', { x: NAMES - 6, y: middle + 4, 'text-anchor': 'end' }, document.createTextNode(short(row.name))),
      drawn('text', { x: 0, y: 0, transform: `translate(${middle + 4} ${NAMES - 6}) rotate(-60)` }, document.createTextNode(short(row.name))),
    ];
  });
}

function square(row: number, column: number, opacity: number | null, label: string): SVGElement {
  return drawn('rect', {
    class: opacity === null ? 'square unknown' : 'square', x: NAMES + column * SIDE + 0.5, y: NAMES + row * SIDE + 0.5, width: SIDE - 1, height: SIDE - 1,
    ...(opacity === null ? {} : { 'fill-opacity': opacity.toFixed(3) }),
  }, drawn('title', {}, document.createTextNode(label)));
}

/** Rows and columns from the most frequent class to the rarest. */
function drawing(method: Method, measure: Measure): SVGElement {
  const rows = [...method.classes].sort((a, b) => b.positives - a.positives);
  const at = new Map(rows.map((row, index) => [row.name, index]));
  const highest = Math.max(1e-9, ...method.audit.pairs.map((pair) => measure.of(pair) ?? 0));
  const squares = method.audit.pairs.flatMap((pair) => {
    const [a, b] = [at.get(pair.a), at.get(pair.b)];
    if (a === undefined || b === undefined) {
      return [];
    }
    const value = measure.of(pair);
    const opacity = value === null ? null : Math.max(0.03, measure.shade(value, highest));
    const label = `${pair.a} \u00b7 ${pair.b}: ${measure.text(value)}`;
    return [square(a, b, opacity, label), square(b, a, opacity, label)];
  });
  const diagonal = rows.map((row, index) => drawn('rect', { class: 'diagonal', x: NAMES + index * SIDE + 0.5, y: NAMES + index * SIDE + 0.5, width: SIDE - 1, height: SIDE - 1 },
    drawn('title', {}, document.createTextNode(`${row.name}: ${count(row.positives)}`))));
  const side = NAMES + rows.length * SIDE + 4;
  return drawn('svg', { class: 'matrix', viewBox: `0 0 ${side + 60} ${side}` }, ...nameTexts(rows), ...squares, ...diagonal);
}

function scale(method: Method, measure: Measure): HTMLElement {
  const highest = Math.max(0, ...method.audit.pairs.map((pair) => measure.of(pair) ?? 0));
  return element('p', { class: 'scale' }, measure.text(0), element('span', { class: 'ramp', 'aria-hidden': 'true' }), method.audit.pairs.length === 0 ? ABSENT : measure.text(highest));
}

export function cooccurrenceMatrix(method: Method): HTMLElement {
  const choices = measures();
  const select = element('select', { id: 'matrix-measure' }, ...choices.map((measure) => element('option', { value: measure.key }, measure.name)));
  const holder = element('div');
  const draw = (): void => {
    const measure = choices.find(({ key }) => key === select.value) ?? choices[0];
    if (!measure) {
      return;
    }
    const picture = drawing(method, measure);
    picture.setAttribute('role', 'img');
    picture.setAttribute('aria-label', say('Co-occurrence matrix; the figures are in the table below it', '共起行列。数値は下の表にある'));
    holder.replaceChildren(drawnFigure({
      title: say('Co-occurrence matrix', '共起行列'),
      note: say(`Darker: more. Classes from the most frequent to the rarest; ${measure.name}.`, `濃いほど大きい。クラスは頻度の高い順。指標: ${measure.name}。`),
      file: fileName('co-occurrence', measure.key), picture: element('div', { class: 'matrix-frame', role: 'group', tabindex: '0', 'aria-label': say('Co-occurrence matrix', '共起行列') }, picture, scale(method, measure)),
      svg: () => drawing(method, measure),
      behind: { caption: say('All pairs of classes', 'すべてのクラスの組'), rows: method.audit.pairs, columns: pairColumns(), sortBy: 'iou' } }));
  };
  select.addEventListener('change', draw);
  draw();
  return element('div', {}, element('label', { class: 'choose screen', for: 'matrix-measure' }, element('span', {}, say('Show', '表示')), select), holder);
}
