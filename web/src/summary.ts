import { comparable, leadingMethod, macroChange, ENOUGH_POSITIVES, type ClassRow, type Figure, type Method, type Report } from './data';
import { element, fragment, listed, named, strong, type Child } from './dom';
import { change, coefficient, count, percent, plural, pValue, score, times } from './format';

const NEAR = 0.05; // "close to the dense network" in the summary: within this share of its macro AP
const LISTED = 5;

/** The highest sparsity up to which macro AP stays within NEAR of the dense network's; null where none or unknown. */
export function closeUpTo(method: Method): number | null {
  let last: number | null = null;
  for (const { sparsity, change: changed } of macroChange(method)) {
    if (changed === null || changed < -NEAR) {
      break;
    }
    last = sparsity > 0 ? sparsity : last;
  }
  return last;
}

export function forgotten(method: Method): ClassRow[] {
  return method.classes
    .filter((row) => row.enough && row.curve.first_drop !== null)
    .sort((a, b) => (a.curve.first_drop ?? 0) - (b.curve.first_drop ?? 0) || (a.curve.delta_ap.at(-1) ?? 0) - (b.curve.delta_ap.at(-1) ?? 0));
}

/** Classes whose change of AP is known and that never lost the share that counts as forgotten. */
export function kept(method: Method): ClassRow[] {
  return method.classes.filter((row) => row.enough && row.curve.first_drop === null && row.curve.delta_ap.some((value) => value !== null));
}

function card(title: string, ...children: Child[]): HTMLElement {
  return element('article', { class: 'card' }, element('h3', {}, title), ...children);
}

function paragraph(...children: Child[]): HTMLElement {
  return element('p', {}, ...children);
}

function overallSentence(method: Method): HTMLElement {
  const changes = macroChange(method).filter(({ sparsity }) => sparsity > 0);
  const close = closeUpTo(method);
  const [first] = changes;
  const last = changes[changes.length - 1];
  if (!first || !last || !comparable(method)) {
    return paragraph('How pruning by ', named(method.name), ' changes macro AP cannot be said: there is no figure for it.');
  }
  return paragraph(
    'Pruned by ', named(method.name), ', macro AP ',
    close === null
      ? first.change === null
        ? fragment('is not known at ', percent(first.sparsity), ' sparsity')
        : fragment('has changed by ', strong(change(first.change)), ' already at ', strong(percent(first.sparsity)), ' sparsity')
      : fragment('stays within ', percent(NEAR), ' of the dense network up to ', strong(percent(close)), ' sparsity'),
    last.change === null || last === first || last.sparsity === close ? '.' : fragment('; at ', percent(last.sparsity), ' it has changed by ', strong(change(last.change)), '.'),
  );
}

function otherMethods(report: Report, method: Method): HTMLElement | null {
  const others = report.methods.filter((other) => other !== method);
  if (others.length === 0) {
    return null;
  }
  const parts = others.map((other) => {
    const close = closeUpTo(other);
    const reach = close === null ? 'at none of its sparsities' : `up to ${percent(close)}`;
    return fragment(named(other.name), ` ${comparable(other) ? reach : '(not known)'}`);
  });
  return paragraph('For comparison, within the same ', percent(NEAR), ': ', listed(parts), '.');
}

function overallCard(report: Report, method: Method): HTMLElement {
  const dense = method.audit.macro[0];
  const measured = method.classes.filter((row) => row.curve.ap_dense !== null).length;
  return card(
    'How does it do overall?',
    dense && dense.auroc !== null
      ? paragraph('The dense network reaches a macro AUROC of ', strong(score(dense.auroc)), ' and a macro AP of ', strong(score(dense.ap)),
          ` over ${plural(measured, 'class', 'classes')}.`)
      : paragraph('The dense network has no macro AUROC here: no class can be measured.'),
    overallSentence(method),
    otherMethods(report, method),
  );
}

function insufficientSentence(method: Method): HTMLElement | null {
  const few = method.classes.filter((row) => !row.enough);
  if (few.length === 0) {
    return null;
  }
  const names = few.map((row) => fragment(named(row.name), ` (${row.positives})`));
  return element('p', { class: 'insufficient' },
    strong('Insufficient evidence'), ` for ${plural(few.length, 'class', 'classes')} with fewer than ${ENOUGH_POSITIVES} positive test images: `,
    listed(names), '. No verdict is given on ', few.length === 1 ? 'it.' : 'them.');
}

function classCard(report: Report, method: Method): HTMLElement {
  const lost = forgotten(method);
  const safe = kept(method);
  const drop = percent(report.data.audit.options.drop);
  const first = lost.slice(0, LISTED).map((row) => fragment(strong(row.name), ` (at ${percent(row.curve.first_drop)})`));
  return card(
    'Which classes are forgotten first?',
    lost.length > 0
      ? paragraph('With ', named(method.name), ', the first to lose more than ', drop, ' of their AP: ', listed(first), '.')
      : paragraph(safe.length > 0
          ? `No class with enough evidence loses more than ${drop} of its AP at any sparsity tried.`
          : 'No class has enough evidence for an answer.'),
    lost.length + safe.length > 0 &&
      paragraph(`Classes with enough evidence: ${lost.length + safe.length}. Below that line by ${percent(method.highest)} sparsity: ${lost.length}; never below it: ${safe.length}.`),
    frequencySentence(method),
  );
}

export function frequencySentence(method: Method): HTMLElement {
  const { spearman, spearman_p: p, points } = method.audit.frequency.first_drop;
  if (spearman === null) {
    return paragraph('Whether rare classes are forgotten earlier cannot be said: too few classes dropped, or training counts are not known.');
  }
  const figures = ` (\u03c1 = ${coefficient(spearman)}, ${pValue(p)}, ${plural(points, 'class', 'classes')} that dropped)`;
  if (p === null || p >= 0.05) {
    return paragraph('No clear relation between training frequency and first drop', figures, '.');
  }
  return paragraph(spearman > 0 ? 'Classes that are rare in training are forgotten earlier' : 'Classes that are frequent in training are forgotten earlier', figures, '.');
}

function imageCard(method: Method): HTMLElement {
  const found = method.audit.exemplars;
  if (found.count === 0) {
    return card('Which images break?', paragraph('No exemplars were sought or found for ', named(method.name), '.'));
  }
  const ratios = method.classes
    .filter((row) => row.enough)
    .map((row) => ({ name: row.name, ratio: found.class_ratio[row.name] ?? null }))
    .filter((entry): entry is { name: string; ratio: number } => entry.ratio !== null && entry.ratio > 1)
    .sort((a, b) => b.ratio - a.ratio)
    .slice(0, 3);
  const many = found.findings_ratio.find((entry) => entry.findings === '4+')?.ratio ?? null;
  return card(
    'Which images break?',
    paragraph(strong(plural(found.count, 'image')), ` whose order of scores changes most at ${percent(found.sparsity)} sparsity`,
      found.threshold === null ? '' : ` (rank correlation with the dense network at most ${coefficient(found.threshold)})`, ' are shown as exemplars.'),
    found.count < ENOUGH_POSITIVES && paragraph('Too few to say what they have in common.'),
    found.count >= ENOUGH_POSITIVES && ratios.length > 0 &&
      paragraph('Among them, compared with all other images: ', listed(ratios.map((entry) => fragment(strong(entry.name), ` ${times(entry.ratio)} as often`))), '.'),
    found.count >= ENOUGH_POSITIVES && many !== null && paragraph('Images with four or more findings: ', strong(`${times(many)}`), ' as often.'),
  );
}

function tile(value: string, label: Child): HTMLElement {
  return element('div', { class: 'tile' }, element('dt', {}, label), element('dd', {}, value));
}

function scoreOrWords(value: Figure): string {
  return value === null ? 'not known' : score(value);
}

function tiles(method: Method): HTMLElement {
  const dense = method.audit.macro[0];
  const lost = forgotten(method).length;
  const known = lost + kept(method).length;
  const close = closeUpTo(method);
  return element('dl', { class: 'tiles' },
    tile(scoreOrWords(dense?.auroc ?? null), 'Macro AUROC, dense'),
    tile(scoreOrWords(dense?.ap ?? null), 'Macro AP, dense'),
    tile(close === null ? (comparable(method) ? 'none' : 'not known') : percent(close), `Highest sparsity with macro AP within ${percent(NEAR)}`),
    tile(known === 0 ? 'not known' : `${lost} of ${known}`, 'Classes forgotten at some sparsity'),
    tile(count(method.audit.exemplars.count), `Exemplar images at ${percent(method.audit.exemplars.sparsity)}`));
}

export function summarySection(report: Report, method: Method): Node {
  const leading = leadingMethod(report.methods);
  return fragment(
    report.methods.length > 1 &&
      element('p', { class: 'shown' }, 'Shown: ', strong(method.name),
        method === leading && comparable(method) ? ', the method that keeps most macro AP over its sparsities.' : '.'),
    tiles(method),
    element('div', { class: 'cards' }, overallCard(report, method), classCard(report, method), imageCard(method)),
    insufficientSentence(method));
}
