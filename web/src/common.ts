// What exemplars have in common: how much more often they have a label, or so many findings, than other images.
import { constantOrder, enoughExemplars, intervalOf, type Enrichment, type ExemplarCount, type Figure, type Interval, type Method, type Report } from './data';
import { element, fragment, joined, named } from './dom';
import { fileName } from './download';
import { chartFigure } from './figure';
import { forestHeight, forestOption, type Estimate } from './forest';
import { count, interval, outOf, pText, times } from './format';
import { say } from './language';
import { reason } from './reasons';
import { figureColumn, withBelow, type Column } from './table';

interface Ratio {
  name: string;
  ratio: Figure; // null: no ratio, or on no other image
  interval: Interval;
  fisher: Figure;
  count: ExemplarCount;
  all: number; // exemplars
  enough: boolean;
}

function onlyThere(): string {
  return say('only among exemplars', '例示画像のみ');
}

function columns(): Column<Ratio>[] {
  return [
    { key: 'what', head: say('What', '項目'), value: (row) => row.name, cell: (row) => named(row.name) },
    { ...figureColumn<Ratio>('exemplars', say('Exemplars', '例示画像'), '', (row) => row.count.exemplars, count), cell: (row) => outOf(row.count.exemplars, row.all), extra: [{ key: 'of', value: (row) => row.all }] },
    figureColumn('patients', say('Patients', '患者'), '', (row) => row.count.patients, count),
    { ...figureColumn<Ratio>('ratio', say('Times as often', '頻度の比'), say('P(it | exemplar) / P(it | other image); 95% interval over patients', '例示画像での割合÷他の画像での割合。下段は患者に関する95%信頼区間'), (row) => row.ratio, times),
      cell: (row) => withBelow(row.ratio === null && row.count.exemplars > 0 ? onlyThere() : times(row.ratio), row.interval === null ? null : interval(row.interval, times)),
      extra: [{ key: 'ratio_low', value: (row) => row.interval?.[0] ?? null }, { key: 'ratio_high', value: (row) => row.interval?.[1] ?? null }] },
    figureColumn('fisher_p', say('Fisher\u2019s exact test', 'Fisherの正確検定'), say('Only where no patient has two images', '同一患者の画像が複数ない場合のみ'), (row) => row.fisher, (value) => (value === null ? '\u2013' : pText(value))),
  ];
}

/** A log axis has no place for an end at 0, so such a whisker ends where the smallest ratio does. */
function estimates(rows: Ratio[]): Estimate[] {
  const smallest = Math.min(...rows.flatMap((row) => [row.ratio ?? Infinity, ...(row.interval ?? [])]).filter((value) => value > 0));
  return rows.map((row) => ({
    name: row.name, value: row.ratio ?? 1, firm: row.enough,
    interval: row.interval === null ? null : [Math.max(row.interval[0], smallest / 2), Math.max(row.interval[1], smallest / 2)],
    lines: [[say('Among exemplars', '例示画像'), outOf(row.count.exemplars, row.all)], [say('Times as often', '頻度の比'), times(row.ratio)],
      [say('95% interval', '95%信頼区間'), interval(row.interval, times)], [say('Patients', '患者'), count(row.count.patients)]],
  }));
}

function ratioFigure(method: Method, title: string, note: string, file: string, ratios: Ratio[]): HTMLElement {
  const drawable = ratios.filter((row) => row.ratio !== null && row.ratio > 0);
  const only = ratios.filter((row) => row.ratio === null && row.count.exemplars > 0);
  const none = ratios.filter((row) => row.count.exemplars === 0);
  const axis = say('as often as among other images (log scale)', '他の画像に対する頻度の比（対数軸）');
  const chart = drawable.length === 0
    ? element('figure', {}, element('figcaption', {}, element('strong', {}, title)), element('p', { class: 'absent' }, say('There is no ratio to show.', '示せる比がない。')))
    : chartFigure({ title, note, file: fileName(file, method.name), height: forestHeight(drawable.length),
        option: (theme, width) => forestOption(estimates(drawable), { axis, none: 1, text: (value) => `${Number((value ?? 0).toFixed(2))}\u00d7`, log: true }, theme, width),
        behind: { caption: `${title} (${method.name})`, rows: ratios, columns: columns() } });
  return element('div', {}, chart,
    only.length > 0 && element('p', { class: 'hint' }, `${say('Only among exemplars: ', '例示画像のみ: ')}${joined(only.map((row) => `${row.name} (${outOf(row.count.exemplars, row.all)})`))}${say('.', '。')}`),
    none.length > 0 && element('p', { class: 'hint' }, `${say('Not among the exemplars: ', '例示画像になし: ')}${joined(none.map((row) => row.name))}${say('.', '。')}`));
}

export function commonGround(report: Report, method: Method): Node {
  const heading = element('h3', {}, say('What exemplars have in common', '例示画像の共通点'));
  const constant = constantOrder(report, method);
  if (constant !== null) {
    return fragment(heading, element('p', { class: 'absent' }, say(`Not shown: ${reason(constant)}.`, `表示しない（${reason(constant)}）。`)));
  }
  const found = method.audit.exemplars;
  const ratio = (name: string, value: Figure, counted: ExemplarCount, enrichment: Enrichment | undefined, enough: boolean): Ratio => ({
    name, ratio: value, count: counted, all: found.count, enough: enough && enoughExemplars(counted),
    interval: intervalOf(enrichment?.ratio_low, enrichment?.ratio_high), fisher: enrichment?.fisher_p ?? null });
  const falling = (row: Ratio): number => row.ratio ?? (row.count.exemplars > 0 ? Infinity : -1);
  const classes = method.classes.map((row) =>
    ratio(row.name, found.class_ratio[row.name] ?? null, found.class_counts[row.name] ?? { exemplars: 0, patients: 0 }, found.class_enrichment[row.name], row.enough))
    .sort((a, b) => (falling(a) === falling(b) ? 0 : falling(b) - falling(a)));
  const findings = found.findings_ratio.map((entry) =>
    ratio(say(`${entry.findings} ${entry.findings === '1' ? 'finding' : 'findings'}`, `所見${entry.findings.replace('4+', '4つ以上')}${entry.findings === '4+' ? '' : '個'}`), entry.ratio, entry, entry, true));
  return fragment(
    heading,
    element('div', { class: 'duo' },
      ratioFigure(method, say('Labels', 'ラベル'), say('how often a label is found among exemplars; grey: too few exemplars or patients with it', '例示画像でのラベルの頻度。灰色: 該当する例示画像または患者が少数'), 'exemplar-labels', classes),
      ratioFigure(method, say('Number of findings', '所見の数'), say('how often so many labels are found on one image; grey: too few', '1枚に付いたラベル数の頻度。灰色: 少数'), 'exemplar-findings', findings)));
}
