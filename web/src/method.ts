import type { Report } from './data';
import { definitions } from './definitions';
import { element, fragment, joined, told, type Child } from './dom';
import { classes, images, patients } from './format';
import { say } from './language';
import { limits } from './limits';
import { factName, factValue, reason } from './reasons';
import { folded, plainTable, sortableTable } from './table';

function facts(report: Report): [string, string][] {
  const { cohort, seeds, options } = report.data.audit;
  const methods = report.methods.map((method) => {
    const number = method.audit.sparsities.length;
    return say(`${method.name} (${number} ${number === 1 ? 'sparsity' : 'sparsities'})`, `${method.name}（スパース率${number}通り）`);
  });
  return [
    [say('Test cohort', 'テストコホート'), [images(cohort.images), patients(cohort.patients), classes(cohort.classes.length)].join(say(', ', '、'))],
    [say('Seeds', 'シード'), seeds.length === 0 ? say('not given', 'なし') : `${seeds.length}${say(': ', '個: ')}${seeds.join(', ')}`],
    [say('Methods', '手法'), methods.join('; ') || say('none', 'なし')],
    [say('Bootstrap', 'ブートストラップ'), options.bootstrap > 0 ? say(`${options.bootstrap} resamples of the patients`, `患者の再標本${options.bootstrap}回`) : say('none', 'なし')],
    ...report.data.facts.map((fact): [string, string] => [factName(fact.name), factValue(fact.value)]),
  ];
}

function listOf(entries: [string, Child][], name: string): HTMLElement {
  return element('dl', { class: name }, ...entries.map(([term, text]) =>
    element('div', {}, element('dt', {}, element('bdi', {}, term)), element('dd', {}, typeof text === 'string' ? element('bdi', {}, text) : text))));
}

function definitionList(report: Report): HTMLElement {
  return listOf(definitions(report).map(({ term, text, source }): [string, Child] => [term, fragment(text, source !== '' && element('cite', { class: 'source' }, source))]), 'definitions');
}

function notes(report: Report): Node {
  const { notes: missing } = report.data.audit;
  const unknown = report.data.audit.cohort.classes.filter((entry) => entry.unknown > 0);
  return fragment(
    element('h3', {}, say('Notes: what is missing or needs care, and why', '注記: 欠けているもの・注意すべきものとその理由')),
    missing.length === 0
      ? element('p', {}, say('There are no notes: every figure could be had.', '注記はない。すべての数値を求められた。'))
      : missing.length > 12
        ? folded(say(`${missing.length} notes`, `注記${missing.length}件`), () => noteTable(report))
        : noteTable(report),
    unknown.length > 0 && element('p', {}, say('Images with an unknown label are left out of that class\u2019s figures: ', 'ラベル不明の画像は、そのクラスの指標から除外: '),
      joined(unknown.map((entry) => `${entry.name} (${entry.unknown})`)), say('.', '。')));
}

function noteTable(report: Report): HTMLElement {
  const { notes: missing } = report.data.audit;
  return plainTable(say(`${missing.length} ${missing.length === 1 ? 'note' : 'notes'}`, `注記${missing.length}件`), [say('Where', '箇所'), say('Reason', '理由')],
    missing.map((note) => [note.where, reason(note.reason)]), false);
}

function reproduce(report: Report): Node {
  const made = report.data.recipe !== '';
  return fragment(
    element('h3', {}, say('How to reproduce', '再現方法')),
    made
      ? fragment(
          element('p', {}, say('Save the recipe below as recipe.toml; the same data, program and number of threads give the same bytes:', '下のレシピをrecipe.tomlとして保存し、次を実行する。同じデータ・プログラム・スレッド数なら、同じバイト列が得られる。')),
          element('pre', { tabindex: '0', 'aria-label': say('Command', 'コマンド') }, 'niwaki study recipe.toml --out STUDY'))
      : element('p', { class: 'absent' }, say('This report was made from scores alone: there is no recipe. niwaki audit makes it again from the same labels and scores.', 'このレポートはスコアのみから作成されたため、レシピはない。同じラベルとスコアからniwaki auditで再作成できる。')),
    made && folded(say('The recipe with every default filled in', '既定値をすべて補ったレシピ'), () => element('pre', { tabindex: '0', 'aria-label': say('Recipe', 'レシピ') }, report.data.recipe)));
}

/** Beside a study's own page lie the same figures for other programs and other readers. */
function beside(report: Report): Child {
  const link = (file: string): HTMLElement => element('a', { href: file }, element('bdi', {}, file));
  return report.data.model_card === true && element('p', {}, told(
    'Beside this page lie the model card ({markdown}, {json}) and the decision ({decision}).', 'このページと同じフォルダーに、モデルカード（{markdown}、{json}）と判定（{decision}）がある。',
    { markdown: link('model-card.md'), json: link('model-card.json'), decision: link('decision.json') }));
}

function cohortTable(report: Report): HTMLElement {
  const known = report.data.audit.cohort.classes;
  return folded(say('Classes of the test cohort', 'テストコホートのクラス'), () => sortableTable(known, [
    { key: 'class', head: say('Class', 'クラス'), value: (row) => row.name, cell: (row) => element('bdi', {}, row.name) },
    ...([['positives', say('Positive images', '陽性画像')], ['positive_patients', say('Patients', '患者')], ['train_positives', say('Training positives', '学習時の陽性')], ['unknown', say('Unknown', '不明')]] as const)
      .map(([key, head]) => ({ key, head, number: true, falling: true, value: (row: (typeof known)[number]) => row[key], cell: (row: (typeof known)[number]) => row[key] === null ? '\u2013' : String(row[key]) })),
  ], { caption: say('Classes of the test cohort', 'テストコホートのクラス'), file: 'cohort' }));
}

export function methodSection(report: Report): Node {
  return fragment(
    element('h3', {}, say('This study', '本研究')), listOf(facts(report), 'facts'), beside(report), cohortTable(report),
    element('h3', {}, say('Limits of the evidence', 'エビデンスの限界')),
    element('ul', { class: 'limits' }, ...limits(report).map((text) => element('li', {}, text))),
    element('h3', {}, say('Definitions and their sources', '定義と出典')), definitionList(report),
    notes(report), reproduce(report));
}
