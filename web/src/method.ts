import { ENOUGH_PATIENTS, LEARNED_AUROC, type Report } from './data';
import { element, fragment } from './dom';
import { percent, plural } from './format';
import { folded, plainTable } from './table';

function definitions(report: Report): [string, string][] {
  const { options } = report.data.audit;
  return [
    ['Sparsity', 'The share of prunable weights (convolutions and linear layers) that are zero.'],
    ['AP', 'Average precision: the mean of precision at each positive image, ranked by score (scikit-learn\u2019s definition, no interpolation).'],
    ['AUROC', 'The probability that a positive image scores above a negative one; ties count half.'],
    ['F1', `Harmonic mean of precision and recall where a score of ${options.threshold} or more counts as present.`],
    ['Macro', 'The mean over classes that can be measured (at least one positive and one negative image).'],
    ['Change of AP', '(AP pruned \u2212 AP dense) / AP dense for each seed, then the median over seeds; the band runs from the first to the third quartile. AP\u2019s chance level is the prevalence, so an equal loss of discrimination gives a larger relative loss in a rarer class.'],
    ['Change of AUROC', 'AUROC pruned \u2212 AUROC dense for each seed, then the median over seeds; its chance level is 0.5 for every class.'],
    ['First drop', `The lowest sparsity at which the median change of AP is below ${percent(-options.drop).replace('-', '\u2212')}.`],
    ['Insufficient evidence', `A class found in fewer than ${ENOUGH_PATIENTS} patients of the test cohort: its figures are shown, but no verdict is given.`],
    ['Hardly learned', `A class whose dense AUROC, median over seeds, is below ${LEARNED_AUROC}: it is counted neither as kept nor as forgotten.`],
    ['FCD', 'Forgettability curve dissimilarity: the Euclidean distance between two classes\u2019 curves of change of AP.'],
    ['IoU', 'Images with both labels, as a share of images with either (Jaccard index). Plotted as its fourth root, which spreads small values.'],
    ['Exemplar', `An image among the ${percent(options.exemplar_fraction)} with the lowest Spearman correlation between the dense and the pruned network\u2019s scores, averaged over seeds.`],
    ['Times as often', 'P(label | exemplar) / P(label | not an exemplar). A label is named in the summary only where at least five exemplars of five patients have it.'],
  ];
}

function facts(report: Report): [string, string][] {
  const { cohort, seeds } = report.data.audit;
  return [
    ['Test cohort', `${plural(cohort.images, 'image')} of ${plural(cohort.patients, 'patient')}, ${plural(cohort.classes.length, 'class', 'classes')}`],
    ['Seeds', seeds.length === 0 ? 'not given' : `${seeds.length}: ${seeds.join(', ')}`],
    ['Methods', report.methods.map((method) => `${method.name} (${plural(method.audit.sparsities.length, 'sparsity', 'sparsities')})`).join('; ') || 'none'],
    ...report.data.facts.map((fact): [string, string] => [fact.name, fact.value]),
  ];
}

function pairs(entries: [string, string][], name: string): HTMLElement {
  return element('dl', { class: name }, ...entries.map(([term, text]) =>
    element('div', {}, element('dt', {}, element('bdi', {}, term)), element('dd', {}, element('bdi', {}, text)))));
}

function notes(report: Report): Node {
  const { notes: missing } = report.data.audit;
  const unknown = report.data.audit.cohort.classes.filter((entry) => entry.unknown > 0);
  return fragment(
    element('h3', {}, 'Notes: what is missing or needs care, and why'),
    missing.length === 0
      ? element('p', {}, 'There are no notes: every figure could be had.')
      : plainTable(plural(missing.length, 'note'), ['Where', 'Reason'], missing.map((note) => [note.where, note.reason]), false),
    unknown.length > 0 && element('p', {}, 'Images with an unknown label are left out of that class\u2019s figures: ',
      unknown.map((entry) => `${entry.name} (${entry.unknown})`).join(', '), '.'));
}

export function methodSection(report: Report): Node {
  return fragment(
    element('h3', {}, 'This study'), pairs(facts(report), 'facts'),
    element('h3', {}, 'Definitions'), pairs(definitions(report), 'definitions'),
    notes(report),
    element('h3', {}, 'Recipe'),
    report.data.recipe === ''
      ? element('p', { class: 'absent' }, 'This report was made from scores alone: there is no recipe.')
      : folded('The recipe with every default filled in', () => element('pre', { tabindex: '0' }, report.data.recipe)));
}
