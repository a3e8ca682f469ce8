// The gallery of exemplars with its filters, and the table behind it.
import { attentionColumns } from './attention';
import type { ExemplarImage, Method, Report } from './data';
import { element, fragment, named } from './dom';
import { fileName } from './download';
import { exemplarCard, directionText, medianThresholds } from './exemplar_card';
import { coefficient, count, exemplars } from './format';
import { say } from './language';
import { figureColumn, folded, sortableTable, type Column } from './table';

const AT_FIRST = 24;

interface Filters {
  class: string; // labelled or flipped; '' for any
  direction: '' | 'lost' | 'gained' | 'none';
  site: string | null; // null for any
}

function passes(report: Report, image: ExemplarImage, filters: Filters): boolean {
  const flips = image.flips ?? [];
  const ofClass = filters.class === '' ? flips : flips.filter((flip) => flip.class === filters.class);
  const labelled = filters.class !== '' && (report.findings.get(image.id) ?? []).includes(filters.class);
  const classPasses = filters.class === '' || labelled || ofClass.length > 0;
  const directionPasses = filters.direction === '' ? true
    : filters.direction === 'none' ? ofClass.length === 0 : ofClass.some((flip) => flip.direction === filters.direction);
  return classPasses && directionPasses && (filters.site === null || (report.sites.get(image.id) ?? '') === filters.site);
}

function choice(id: string, label: string, options: [string, string][], onChange: (index: number) => void): HTMLElement {
  const select = element('select', { id }, ...options.map(([value, text]) => element('option', { value }, text)));
  select.addEventListener('change', () => onChange(select.selectedIndex));
  return element('label', { class: 'choose', for: id }, element('span', {}, label), select);
}

/** Those classes that filter anything out, in the cohort's order. */
function classesOf(report: Report, method: Method): string[] {
  const found = new Set(method.audit.exemplars.images.flatMap((image) => [...(report.findings.get(image.id) ?? []), ...(image.flips ?? []).map((flip) => flip.class)]));
  return method.classes.map((row) => row.name).filter((name) => found.has(name));
}

function filterBar(report: Report, method: Method, filters: Filters, onChange: () => void): HTMLElement {
  const classes = classesOf(report, method);
  const sites = [...new Set(report.sites.values())].sort();
  const directions: [Filters['direction'], string][] = [['', say('any', 'すべて')], ['lost', directionText('lost')], ['gained', directionText('gained')], ['none', say('no call flips', '反転なし')]];
  const flips = method.audit.exemplars.images.some((image) => image.flips !== undefined);
  return element('div', { class: 'filters screen', role: 'group', 'aria-label': say('Filters', '絞り込み') },
    choice('filter-class', say('Class (labelled or flipped)', 'クラス（ラベルまたは反転）'), [['', say('any', 'すべて')], ...classes.map((name): [string, string] => [name, name])], (index) => {
      filters.class = classes[index - 1] ?? '';
      onChange();
    }),
    flips && choice('filter-direction', say('Flip', '判定の反転'), directions, (index) => {
      filters.direction = directions[index]?.[0] ?? '';
      onChange();
    }),
    sites.length > 1
      ? choice('filter-site', say('Site', '施設'), [['', say('any', 'すべて')], ...sites.map((site): [string, string] => [site, site === '' ? say('not known', '不明') : site])], (index) => {
          filters.site = index === 0 ? null : (sites[index - 1] ?? '');
          onChange();
        })
      : element('span', { class: 'quiet' }, say('No sites were given.', '施設の情報はない。')));
}

function columns(report: Report, method: Method): Column<ExemplarImage>[] {
  const labels = (image: ExemplarImage): string[] | undefined => report.findings.get(image.id);
  const flips = (image: ExemplarImage): string => (image.flips ?? []).map((flip) => `${flip.class} ${directionText(flip.direction)}`).join('; ');
  return [
    { key: 'rank', head: say('Rank', '順位'), number: true, value: (image) => image.rank, cell: (image) => count(image.rank) },
    ...(report.data.image_ids === 'left out' ? [] : [{ key: 'id', head: say('Image', '画像'), value: (image: ExemplarImage) => image.id, cell: (image: ExemplarImage) => element('bdi', { class: 'id' }, image.id) }]),
    { ...figureColumn<ExemplarImage>('correlation', say('Rank correlation', '順位相関'), '', (image) => image.correlation, coefficient), falling: false },
    { key: 'labels', head: say('Labels', 'ラベル'), value: (image) => labels(image)?.join('; ') ?? null, cell: (image) => named(labels(image)?.join('; ') ?? say('not given', '不明')) },
    { key: 'site', head: say('Site', '施設'), value: (image) => report.sites.get(image.id) ?? null, cell: (image) => named(report.sites.get(image.id) ?? '\u2013') },
    { key: 'largest_fall_class', head: say('Fell most', '最大の低下'), value: (image) => image.largest_fall?.class ?? null, cell: (image) => named(image.largest_fall?.class ?? '\u2013'),
      extra: [{ key: 'largest_fall', value: (image) => image.largest_fall?.fall ?? null }] },
    { key: 'flips', head: say('Flips', '判定の反転'), value: (image) => (image.flips === undefined ? null : (image.flips.map((flip) => `${flip.class} ${flip.direction} ${flip.seeds}`).join('; '))), cell: (image) => named(flips(image)) },
    ...attentionColumns(report, method),
  ];
}

export function gallery(report: Report, method: Method): Node {
  const { images } = method.audit.exemplars;
  const thresholds = medianThresholds(report, method);
  const filters: Filters = { class: '', direction: '', site: null };
  const list = element('ul', { class: 'gallery' });
  const state = element('p', { class: 'hint', role: 'status' });
  const rest = element('div', { class: 'screen' });
  const show = (): void => {
    const chosen = images.filter((image) => passes(report, image, filters));
    const cards = (from: number, to: number): HTMLElement[] => chosen.slice(from, to).map((image) => exemplarCard(report, method, image, thresholds));
    list.replaceChildren(...cards(0, AT_FIRST));
    state.textContent = say(`${count(chosen.length)} of ${exemplars(images.length)}.`, `${exemplars(images.length)}のうち${count(chosen.length)}枚。`);
    rest.replaceChildren();
    if (chosen.length > AT_FIRST) {
      const more = element('button', { type: 'button', class: 'more' }, say(`Show the other ${exemplars(chosen.length - AT_FIRST)}`, `残りの${exemplars(chosen.length - AT_FIRST)}を表示`));
      more.addEventListener('click', () => {
        const made = cards(AT_FIRST, chosen.length);
        list.append(...made);
        more.remove();
        made[0]?.setAttribute('tabindex', '-1');
        made[0]?.focus();
      });
      rest.append(more);
    }
  };
  show();
  return fragment(filterBar(report, method, filters, show), state, list, rest,
    folded(say('Table of exemplars', '例示画像の一覧表'), () => sortableTable(images, columns(report, method), {
      caption: say('Exemplars by rank', '例示画像（順位順）'), file: fileName('exemplars', method.name), sortBy: 'rank' })));
}
