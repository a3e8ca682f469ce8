// What a head of department reads first: the verdict and why, what is gained, what is risked, what is not known.
import type { Report } from './data';
import type { Decision, Gains, Guard, Pair, Requirement, RiskyCombination } from './decision_data';
import { networkText, nextStep, sentence, someNames, statusText, verdictName } from './decision_text';
import { drawn, element, fragment, listed, named, strong, told, type Child } from './dom';
import { fileName } from './download';
import { ABSENT, change, classes, count, images, interval, outOf, percent } from './format';
import { say } from './language';
import { reason } from './reasons';
import { figureColumn, folded, sortableTable, withBelow } from './table';

const MOST_LOSING = 5;
const MOST_COMBINATIONS = 3;

// A shape of its own for each verdict, so that colour is never alone.
const SIGNS: Record<Decision['verdict'], string> = {
  'deploy': 'M10 25l9 9 19-22',
  'deploy with guards': 'M24 5l16 6v12c0 10-7 17-16 20-9-3-16-10-16-20V11ZM15 24l7 7 12-13',
  'do not deploy': 'M12 12l24 24M36 12L12 36',
  'insufficient evidence': 'M16 17c0-6 4-9 8-9s8 3 8 8c0 6-8 6-8 13M24 38v2',
};

function banner(report: Report, decision: Decision): HTMLElement {
  const { verdict, recommended } = decision;
  return element('div', { class: 'verdict', 'data-verdict': verdict },
    drawn('svg', { viewBox: '0 0 48 48', 'aria-hidden': 'true' }, drawn('path', { d: SIGNS[verdict] })),
    element('div', {},
      element('p', { class: 'verdict-name' }, verdictName(verdict), recommended !== null && say(': ', ': '), recommended !== null && networkText(recommended)),
      element('p', { class: 'verdict-reason' }, sentence(report, decision)),
      element('p', { class: 'verdict-next' }, nextStep(verdict))));
}

function card(title: string, items: Child[], more: Child = null): HTMLElement {
  return element('article', { class: 'card' }, element('h3', {}, title),
    element('ul', { class: 'plain' }, ...items.filter((item) => item !== null && item !== false && item !== undefined && item !== '').map((item) => element('li', {}, item))), more);
}

// --- gained ---

function bytes(value: number): string {
  return value < 1e6 ? `${(value / 1e3).toFixed(0)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}

/** "3.10 ms instead of 6.20 (50% less)" */
function instead(pair: NonNullable<Pair>, text: (value: number) => string): Node {
  const less = Math.round((1 - pair.pruned / pair.dense) * 100) / 100;
  const part = percent(Math.abs(less));
  const by = less === 0 ? say('about the same', 'ほぼ同じ') : less > 0 ? say(`${part} less`, `${part}減`) : say(`${part} more`, `${part}増`);
  return told('{pruned} instead of {dense} ({by})', '{pruned}（プルーニング前は{dense}、{by}）', { pruned: strong(text(pair.pruned)), dense: text(pair.dense), by });
}

function gainItems(gains: Gains): Child[] {
  const one = (name: string, pair: Pair, text: (value: number) => string): Child => pair && fragment(`${name}: `, instead(pair, text));
  const timed = gains.milliseconds_per_image !== null;
  return [
    one(say('Time an image', '1枚あたりの処理時間'), gains.milliseconds_per_image, (value) => `${value.toFixed(2)} ms`),
    one(say('Images a second', '1秒あたりの画像数'), gains.images_per_second, (value) => (value < 100 ? value.toFixed(1) : count(Math.round(value)))),
    one(say('Memory', 'メモリ'), gains.peak_bytes, bytes),
    !timed && say('Time, throughput and memory were not measured. niwaki bench --study measures them.', '処理時間・処理枚数・メモリは測定していない（niwaki bench --studyで測定できる）。'),
    one(say('File', 'ファイル'), gains.file_bytes, bytes),
    gains.file_bytes === null && say('The file sizes are not known: the network files are not beside this audit.', 'ファイルの大きさは不明（ネットワークのファイルが監査とともに置かれていない）。'),
  ];
}

function machine(gains: Gains): Child {
  const { machine: on } = gains;
  return on && element('p', { class: 'hint' }, told(`Measured on {processor}, ${on.threads === 1 ? '1 thread' : `${on.threads} threads`}, batch ${on.batch}, engine {engine}.`,
    `測定環境: {processor}、${on.threads}スレッド、バッチ${on.batch}、実行エンジン{engine}`, { processor: named(on.processor), engine: named(on.engine) }));
}

// --- risked ---

function losing(decision: Decision): Child {
  const { losing: names } = decision.risks;
  if (names.length === 0) {
    return null;
  }
  const of = (name: string): Requirement | undefined => decision.requirements.find((requirement) => requirement.class === name);
  const parts = names.slice(0, MOST_LOSING).map((name) => {
    const found = of(name);
    return fragment(strong(name), found === undefined ? '' : say(` (AP ${change(found.change)}, 95% band ${interval(found.band, change)})`, `（AP ${change(found.change)}、95%信頼帯 ${interval(found.band, change)}）`));
  });
  const more = names.length - parts.length;
  return told(`${classes(names.length)} ${names.length === 1 ? 'is' : 'are'} shown to lose: {parts}${more > 0 ? ` and ${count(more)} more` : ''}.`,
    `低下が示された${classes(names.length)}: {parts}${more > 0 ? `、ほか${count(more)}クラス` : ''}。`, { parts: more > 0 ? inRow(parts, say(', ', '、')) : listed(parts) });
}

/** Parts that are not the end of the list: "A, B". */
function inRow(parts: Node[], between: string): Node {
  return fragment(...parts.flatMap((part, index): Child[] => (index > 0 ? [between, part] : [part])));
}

function combination(effect: RiskyCombination): Node {
  return told('{finding} with {given}', '{given}を伴う{finding}', { finding: strong(effect.class), given: listed(effect.given.map((name) => named(name))) });
}

function combinations(decision: Decision): Child {
  const { companions, companion_sparsity: at } = decision.risks;
  if (companions.length === 0) {
    return null;
  }
  const more = companions.length - MOST_COMBINATIONS;
  return told(`At ${percent(at)}, ${count(companions.length)} ${companions.length === 1 ? 'combination loses' : 'combinations lose'} more than the finding alone: {parts}${more > 0 ? `, and ${count(more)} more` : ''}.`,
    `スパース率${percent(at)}で、単独の場合より低下が大きい所見の組み合わせ${count(companions.length)}件: {parts}${more > 0 ? `、ほか${count(more)}件` : ''}。`,
    { parts: inRow(companions.slice(0, MOST_COMBINATIONS).map(combination), say('; ', '、')) });
}

function riskItems(report: Report, decision: Decision): Child[] {
  const { risks } = decision;
  const audited = report.methods.some((method) => method.name === decision.considered?.method);
  if (!audited) {
    return [say('What this network loses was not audited.', 'このネットワークで何が失われるかは監査されていない。')];
  }
  const items: Child[] = [
    losing(decision), combinations(decision),
    risks.strata.length > 0 && told('Groups that are shown to lose more than the others: {parts}.', '他より低下が大きいことが示された集団: {parts}。',
      { parts: listed(risks.strata.map(({ column, stratum }) => fragment(named(column), ' ', strong(stratum)))) }),
    risks.exemplars > 0 && told(`At ${percent(risks.exemplar_sparsity)}, ${images(risks.exemplars)} change most; {lost} of them lose a call.`,
      `スパース率${percent(risks.exemplar_sparsity)}で結果が最も変わる${images(risks.exemplars)}のうち{lost}で、検出が1つ以上失われる。`, { lost: strong(say(count(risks.exemplars_losing), `${count(risks.exemplars_losing)}枚`)) }),
  ];
  const nothingLost = risks.losing.length === 0 && risks.companions.length === 0 && risks.strata.length === 0;
  return [nothingLost && say('No class, combination or group is shown to lose. That does not show that none does.', '低下が示されたクラス・組み合わせ・集団はない。ただし、低下がないことを示すものではない。'), ...items];
}

// --- not known ---

function unknownItems(report: Report, decision: Decision): Child[] {
  const { seeds, options } = report.data.audit;
  const strata = report.methods.some((method) => (method.audit.strata?.columns.length ?? 0) > 0);
  return [
    decision.unknown.length > 0 && told(`Whether ${decision.unknown.length === 1 ? 'this class is' : 'these classes are'} kept: {names} (too few patients, hardly learned, or no interval).`,
      '保たれるかどうか不明なクラス: {names}（患者数不足、学習不十分、または信頼区間なし）。', { names: someNames(decision.unknown) }),
    options.bootstrap === 0 && say('How much of the figures is chance: there are no intervals over patients.', '数値のどこまでが偶然か（患者に関する信頼区間がない）。'),
    seeds.length === 1 && say('How other trainings differ: there is one seed.', '別の学習でどれほど異なるか（シードが1個のみ）。'),
    decision.certificate === null && say('Whether it holds on patients who had no part in the choice: there is no certificate (niwaki certify).', '選択に用いていない患者でも成り立つか（証明書がない。niwaki certifyで確認できる）。'),
    !strata && say('Whether one site, sex or age loses more than another: no groups were compared.', '施設・性別・年齢によって低下に差があるか（集団の比較をしていない）。'),
    ...decision.passed_over.map((text) => fragment(say('Passed over: ', '数えなかったもの: '), named(reason(text)))),
  ];
}

// --- guards, and what the policy asks ---

function guardItem(guard: Guard): Node {
  if (guard.kind === 'classes') {
    return told('{names} stay with people or with the dense network: of them too little is known.', '{names}は、人またはプルーニング前のネットワークが引き続き担う（エビデンス不足のため）。', { names: someNames(guard.classes) });
  }
  const sent = guard.deferred === null ? '' : say(` (on the test images: ${percent(guard.deferred)})`, `（テスト画像では${percent(guard.deferred)}）`);
  const time = guard.milliseconds_per_image === null ? '' : say(` That takes ${guard.milliseconds_per_image.toFixed(2)} ms an image on average.`, `1枚あたり平均${guard.milliseconds_per_image.toFixed(2)} ms。`);
  return told(`Up to {rate} of the images go to the dense network${sent}.${time}`, `画像の最大{rate}をプルーニング前のネットワークに回す${sent}。${time}`, { rate: strong(percent(guard.rate)) });
}

function guards(decision: Decision): Child {
  return decision.guards.length > 0 && element('div', { class: 'guards' }, element('h3', {}, say('Guards that must be in place', '必要な安全策')),
    element('ul', { class: 'limits' }, ...decision.guards.map((guard) => element('li', {}, guardItem(guard)))));
}

function policySentence(decision: Decision): HTMLElement {
  const { policy } = decision;
  const asked = policy.classes.flatMap(({ tolerance }) => (tolerance === null ? [] : [tolerance]));
  const [least, most] = [Math.min(...asked), Math.max(...asked)];
  const each = least === most ? percent(least) : say(`${percent(least)} to ${percent(most)}`, `${percent(least)}～${percent(most)}`);
  const left = policy.classes.length - asked.length;
  const unknown = policy.unknown_classes === 'block' ? say('a class of which too little is known blocks a deployment', 'エビデンス不足のクラスがあれば導入を見送る') : say('classes of which too little is known are reported', 'エビデンス不足のクラスは明記する');
  return element('p', { class: 'hint' }, say(
    `The policy: macro AP may lose less than ${percent(policy.macro_loss)}, each class less than ${each}${left > 0 ? ` (nothing is asked of ${classes(left)})` : ''}; ${unknown}; below ${percent(policy.least_sparsity)} sparsity pruning is not worth it.`,
    `方針: 許容する低下はマクロ平均APで${percent(policy.macro_loss)}未満、各クラスのAPで${each}未満${left > 0 ? `（${classes(left)}は対象外）` : ''}。${unknown}。スパース率${percent(policy.least_sparsity)}未満のプルーニングは導入に値しない。`),
  decision.chosen_among > 1 && decision.recommended !== null && decision.certificate === null && say(
    ` Chosen among ${count(decision.chosen_among)} methods on the same patients who give the figures, so the best of them is flattered; a certificate on other patients settles that.`,
    `${count(decision.chosen_among)}種の手法から、数値を求めたのと同じ患者で選んでいるため、最良の手法は実際より良く見える。別の患者での証明書によって確かめられる。`));
}

function requirementTable(decision: Decision): Child {
  const { requirements, considered } = decision;
  if (considered === null || requirements.length === 0) {
    return null;
  }
  const nameOf = (row: Requirement): string => row.class ?? say('Macro AP', 'マクロ平均AP');
  const rank = (row: Requirement): number => ['lost', 'not shown', 'few patients', 'hardly learned', 'no band', 'kept', 'not asked'].indexOf(row.status);
  const title = say('What the policy asks, class by class', '方針の要求とクラスごとの結果');
  return folded(title, () => sortableTable(requirements, [
    { key: 'class', head: say('Class', 'クラス'), value: nameOf, cell: (row) => named(nameOf(row)) },
    figureColumn<Requirement>('patients', say('Patients', '患者'), say('With the class, in the test cohort', 'テストコホートの陽性患者'), (row) => row.patients, count),
    figureColumn<Requirement>('tolerance', say('Tolerated loss', '許容する低下'), '', (row) => row.tolerance, percent),
    { ...figureColumn<Requirement>('change', say('Change of AP', 'APの変化'), say('Median over seeds; 95% band over patients', 'シード間の中央値。下段は患者に関する95%信頼帯'), (row) => row.change, change),
      cell: (row) => withBelow(row.status === 'few patients' ? ABSENT : change(row.change), row.band === null || row.status === 'few patients' ? null : interval(row.band, change)),
      extra: [{ key: 'band_low', value: (row) => row.band?.[0] ?? null }, { key: 'band_high', value: (row) => row.band?.[1] ?? null }] },
    { key: 'status', head: say('Shown', '結果'), value: (row) => row.status, order: rank, cell: (row) => statusText(row.status) },
  ], { caption: `${title} (${considered.method || considered.name}${considered.sparsity === null ? '' : `, ${percent(considered.sparsity)}`})`, file: fileName('policy', considered.method || considered.name), sortBy: 'status' }));
}

function keptCount(decision: Decision): Child {
  const asked = decision.requirements.filter(({ class: name, status }) => name !== null && status !== 'not asked');
  return asked.length > 0 && decision.considered !== null && element('p', {}, told('Of {network}: {kept} classes are shown to be kept.', '{network}で保たれることが示されたクラス: {kept}。',
    { network: networkText(decision.considered), kept: strong(outOf(asked.filter(({ status }) => status === 'kept').length, asked.length)) }));
}

export function decisionSection(report: Report): Node {
  const { decision } = report.data;
  const cards = decision.considered === null ? [card(say('Not known', '不明な点'), unknownItems(report, decision))] : [
    card(say('Gained', '得られるもの'), gainItems(decision.gains), machine(decision.gains)),
    card(say('Risked', 'リスク'), riskItems(report, decision)),
    card(say('Not known', '不明な点'), unknownItems(report, decision)),
  ];
  return fragment(banner(report, decision), guards(decision),
    decision.considered !== null && decision.recommended === null && element('p', { class: 'hint' }, told('The figures below are of {network}, the network that was looked at.', '以下の数値は、検討の対象となった{network}のもの。', { network: networkText(decision.considered) })),
    element('div', { class: 'cards' }, ...cards), keptCount(decision), policySentence(decision), requirementTable(decision));
}
