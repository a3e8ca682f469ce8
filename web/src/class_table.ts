import { recovers, stepAt, type ClassRow, type Figure, type Interval, type Method, type Report } from './data';
import { element, fragment, named } from './dom';
import { fileName } from './download';
import { ABSENT, change, count, images, interval, percent, score } from './format';
import { say } from './language';
import { sparkline } from './spark';
import { figureColumn, sortableTable, withBelow, type Column } from './table';
import { dropText, evidenceText, lineText } from './verdict';

function tinted(value: Figure, judged: boolean): HTMLElement {
  const cell = element('span', { class: value === null ? 'tint absent-figure' : 'tint' }, change(value));
  if (value !== null && judged) {
    cell.style.setProperty('--loss', `${Math.round(Math.max(0, Math.min(1, -value)) * 45)}%`);
  }
  return cell;
}

function changeColumn(method: Method, sparsity: number): Column<ClassRow> {
  const step = stepAt(method, sparsity);
  const value = (row: ClassRow): Figure => row.curve.delta_ap[step] ?? null;
  const ends = (row: ClassRow): Interval => row.curve.evidence.delta_ap?.[step] ?? null;
  const at = percent(sparsity);
  return {
    key: `delta_ap_${sparsity}`, head: say(`\u0394AP at ${at}`, `\u0394AP（${at}）`),
    note: say(`Relative change of AP at ${at} sparsity, median over seeds; 95% interval over patients`, `スパース率${at}でのAPの相対変化（シード間の中央値）。下段は患者に関する95%信頼区間`),
    number: true, value, cell: (row) => withBelow(tinted(value(row), row.judged), ends(row) === null ? null : interval(ends(row), change)),
    extra: [{ key: `delta_ap_${sparsity}_low`, value: (row) => ends(row)?.[0] ?? null }, { key: `delta_ap_${sparsity}_high`, value: (row) => ends(row)?.[1] ?? null }],
  };
}

function denseColumn(key: string, head: string, note: string, value: (row: ClassRow) => Figure, ends: (row: ClassRow) => Interval): Column<ClassRow> {
  return {
    ...figureColumn<ClassRow>(key, head, note, value, score),
    cell: (row) => withBelow(score(value(row)), ends(row) === null ? null : interval(ends(row), score)),
    extra: [{ key: `${key}_low`, value: (row) => ends(row)?.[0] ?? null }, { key: `${key}_high`, value: (row) => ends(row)?.[1] ?? null }],
  };
}

function firstDropColumn(report: Report, method: Method): Column<ClassRow> {
  return {
    key: 'first_drop', head: say('First drop', '初回低下点'),
    note: say(`Lowest sparsity at which the median change of AP is below ${lineText(report)}`, `APの変化の中央値が${lineText(report)}を下回る最低のスパース率`),
    value: (row) => row.curve.first_drop, order: (row) => (row.judged ? (row.curve.first_drop ?? 2) : 3),
    cell: (row) => (row.judged && row.curve.first_drop !== null
      ? fragment(element('strong', {}, percent(row.curve.first_drop)), recovers(method, row, report.data.audit.options.drop) && say(' (recovers later)', '（その後回復）'))
      : element('span', { class: 'quiet' }, row.judged && row.curve.delta_ap.some((value) => value !== null) ? say('none', 'なし') : ABSENT)),
  };
}

function columns(report: Report, method: Method): Column<ClassRow>[] {
  const wanted = [0.9, method.highest].filter((sparsity, index, all): sparsity is number =>
    sparsity !== null && stepAt(method, sparsity) >= 0 && all.indexOf(sparsity) === index);
  return [
    { key: 'class', head: say('Class', 'クラス'), value: (row) => row.name, cell: (row) => named(row.name) },
    { ...figureColumn<ClassRow>('test_patients', say('Test patients', 'テスト患者'), say('Patients of the test cohort who have this label on an image, and their images with it', 'テストコホートでこのラベルの画像をもつ患者数と、その画像枚数'), (row) => row.positive_patients, count),
      cell: (row) => withBelow(count(row.positive_patients), images(row.positives)), extra: [{ key: 'test_images', value: (row) => row.positives }] },
    figureColumn('train_positives', say('Training positives', '学習時の陽性'), say('Images with this label that the network was trained on', '学習に用いたこのラベルの画像枚数'), (row) => row.train_positives, count),
    denseColumn('ap_dense', say('Dense AP', 'AP（前）'), say('Average precision of the dense network, median over seeds; 95% interval over patients', 'プルーニング前の平均適合率（シード間の中央値）。下段は患者に関する95%信頼区間'), (row) => row.curve.ap_dense, (row) => row.curve.evidence.ap?.[0] ?? null),
    denseColumn('auroc_dense', say('Dense AUROC', 'AUROC（前）'), say('AUROC of the dense network, median over seeds; 95% interval over patients', 'プルーニング前のAUROC（シード間の中央値）。下段は患者に関する95%信頼区間'), (row) => row.curve.auroc_dense, (row) => row.curve.evidence.auroc?.[0] ?? null),
    ...wanted.map((sparsity) => changeColumn(method, sparsity)),
    { key: 'delta_ap_last', head: say('Curve', '曲線'), value: (row) => row.curve.delta_ap.at(-1) ?? null, cell: (row) => sparkline(method, row, report.data.audit.options.drop) },
    firstDropColumn(report, method),
    { key: 'evidence', head: say('Shown', '実証されたこと'), note: say('What the 95% band over patients shows, for all sparsities at once', '患者に関する95%同時信頼帯が示すこと'),
      value: (row) => row.curve.evidence.verdict, cell: (row) => element('span', { class: row.enough ? 'evidence' : 'evidence quiet' }, row.enough ? evidenceText(report, row) : dropText(report, method, row)) },
  ];
}

export function classTable(report: Report, method: Method): HTMLElement {
  return sortableTable(method.classes, columns(report, method), {
    caption: say(`Classes, pruned by ${method.name}. \u0394AP: relative change of AP against the dense network`, `クラス別の結果（${method.name}）。\u0394AP: プルーニング前に対するAPの相対変化`),
    file: fileName('classes', method.name), sortBy: 'first_drop',
  });
}
