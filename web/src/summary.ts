import {
  comparable, constantOrder, enoughExemplars, leadingMethod, macroChange, noteAt, recovers, ENOUGH_PATIENTS, LEARNED_AUROC,
  type ClassRow, type Correlation, type Figure, type Method, type Report,
} from './data';
import { element, fragment, listed, named, strong, type Child } from './dom';
import { change, coefficient, count, percent, plural, pValue, score, times } from './format';

const NEAR = 0.05; // "close to the dense network" in the summary: within this share of its macro AP
const LISTED = 5;
const ENOUGH_EXEMPLARS_IN_ALL = 20; // to say what they have in common

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
    .filter((row) => row.judged && row.curve.first_drop !== null)
    .sort((a, b) => (a.curve.first_drop ?? 0) - (b.curve.first_drop ?? 0) || (a.curve.delta_ap.at(-1) ?? 0) - (b.curve.delta_ap.at(-1) ?? 0));
}

/** Classes whose change of AP is known and that never lost the share that counts as forgotten. */
export function kept(method: Method): ClassRow[] {
  return method.classes.filter((row) => row.judged && row.curve.first_drop === null && row.curve.delta_ap.some((value) => value !== null));
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
  const names = few.map((row) => fragment(named(row.name), ` (${row.positive_patients})`));
  return element('p', { class: 'insufficient' },
    strong('Insufficient evidence'), ` for ${plural(few.length, 'class', 'classes')} found in fewer than ${ENOUGH_PATIENTS} patients of the test cohort: `,
    listed(names), '. No verdict is given on ', few.length === 1 ? 'it.' : 'them.');
}

function hardlyLearnedSentence(method: Method): HTMLElement | null {
  const rows = method.classes.filter((row) => row.enough && !row.learned);
  return rows.length === 0 ? null : paragraph(`Hardly learned (dense AUROC below ${LEARNED_AUROC}), so neither kept nor forgotten: `,
    listed(rows.map((row) => named(row.name))), '.');
}

function classCard(report: Report, method: Method): HTMLElement {
  const lost = forgotten(method);
  const safe = kept(method);
  const drop = percent(report.data.audit.options.drop);
  const first = lost.slice(0, LISTED).map((row) => fragment(strong(row.name),
    ` (at ${percent(row.curve.first_drop)}${recovers(method, row, report.data.audit.options.drop) ? ', recovers later' : ''})`));
  return card(
    'Which classes are forgotten first?',
    lost.length > 0
      ? paragraph('With ', named(method.name), ', the first to lose more than ', drop, ' of their AP: ', listed(first), '.')
      : paragraph(safe.length > 0
          ? `No class that can be judged loses more than ${drop} of its AP at any sparsity tried.`
          : 'No class can be judged.'),
    lost.length + safe.length > 0 &&
      paragraph(`Classes that can be judged: ${lost.length + safe.length}. Below that line at some sparsity up to ${percent(method.highest)}: ${lost.length}; no such drop seen: ${safe.length}.`),
    hardlyLearnedSentence(method),
    frequencySentence(report, method),
  );
}

/** A correlation with training frequency: its coefficient with the number of classes, or why there is none. */
export function correlationText(report: Report, method: Method, key: keyof Method['audit']['frequency']): string {
  const found: Correlation = method.audit.frequency[key];
  if (found.spearman === null) {
    const where = `methods.${method.name}.frequency`;
    const why = noteAt(report, where) ?? noteAt(report, `${where}.${key}`);
    return `no correlation can be had${why === null ? '' : ` (${why})`}`;
  }
  return `\u03c1 = ${coefficient(found.spearman)} over ${plural(found.points, 'class', 'classes')} (${pValue(found.spearman_p, found.points)})`;
}

/** What a reader must know before reading a correlation with frequency as forgetting. */
export const FREQUENCY_CAVEAT =
  'A p-value takes classes as independent, though they share images. AP\u2019s chance level is the prevalence, so an equal loss of discrimination ' +
  'gives a larger relative loss of AP in a rarer class; AUROC has no such floor.';

function frequencySentence(report: Report, method: Method): Node {
  return fragment(paragraph('Log training frequency against first drop: ', correlationText(report, method, 'first_drop'),
    '; classes that never dropped are left out. Against the change of AUROC at ', percent(method.highest), ': ',
    correlationText(report, method, 'delta_auroc_at_max'), '.'),
    element('p', { class: 'hint' }, FREQUENCY_CAVEAT));
}

function imageCard(report: Report, method: Method): HTMLElement {
  const found = method.audit.exemplars;
  if (found.count === 0) {
    return card('Which images break?', paragraph('No exemplars were sought or found for ', named(method.name), '.'));
  }
  const constant = constantOrder(report, method);
  const known = constant === null && found.count >= ENOUGH_EXEMPLARS_IN_ALL;
  return card(
    'Which images break?',
    paragraph(strong(plural(found.count, 'image')), ` whose order of scores changes most at ${percent(found.sparsity)} sparsity`,
      found.threshold === null ? '' : ` (rank correlation with the dense network at most ${coefficient(found.threshold)})`, ' are shown as exemplars.'),
    constant !== null && paragraph(sentence(constant)),
    constant === null && !known && paragraph('Too few to say what they have in common.'),
    known && frequentLabels(method),
    known && manyFindings(method),
  );
}

/** A ratio in words; null, with an exemplar counted, means that no other image has it. */
function howOften(ratio: Figure): string {
  return ratio === null ? 'only among exemplars' : `${times(ratio)} as often as among other images`;
}

function frequentLabels(method: Method): HTMLElement | null {
  const found = method.audit.exemplars;
  const ratioOf = (row: ClassRow): number => found.class_ratio[row.name] ?? Infinity;
  const rows = method.classes
    .filter((row) => row.enough && enoughExemplars(found.class_counts[row.name]) && ratioOf(row) > 1)
    .sort((a, b) => ratioOf(b) - ratioOf(a))
    .slice(0, 3);
  return rows.length === 0 ? null : paragraph('Frequent among them: ', listed(rows.map((row) => fragment(strong(row.name),
    ` (${count(found.class_counts[row.name]?.exemplars ?? 0)} of ${plural(found.count, 'exemplar')}, ${howOften(found.class_ratio[row.name] ?? null)})`))), '.');
}

function manyFindings(method: Method): HTMLElement | null {
  const found = method.audit.exemplars;
  const many = found.findings_ratio.find((entry) => entry.findings === '4+');
  return many === undefined || !enoughExemplars(many) ? null
    : paragraph(`Images with four or more findings: ${count(many.exemplars)} of ${plural(found.count, 'exemplar')}, `, strong(howOften(many.ratio)), '.');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function tile(value: string, label: Child): HTMLElement {
  return element('div', { class: 'tile' }, element('dt', {}, label), element('dd', {}, value));
}

function scoreOrWords(value: Figure): string {
  return value === null ? 'not known' : score(value);
}

function tiles(report: Report, method: Method): HTMLElement {
  const dense = method.audit.macro[0];
  const lost = forgotten(method).length;
  const known = lost + kept(method).length;
  const close = closeUpTo(method);
  return element('dl', { class: 'tiles' },
    tile(scoreOrWords(dense?.auroc ?? null), 'Macro AUROC, dense'),
    tile(scoreOrWords(dense?.ap ?? null), 'Macro AP, dense'),
    tile(close === null ? (comparable(method) ? 'none' : 'not known') : percent(close), `Highest sparsity with macro AP within ${percent(NEAR)}`),
    tile(known === 0 ? 'not known' : `${lost} of ${known}`, `Classes with a drop of ${percent(report.data.audit.options.drop)} at some sparsity`),
    tile(count(method.audit.exemplars.count), `Exemplar images at ${percent(method.audit.exemplars.sparsity)}`));
}

export function summarySection(report: Report, method: Method): Node {
  const leading = leadingMethod(report.methods);
  return fragment(
    report.methods.length > 1 &&
      element('p', { class: 'shown' }, 'Shown: ', strong(method.name),
        method === leading && comparable(method) ? ', the method that keeps most macro AP over its sparsities.' : '.'),
    tiles(report, method),
    element('div', { class: 'cards' }, overallCard(report, method), classCard(report, method), imageCard(report, method)),
    insufficientSentence(method));
}
