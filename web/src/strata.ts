// Groups of images (sites, views, sexes, ages): whether pruning takes more from one than from the others.
import { intervalOf, type Figure, type Interval, type Method, type Report } from './data';
import { element, fragment, named } from './dom';
import { fileName } from './download';
import { chartFigure } from './figure';
import { forestHeight, forestOption, type Estimate } from './forest';
import { ABSENT, coefficient, count, images, interval, percent, pText, score } from './format';
import { say } from './language';
import type { Strata, StrataColumn, Stratum, StratumFigures, StratumMeasure } from './strata_data';
import { figureColumn, folded, sortableTable, withBelow, type Column } from './table';

type Measure = 'auroc' | 'ap';

/** A difference of two figures between 0 and 1: three decimals and its sign. */
function difference(value: Figure): string {
  return value === null ? ABSENT : `${value > 0 ? '+' : ''}${score(value)}`;
}

function groupingName(name: string): string {
  const known: Record<string, string> = { site: say('Site', '施設'), view: say('View', '撮影方向'), sex: say('Sex', '性別'), age_band: say('Age', '年齢層') };
  return Object.hasOwn(known, name) ? known[name] ?? name : name;
}

function verdictText(verdict: StratumMeasure['gap']['verdict'], widens: boolean | null): string {
  const texts = {
    'insufficient evidence': say('insufficient evidence', 'エビデンス不足'),
    'not shown': say('no difference shown', '差は示されない'),
    'loses more': say('loses more than the others', '他の群より多く低下'),
    'loses less': say('loses less than the others', '他の群より低下が少ない'),
  };
  return texts[verdict] + (widens === null ? '' : widens ? say(', the gap widens', '（格差は拡大）') : say(', the gap does not widen', '（格差は拡大せず）'));
}

const at = (figures: StratumFigures, key: string): Figure => figures[key] ?? null;
const ends = (figures: StratumFigures, key: string): Interval => intervalOf(figures[`${key}_low`], figures[`${key}_high`]);

interface Row {
  name: string;
  measure: StratumMeasure;
  counts: string;
  images: number | null;
  patients: number;
}

function figure(key: string, head: string, note: string, of: (row: Row) => StratumFigures, name: string, text: (value: Figure) => string): Column<Row> {
  return {
    ...figureColumn<Row>(key, head, note, (row) => at(of(row), name), text),
    cell: (row) => withBelow(text(at(of(row), name)), ends(of(row), name) === null ? null : interval(ends(of(row), name), text)),
    extra: [{ key: `${key}_low`, value: (row) => ends(of(row), name)?.[0] ?? null }, { key: `${key}_high`, value: (row) => ends(of(row), name)?.[1] ?? null }],
  };
}

function columns(head: string): Column<Row>[] {
  const whole = (row: Row): StratumFigures => row.measure as unknown as StratumFigures;
  const gap = (row: Row): StratumFigures => row.measure.gap as unknown as StratumFigures;
  return [
    { key: 'group', head, value: (row) => row.name, cell: (row) => named(row.name) },
    { ...figureColumn<Row>('patients', say('Patients', '患者'), '', (row) => row.patients, count), cell: (row) => withBelow(count(row.patients), row.counts), extra: [{ key: 'images', value: (row) => row.images }] },
    figure('dense', say('Dense', '前'), say('Mean over seeds; 95% interval over patients', 'シード間の平均。下段は患者に関する95%信頼区間'), whole, 'dense', score),
    figure('pruned', say('Pruned', '後'), '', whole, 'pruned', score),
    figure('gap_dense', say('Gap, dense', '格差（前）'), say('This group less all others', 'この群と他のすべての群との差'), gap, 'dense', difference),
    figure('gap_pruned', say('Gap, pruned', '格差（後）'), '', gap, 'pruned', difference),
    figure('gap_change', say('Change of gap', '格差の変化'), say('Below 0: pruning takes more here than elsewhere', '0未満: プルーニングによる低下が他の群より大きい'), gap, 'change', difference),
    figureColumn('holm', say('Holm p', 'Holm p値'), say('Of no change of the gap, adjusted', '格差の変化がないとする仮説のp値（調整後）'), (row) => row.measure.gap.holm, (value) => (value === null ? ABSENT : pText(value).replace('p ', '').replace('= ', ''))),
    { key: 'verdict', head: say('Evidence', 'エビデンス'), value: (row) => row.measure.gap.verdict,
      cell: (row) => element('span', { class: row.measure.gap.verdict === 'insufficient evidence' ? 'evidence quiet' : 'evidence' }, verdictText(row.measure.gap.verdict, row.measure.gap.widens)) },
  ];
}

function groupRows(column: StrataColumn, measure: Measure): Row[] {
  return column.strata.map((stratum) => ({ name: stratum.name, measure: stratum[measure], images: stratum.images, patients: stratum.patients, counts: images(stratum.images) }));
}

function estimates(rows: Row[]): Estimate[] {
  return rows.flatMap((row) => {
    const { gap } = row.measure;
    return gap.change === null ? [] : [{
      name: row.name, value: gap.change, interval: intervalOf(gap.change_low, gap.change_high), firm: gap.verdict === 'loses more' || gap.verdict === 'loses less',
      lines: [[say('Change of gap', '格差の変化'), difference(gap.change)], [say('95% interval', '95%信頼区間'), interval(intervalOf(gap.change_low, gap.change_high), difference)],
        [say('Holm-adjusted p', 'Holm調整後p値'), pText(gap.holm)], [say('Patients', '患者'), count(row.patients)], [say('Evidence', 'エビデンス'), verdictText(gap.verdict, gap.widens)]] as [string, string][],
    }];
  });
}

function classRows(stratum: Stratum, measure: Measure): Row[] {
  return stratum.classes.map((one) => ({ name: `${stratum.name} \u00b7 ${one.name}`, measure: one[measure], images: one.positives, patients: one.positive_patients,
    counts: say(`${count(one.positives)} positive images`, `陽性画像${count(one.positives)}枚`) }));
}

/** Thresholds carried over from the dense network's validation, and thresholds of the group's own. */
function thresholdTable(column: StrataColumn): HTMLElement {
  const calls = (of: (stratum: Stratum) => { sensitivity: Figure; specificity: Figure }, text: string, key: string): Column<Stratum>[] =>
    (['sensitivity', 'specificity'] as const).map((name) =>
      figureColumn<Stratum>(`${key}_${name}`, `${name === 'sensitivity' ? say('Sensitivity', '感度') : say('Specificity', '特異度')}${say(`, ${text}`, `（${text}）`)}`, '', (stratum) => of(stratum)[name], score));
  const [carried, retuned] = [say('carried over', '持ち越し'), say('own threshold', '群ごとの閾値')];
  return sortableTable(column.strata, [
    { key: 'group', head: groupingName(column.column), value: (stratum) => stratum.name, cell: (stratum) => named(stratum.name) },
    ...calls((stratum) => stratum.thresholds.pruned.carried, carried, 'carried'), ...calls((stratum) => stratum.thresholds.pruned.retuned, retuned, 'retuned'),
    figureColumn('gain', say('Gain', '改善'), say('Of sensitivity + specificity', '感度＋特異度の改善'), (stratum) => stratum.thresholds.pruned.gain, difference),
  ], { caption: say('Pruned network: thresholds carried over, and thresholds chosen on half of the group\u2019s own patients and used on the other half', 'プルーニング後のネットワーク: 持ち越した閾値と、各群の患者の半数で決めて残り半数に用いた閾値'), file: fileName('thresholds', column.column) });
}

function columnPart(method: Method, column: StrataColumn, measure: Measure, name: string): Node {
  const rows = groupRows(column, measure);
  const charted = estimates(rows);
  const head = groupingName(column.column);
  const caption = say(`${name} by ${head.toLowerCase()}, ${method.name}: mean over the classes with enough patients`, `${head}別の${name}（${method.name}、患者数が十分なクラスの平均）`);
  return fragment(
    element('h3', {}, named(head)),
    column.images_without > 0 && element('p', { class: 'hint' }, say(`${images(column.images_without)} in no group.`, `どの群にも属さない${images(column.images_without)}は除外。`)),
    charted.length === 0
      ? fragment(element('p', { class: 'absent' }, say('No group can be compared: too few patients, or no bootstrap.', '比較できる群がない（患者数の不足、またはブートストラップなし）。')), sortableTable(rows, columns(head), { caption, file: fileName('strata', column.column, measure) }))
      : chartFigure({ title: say(`Change of the gap in ${name} by ${head.toLowerCase()}`, `${head}別の${name}格差の変化`), note: say('below 0: pruning takes more from this group than from the others; coloured: shown at 5% after Holm\u2019s adjustment', '0より左: この群の低下が他の群より大きい。色付き: Holm調整後も5%水準で差あり'),
          file: fileName('strata', column.column, measure), height: forestHeight(charted.length),
          option: (theme, width) => forestOption(charted, { axis: say('change of the gap', '格差の変化'), none: 0, text: (value) => coefficient(value), log: false, worseBelow: true }, theme, width),
          behind: { caption, rows, columns: columns(head) } }),
    folded(say('Each class in each group', '群・クラスごとの結果'), () => sortableTable(column.strata.flatMap((stratum) => classRows(stratum, measure)), columns(say('Group and class', '群・クラス')),
      { caption: say(`${name} by group and class, ${method.name}`, `群・クラス別の${name}（${method.name}）`), file: fileName('strata-classes', column.column, measure) })),
    folded(say('Thresholds', '閾値'), () => thresholdTable(column)));
}

export function strataSection(report: Report, method: Method): Node {
  const strata: Strata | undefined = method.audit.strata;
  if (strata === undefined || strata.columns.length === 0) {
    return element('p', { class: 'absent' }, say(
      'No strata were given: the audit did not compare sites, views, sexes or ages, so nothing is known of whether pruning costs one group more than another.',
      '層別の情報は与えられていない。施設・撮影方向・性別・年齢による比較を行っていないため、プルーニングの影響が特定の集団に偏るかどうかは不明。'));
  }
  const names: Record<Measure, string> = { auroc: 'AUROC', ap: say('AP', '平均適合率（AP）') };
  const select = element('select', { id: 'strata-measure' }, ...(['auroc', 'ap'] as const).map((key) => element('option', { value: key }, names[key])));
  const holder = element('div');
  const draw = (): void => {
    const measure = select.value === 'ap' ? 'ap' : 'auroc';
    holder.replaceChildren(...strata.columns.map((column) => columnPart(method, column, measure, names[measure])));
  };
  select.addEventListener('change', draw);
  draw();
  const minimum = count(report.data.audit.options.minimum_patients);
  return fragment(
    element('p', { class: 'lead' }, say(
      `Each group of images against all others, before and after pruning to ${percent(strata.sparsity)} by ${method.name}. A class counts where at least ${minimum} patients with it and without it are in the group and among the others.`,
      `スパース率${percent(strata.sparsity)}（${method.name}）の前後で、各群を他のすべての群と比べる。群の内外とも陽性・陰性の患者が${minimum}人以上いるクラスのみを対象とする。`)),
    element('p', { class: 'hint' }, say('Groups are not randomised: one that loses more may have other machines, patients or findings.', '群は無作為に割り付けられたものではない。低下の大きい群は、装置・患者・所見が異なる可能性がある。')),
    element('label', { class: 'choose screen', for: 'strata-measure' }, element('span', {}, say('Figure', '指標')), select), holder);
}
