// Groups of images (sites, views, sexes, ages): what each has before pruning, what it loses, and whether more than the others.
import { intervalOf, type Figure, type Interval, type Method, type Report, type Stratum, type StratumMeasure } from './data';
import { element, fragment, named } from './dom';
import { fileName } from './download';
import { ABSENT, count, images, interval, pText, score } from './format';
import { say } from './language';
import { figureColumn, sortableTable, withBelow, type Column } from './table';

const VERDICTS: Record<string, () => string> = {
  'loses more': () => say('loses more than the others', '他群より低下が大きい'),
  'loses less': () => say('loses less than the others', '他群より低下が小さい'),
  'not shown': () => say('no difference shown', '差は示されず'),
  'insufficient evidence': () => say('insufficient evidence', '証拠不十分'),
};

/** A difference of two AUROCs: three decimals and its sign. */
const difference = (value: Figure): string => (value === null ? ABSENT : `${value > 0 ? '+' : ''}${score(value)}`);

const verdict = (measure: StratumMeasure): string => (VERDICTS[measure.gap.verdict] ?? (() => measure.gap.verdict))();

function withEnds(key: string, head: string, note: string, text: (value: number | null) => string,
  of: (stratum: Stratum) => number | null, ends: (stratum: Stratum) => Interval): Column<Stratum> {
  return {
    ...figureColumn<Stratum>(key, head, note, of, text),
    cell: (stratum) => withBelow(text(of(stratum)), ends(stratum) === null ? null : interval(ends(stratum), text)),
    extra: [{ key: `${key}_low`, value: (stratum) => ends(stratum)?.[0] ?? null }, { key: `${key}_high`, value: (stratum) => ends(stratum)?.[1] ?? null }],
  };
}

function columnsOf(column: string): Column<Stratum>[] {
  const below = say('95% interval over patients', '下段は患者に関する95%信頼区間');
  return [
    { key: 'stratum', head: column, value: (stratum) => stratum.name, cell: (stratum) => named(stratum.name) },
    figureColumn('images', say('Images', '画像'), '', (stratum) => stratum.images, count),
    figureColumn('patients', say('Patients', '患者'), '', (stratum) => stratum.patients, count),
    figureColumn('classes_compared', say('Classes', 'クラス'), say('With patients enough in the group and among the others', '群内と他群の両方に十分な患者がいるクラス数'), (stratum) => stratum.classes_compared, count),
    withEnds('auroc_dense', say('AUROC dense', 'AUROC（前）'), below, score, (stratum) => stratum.auroc.dense, (stratum) => intervalOf(stratum.auroc.dense_low, stratum.auroc.dense_high)),
    withEnds('auroc_change', say('Change', '変化'), below, difference, (stratum) => stratum.auroc.change, (stratum) => intervalOf(stratum.auroc.change_low, stratum.auroc.change_high)),
    withEnds('auroc_gap_change', say('against the others', '他群との差'), say('The change here less the change of all other images. 95% interval over patients', '群内の変化から他の全画像の変化を引いた値。下段は患者に関する95%信頼区間'), difference,
      (stratum) => stratum.auroc.gap.change, (stratum) => intervalOf(stratum.auroc.gap.change_low, stratum.auroc.gap.change_high)),
    figureColumn('auroc_holm', say('Holm p', 'Holm p値'), say('Of no difference, adjusted over the groups', '差がないとする仮説のp値（群間で調整）'), (stratum) => stratum.auroc.gap.holm, (value) => (value === null ? '\u2013' : pText(value).replace('p ', '').replace('= ', ''))),
    { key: 'auroc_verdict', head: say('Verdict', '判定'), value: (stratum) => stratum.auroc.gap.verdict, cell: (stratum) => verdict(stratum.auroc) },
  ];
}

export function strataSection(_report: Report, method: Method): Node {
  const { strata } = method.audit;
  if (strata === undefined || strata.columns.length === 0) {
    return element('p', { class: 'absent' }, say(
      'No strata were given: the audit did not compare sites, views, sexes or ages, so nothing is known of whether pruning costs one group more than another.',
      '層別の情報は与えられていません。施設・撮影方向・性別・年齢による比較は行っていないため、プルーニングの影響が特定の集団に偏るかどうかは不明です。'));
  }
  const tables = strata.columns.map(({ column, images_without: without, strata: groups }) => fragment(
    sortableTable(groups, columnsOf(column), { caption: say(`${column}, macro AUROC at sparsity ${strata.sparsity}`, `${column}（マクロAUROC、スパース率${strata.sparsity}）`), file: fileName('strata', method.name, column) }),
    without > 0 && element('p', {}, say(`${images(without)} in no group of this column.`, `どの群にも属さない${images(without)}。`))));
  return fragment(...tables, element('p', {}, say(
    'Groups are not randomised: one that loses more may have other machines, patients or findings. AP and single classes are in strata.csv.',
    '群は無作為に割り付けられたものではなく、低下の大きい群は装置・患者・所見が異なる可能性があります。APとクラス別の値はstrata.csvにあります。')));
}
