import {
  comparable, constantOrder, enoughExemplars, enoughPatients, leadingMethod, macroChange, noteAt, recovers, LEARNED_AUROC,
  type ClassRow, type Correlation, type Figure, type Method, type Report,
} from './data';
import { element, fragment, listed, named, strong, told, type Child } from './dom';
import { change, classes, coefficient, count, exemplars, images, outOf, percent, pValue, score, times } from './format';
import { say } from './language';
import { reason } from './reasons';

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

function reach(close: number | null, first: { sparsity: number; change: Figure }): Node {
  if (close !== null) {
    return told('stays within {near} of the dense network up to {close} sparsity', 'はスパース率{close}までプルーニング前の値から{near}以内に保たれる',
      { near: percent(NEAR), close: strong(percent(close)) });
  }
  return first.change === null
    ? told('is not known at {sparsity} sparsity', 'はスパース率{sparsity}では不明', { sparsity: percent(first.sparsity) })
    : told('has changed by {change} already at {sparsity} sparsity', 'はスパース率{sparsity}ですでに{change}変化している',
        { change: strong(change(first.change)), sparsity: strong(percent(first.sparsity)) });
}

function overallSentence(method: Method): HTMLElement {
  const changes = macroChange(method).filter(({ sparsity }) => sparsity > 0);
  const close = closeUpTo(method);
  const [first] = changes;
  const last = changes[changes.length - 1];
  const name = named(method.name);
  if (!first || !last || !comparable(method)) {
    return paragraph(told('How pruning by {name} changes macro AP cannot be said: there is no figure for it.',
      '{name}によるプルーニングでマクロ平均APがどう変わるかは、数値がないため示せない。', { name }));
  }
  const ends = last.change === null || last === first || last.sparsity === close;
  return paragraph(
    told('Pruned by {name}, macro AP {reach}', '{name}でプルーニングすると、マクロ平均AP{reach}', { name, reach: reach(close, first) }),
    ends ? say('.', '。') : told('; at {sparsity} it has changed by {change}.', '。スパース率{sparsity}での変化は{change}。', { sparsity: percent(last.sparsity), change: strong(change(last.change)) }));
}

function otherMethods(report: Report, method: Method): HTMLElement | null {
  const others = report.methods.filter((other) => other !== method);
  if (others.length === 0) {
    return null;
  }
  const parts = others.map((other) => {
    const close = closeUpTo(other);
    const found = !comparable(other) ? say('(not known)', '（不明）')
      : close === null ? say('at none of its sparsities', '（該当なし）')
        : say(`up to ${percent(close)}`, `は${percent(close)}まで`);
    return fragment(named(other.name), say(' ', ''), found);
  });
  return paragraph(told('For comparison, within the same {near}: {parts}.', '参考までに、同じ{near}以内に保たれる範囲: {parts}。', { near: percent(NEAR), parts: listed(parts) }));
}

function overallCard(report: Report, method: Method): HTMLElement {
  const dense = method.audit.macro[0];
  const measured = method.classes.filter((row) => row.curve.ap_dense !== null).length;
  return card(
    say('How does it do overall?', '全体の性能はどうか'),
    dense && dense.auroc !== null
      ? paragraph(told('The dense network reaches a macro AUROC of {auroc} and a macro AP of {ap} over {classes}.',
          'プルーニング前のネットワークは、{classes}でマクロ平均AUROC {auroc}、マクロ平均AP {ap}。',
          { auroc: strong(score(dense.auroc)), ap: strong(score(dense.ap)), classes: classes(measured) }))
      : paragraph(say('The dense network has no macro AUROC here: no class can be measured.', '測定できるクラスがないため、プルーニング前のマクロ平均AUROCはない。')),
    overallSentence(method),
    otherMethods(report, method),
  );
}

function insufficientSentence(report: Report, method: Method): HTMLElement | null {
  const few = method.classes.filter((row) => !row.enough);
  if (few.length === 0) {
    return null;
  }
  const names = listed(few.map((row) => fragment(named(row.name), say(` (${row.positive_patients})`, `（${row.positive_patients}人）`))));
  return element('p', { class: 'insufficient' }, told(
    few.length === 1
      ? '{title} for a class with too few patients with it, or without it, in the test cohort (fewer than {minimum}): {names}. No verdict is given on it.'
      : '{title} for {classes} with too few patients with them, or without them, in the test cohort (fewer than {minimum}): {names}. No verdict is given on them.',
    '{title}: テストコホートで陽性または陰性の患者が{minimum}人未満の{classes}（かっこ内は陽性患者数）: {names}。判定は行わない。',
    { title: strong(say('Insufficient evidence', 'エビデンス不足')), classes: classes(few.length), minimum: count(enoughPatients(report)), names }));
}

function hardlyLearnedSentence(method: Method): HTMLElement | null {
  const rows = method.classes.filter((row) => row.enough && !row.learned);
  return rows.length === 0 ? null : paragraph(told('Hardly learned (dense AUROC below {auroc}), so neither kept nor forgotten: {names}.',
    '学習不十分（プルーニング前のAUROCが{auroc}未満）のため、保持とも忘却とも判定しないクラス: {names}。',
    { auroc: String(LEARNED_AUROC), names: listed(rows.map((row) => named(row.name))) }));
}

function firstLost(report: Report, method: Method, row: ClassRow): Node {
  const at = percent(row.curve.first_drop);
  const back = recovers(method, row, report.data.audit.options.drop);
  return fragment(strong(row.name), say(` (at ${at}${back ? ', recovers later' : ''})`, `（${at}${back ? '、その後回復' : ''}）`));
}

function classCard(report: Report, method: Method): HTMLElement {
  const lost = forgotten(method);
  const safe = kept(method);
  const drop = percent(report.data.audit.options.drop);
  const up = percent(method.highest);
  return card(
    say('Which classes are forgotten first?', '最初に忘れられるクラスはどれか'),
    lost.length > 0
      ? paragraph(told('With {name}, the first to lose more than {drop} of their AP: {first}.', '{name}で、APが{drop}を超えて最初に低下するクラス: {first}。',
          { name: named(method.name), drop, first: listed(lost.slice(0, LISTED).map((row) => firstLost(report, method, row))) }))
      : paragraph(safe.length > 0
          ? say(`No class that can be judged loses more than ${drop} of its AP at any sparsity tried.`, `判定できるクラスのうち、試したどのスパース率でもAPが${drop}を超えて低下したものはない。`)
          : say('No class can be judged.', '判定できるクラスがない。')),
    lost.length + safe.length > 0 &&
      paragraph(say(`Classes that can be judged: ${lost.length + safe.length}. Below that line at some sparsity up to ${up}: ${lost.length}; no such drop seen: ${safe.length}.`,
        `判定できるクラス: ${lost.length + safe.length}。スパース率${up}までにこの基準を下回ったもの: ${lost.length}、下回らなかったもの: ${safe.length}。`)),
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
    return say('no correlation can be had', '相関は求められない') + (why === null ? '' : say(` (${reason(why)})`, `（${reason(why)}）`));
  }
  const text = `\u03c1 = ${coefficient(found.spearman)}`;
  return say(`${text} over ${classes(found.points)} (${pValue(found.spearman_p, found.points)})`, `${text}（${classes(found.points)}、${pValue(found.spearman_p, found.points)}）`);
}

/** What a reader must know before reading a correlation with frequency as forgetting. */
export function frequencyCaveat(): string {
  return say('A p-value takes classes as independent, though they share images. AP\u2019s chance level is the prevalence, so an equal loss of discrimination ' +
    'gives a larger relative loss of AP in a rarer class; AUROC has no such floor.',
    'p値はクラスを互いに独立とみなすが、実際には同じ画像を共有している。APの偶然水準は陽性率に等しいため、識別能の低下が同じでも、まれなクラスほどAPの相対的な低下は大きくなる。AUROCにはこのような下限はない。');
}

function frequencySentence(report: Report, method: Method): Node {
  return fragment(paragraph(told(
    'Log training frequency against first drop: {first}; classes that never dropped are left out. Against the change of AUROC at {highest}: {auroc}.',
    '学習時の頻度（対数）と初回低下点の相関: {first}。低下しなかったクラスは除く。スパース率{highest}でのAUROCの変化との相関: {auroc}。',
    { first: correlationText(report, method, 'first_drop'), highest: percent(method.highest), auroc: correlationText(report, method, 'delta_auroc_at_max') })),
  element('p', { class: 'hint' }, frequencyCaveat()));
}

function imageCard(report: Report, method: Method): HTMLElement {
  const found = method.audit.exemplars;
  const title = say('Which images break?', '崩れるのはどの画像か');
  if (found.count === 0) {
    return card(title, paragraph(told('No exemplars were sought or found for {name}.', '{name}では例示画像は探索されなかったか、見つからなかった。', { name: named(method.name) })));
  }
  const constant = constantOrder(report, method);
  const known = constant === null && found.count >= ENOUGH_EXEMPLARS_IN_ALL;
  const at = percent(found.sparsity);
  const threshold = found.threshold === null ? '' : say(` (rank correlation with the dense network at most ${coefficient(found.threshold)})`,
    `（プルーニング前との順位相関が${coefficient(found.threshold)}以下）`);
  return card(
    title,
    paragraph(told(`{count} whose order of scores changes most at ${at} sparsity${threshold} are shown as exemplars.`,
      `スパース率${at}でスコアの順位が最も大きく変わる{count}を例示画像として示す${threshold}。`, { count: strong(images(found.count)) })),
    constant !== null && paragraph(sentence(reason(constant))),
    constant === null && !known && paragraph(say('Too few to say what they have in common.', '枚数が少なく、共通点は述べられない。')),
    known && frequentLabels(method),
    known && manyFindings(method),
  );
}

/** A ratio in words; null, with an exemplar counted, means that no other image has it. */
function howOften(ratio: Figure): string {
  return ratio === null ? say('only among exemplars', '例示画像のみ') : say(`${times(ratio)} as often as among other images`, `他の画像の${times(ratio)}の頻度`);
}

function frequentLabels(method: Method): HTMLElement | null {
  const found = method.audit.exemplars;
  const ratioOf = (row: ClassRow): number => found.class_ratio[row.name] ?? Infinity;
  const rows = method.classes
    .filter((row) => row.enough && enoughExemplars(found.class_counts[row.name]) && ratioOf(row) > 1)
    .sort((a, b) => ratioOf(b) - ratioOf(a))
    .slice(0, 3);
  const parts = rows.map((row) => {
    const counted = found.class_counts[row.name]?.exemplars ?? 0;
    const often = howOften(found.class_ratio[row.name] ?? null);
    return fragment(strong(row.name), say(` (${count(counted)} of ${exemplars(found.count)}, ${often})`, `（例示画像${outOf(counted, found.count)}枚、${often}）`));
  });
  return rows.length === 0 ? null : paragraph(told('Frequent among them: {parts}.', 'その中で多いラベル: {parts}。', { parts: listed(parts) }));
}

function manyFindings(method: Method): HTMLElement | null {
  const found = method.audit.exemplars;
  const many = found.findings_ratio.find((entry) => entry.findings === '4+');
  return many === undefined || !enoughExemplars(many) ? null
    : paragraph(told(`Images with four or more findings: ${count(many.exemplars)} of ${exemplars(found.count)}, {often}.`,
        `所見が4つ以上ある画像: 例示画像${outOf(many.exemplars, found.count)}枚、{often}。`, { often: strong(howOften(many.ratio)) }));
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${say('.', '。')}`;
}

function tile(value: string, label: Child): HTMLElement {
  return element('div', { class: 'tile' }, element('dt', {}, label), element('dd', {}, value));
}

function notKnown(): string {
  return say('not known', '不明');
}

function scoreOrWords(value: Figure): string {
  return value === null ? notKnown() : score(value);
}

function tiles(report: Report, method: Method): HTMLElement {
  const dense = method.audit.macro[0];
  const lost = forgotten(method).length;
  const known = lost + kept(method).length;
  const close = closeUpTo(method);
  const drop = percent(report.data.audit.options.drop);
  const at = percent(method.audit.exemplars.sparsity);
  return element('dl', { class: 'tiles' },
    tile(scoreOrWords(dense?.auroc ?? null), say('Macro AUROC, dense', 'マクロ平均AUROC（プルーニング前）')),
    tile(scoreOrWords(dense?.ap ?? null), say('Macro AP, dense', 'マクロ平均AP（プルーニング前）')),
    tile(close === null ? (comparable(method) ? say('none', 'なし') : notKnown()) : percent(close),
      say(`Highest sparsity with macro AP within ${percent(NEAR)}`, `マクロ平均APが${percent(NEAR)}以内に保たれる最高スパース率`)),
    tile(known === 0 ? notKnown() : outOf(lost, known), say(`Classes with a drop of ${drop} at some sparsity`, `いずれかのスパース率で${drop}低下したクラス`)),
    tile(count(method.audit.exemplars.count), say(`Exemplar images at ${at}`, `例示画像の枚数（スパース率${at}）`)));
}

export function summarySection(report: Report, method: Method): Node {
  const leading = leadingMethod(report.methods);
  return fragment(
    report.methods.length > 1 &&
      element('p', { class: 'shown' }, method === leading && comparable(method)
        ? told('Shown: {name}, the method that keeps most macro AP over its sparsities.', '表示中: {name}（全スパース率を通じてマクロ平均APを最もよく保つ手法）', { name: strong(method.name) })
        : told('Shown: {name}.', '表示中: {name}', { name: strong(method.name) })),
    tiles(report, method),
    element('div', { class: 'cards' }, overallCard(report, method), classCard(report, method), imageCard(report, method)),
    insufficientSentence(report, method));
}
