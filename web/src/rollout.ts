// The roll-out plan: three phases, how long each takes to see a loss in each class, when to stop, who looks at what.
import type { Report } from './data';
import type { Rollout, RolloutClass } from './decision_data';
import { element, fragment, listed, named, strong, told, type Child } from './dom';
import { numberField, numberText } from './field';
import { ABSENT, classes, count, interval, percent } from './format';
import { currentInputs, onInputs, typeInputs } from './inputs';
import { say } from './language';
import { figureColumn, plainTable, sortableTable, withBelow, type Column } from './table';

const PHASES = 3;

interface Phase {
  name: string;
  what: string;
}

function phases({ shares }: Rollout): Phase[] {
  const [, limited, monitored] = shares.map((share) => percent(share));
  return [
    { name: say('Shadow', 'シャドー運用'), what: say('The dense network goes on working. The pruned one reads every image too, unseen by those who treat.', 'プルーニング前のネットワークが従来どおり稼働する。プルーニング後のネットワークも全画像を読むが、結果は診療に用いない。') },
    { name: say('Limited', '限定導入'), what: say(`The pruned network works on ${limited} of the images, drawn by chance; the dense one reads these too, and people see both where they differ.`, `無作為に選んだ画像の${limited}でプルーニング後のネットワークを診療に用いる。プルーニング前のネットワークも同じ画像を読み、結果が異なれば人が両方を見る。`) },
    { name: say('Full', '全面導入'), what: say(`The pruned network works on all images. The dense one goes on reading ${monitored} of them, drawn by chance, as a watch.`, `全画像でプルーニング後のネットワークを用いる。監視のため、無作為に選んだ${monitored}をプルーニング前のネットワークでも読み続ける。`) },
  ];
}

/** As the program counts them: whole days. */
export function daysOf(images: number | null, imagesADay: number | null, share: number): number | null {
  return images === null || imagesADay === null || imagesADay <= 0 ? null : Math.ceil(images / (imagesADay * share));
}

function days(plan: Rollout, value: number | null): Node {
  return value === null ? fragment(ABSENT) : value > plan.longest_days
    ? element('span', { class: 'quiet' }, say(`${count(value)} (too long)`, `${count(value)}（長すぎる）`)) : fragment(count(value));
}

function classTable(report: Report): HTMLElement {
  const { rollout: plan } = report.data;
  const { imagesADay } = currentInputs(report).numbers;
  const list = phases(plan);
  const columns: Column<RolloutClass>[] = [
    { key: 'class', head: say('Class', 'クラス'), value: (row) => row.class,
      cell: (row) => withBelow(named(row.class), row.few_patients ? say('insufficient evidence', 'エビデンス不足') : null) },
    { ...figureColumn<RolloutClass>('prevalence', say('Of patients', '患者中の割合'), say('In the test cohort; 95% interval (Clopper and Pearson)', 'テストコホート。下段は95%信頼区間（Clopper-Pearson法）'), (row) => row.prevalence, percent),
      cell: (row) => withBelow(percent(row.prevalence), row.prevalence_interval === null ? null : interval(row.prevalence_interval, percent)),
      extra: [{ key: 'positive_patients', value: (row) => row.positive_patients }, { key: 'prevalence_low', value: (row) => row.prevalence_interval?.[0] ?? null }, { key: 'prevalence_high', value: (row) => row.prevalence_interval?.[1] ?? null }] },
    { ...figureColumn<RolloutClass>('images', say('Images needed', '必要な画像数'), say('At this prevalence; below, at the ends of its interval', 'この割合での枚数。下段は区間の両端での枚数'), (row) => row.images, count),
      cell: (row) => withBelow(count(row.images), row.images_interval === null ? null : interval(row.images_interval, count)),
      extra: [{ key: 'images_low', value: (row) => row.images_interval?.[0] ?? null }, { key: 'images_high', value: (row) => row.images_interval?.[1] ?? null }] },
    ...Array.from({ length: PHASES }, (_, phase): Column<RolloutClass> => {
      const value = (row: RolloutClass): number | null => daysOf(row.images, imagesADay, plan.shares[phase] ?? 1);
      const name = list[phase]?.name ?? '';
      return { ...figureColumn<RolloutClass>(`days_${['shadow', 'limited', 'full'][phase] ?? phase}`, say(`Days, ${name.toLowerCase()}`, `日数（${name}）`), say(`On ${percent(plan.shares[phase] ?? 1)} of the images`, `画像の${percent(plan.shares[phase] ?? 1)}で比較`), value, count),
        cell: (row) => days(plan, value(row)) };
    }),
  ];
  return sortableTable(plan.classes, columns, { caption: say('Images and days needed, by class', 'クラスごとに必要な画像数と日数'), file: 'roll-out' });
}

/** Until the most frequent, half and all of the classes can be judged. */
function lasting(report: Report): Child {
  const { rollout: plan } = report.data;
  const { imagesADay } = currentInputs(report).numbers;
  if (imagesADay === null) {
    return element('p', { class: 'absent' }, say('How many days that takes is not known: type in the images a day.', '1日の画像数を入力すると、日数が計算される。'));
  }
  const parts = phases(plan).map(({ name }, phase) => {
    const within = plan.classes.filter((row) => {
      const value = daysOf(row.images, imagesADay, plan.shares[phase] ?? 1);
      return value !== null && value <= plan.longest_days;
    }).length;
    return told('{name}: {number}', '{name}: {number}', { name, number: strong(say(`${count(within)} of ${classes(plan.classes.length)}`, `${classes(plan.classes.length)}中${count(within)}クラス`)) });
  });
  return element('p', {}, told(`Within ${count(plan.longest_days)} days a loss can be seen in: {parts}. In the others it would stay unseen: they are to be watched by people.`,
    `${count(plan.longest_days)}日以内に低下を検出できるクラスの数: {parts}。残りのクラスの低下は検出できないため、人による監視が必要。`, { parts: listed(parts) }));
}

function sizeSentence(plan: Rollout): HTMLElement {
  if (plan.patients_with_the_finding === null) {
    return element('p', { class: 'absent' }, say('No number of patients up to ten million would show such a loss.', '1,000万人までの患者数では、この低下を検出できない。'));
  }
  return element('p', { class: 'lead' }, told(
    `Each phase is to see, with ${percent(plan.power)} power, whether of the patients with a finding ${percent(plan.loss)} more are missed than are newly found (of them, ${percent(plan.loss + plan.found)} missed by the pruned network alone and ${percent(plan.found)} found by it alone). That takes {patients} patients with the finding, one-sided at ${percent(plan.significance)}, by McNemar\u2019s exact test on the patients whom both networks read.`,
    `各段階では、所見のある患者のうち差し引き${percent(plan.loss)}が新たに見落とされる低下（プルーニング後だけが見落とす患者${percent(plan.loss + plan.found)}、プルーニング後だけが検出する患者${percent(plan.found)}）を、検出力${percent(plan.power)}で検出する。両方のネットワークで読んだ患者をMcNemarの正確検定（片側${percent(plan.significance)}）で比べるには、その所見のある患者が{patients}人必要となる。`,
    { patients: strong(count(plan.patients_with_the_finding)) }));
}

function stopRules(plan: Rollout): Node {
  return fragment(
    element('h3', {}, say('When to stop', '中止の基準')),
    element('p', {}, say('Stop and go back to the dense network when, in any class, as many patients as this are missed by the pruned network alone (beside those whom it alone found):',
      'いずれかのクラスで、プルーニング後だけが見落とした患者が次の人数に達したら（プルーニング後だけが検出した患者数に応じる）、中止してプルーニング前のネットワークに戻す。')),
    plainTable(say('Stop rules', '中止の基準'), [say('Found by the pruned network alone', 'プルーニング後だけが検出'), say('Missed by it alone: stop at any look', '中止する見落とし（途中のどの確認でも）'), say('Missed by it alone: stop at the end of a phase', '中止する見落とし（段階の終了時）')],
      plan.stop.map((rule) => [count(rule.found), count(rule.missed_at_any_look), count(rule.missed_at_the_end)])),
    element('p', { class: 'hint' }, say(
      `At any look the level is 0.001 (Haybittle and Peto), so that looking often hardly adds to the ${percent(plan.significance)} at the end. Without any loss, ${plan.false_stops.toFixed(1)} of the classes would stop a phase on average: look at the images before you conclude. A missed urgent finding that harmed somebody stops it at once, whatever the numbers.`,
      `途中の確認では有意水準を0.001とし（Haybittle-Petoの方法）、繰り返し確認しても最終の${percent(plan.significance)}にほとんど影響しないようにする。実際には低下がなくても、1段階あたり平均${plan.false_stops.toFixed(1)}クラスが中止の基準に達しうるため、結論の前に該当画像を確認する。緊急所見の見落としで患者に害が及んだ場合は、人数にかかわらず直ちに中止する。`)));
}

function whoLooks(): Node {
  return fragment(element('h3', {}, say('Who looks at what', '担当と確認事項')),
    plainTable(say('Who looks at what', '担当と確認事項'), [say('Who', '担当'), say('Looks at', '確認すること'), say('When', '時期'), say('Decides', '決めること')], [
      [say('Reading physicians', '読影医'), say('every image on which the two networks differ', '2つのネットワークの結果が異なる全画像'), say('daily', '毎日'), say('which of the two is right', 'どちらが正しいか')],
      [say('Quality officer', '品質管理担当者'), say('counts of missed and found patients, by class, against the stop rules', 'クラスごとの見落とし・検出の患者数と中止の基準'), say('weekly, and at the end of a phase', '毎週および各段階の終了時'), say('to stop', '中止するか')],
      [say('Engineer', '技術担当者'), say('times, failures, hashes of the network files, share handed on by the guard', '処理時間、障害、ネットワークファイルのハッシュ、安全策で回した割合'), say('daily', '毎日'), say('to go back to the dense network when it fails', '障害時にプルーニング前へ戻すか')],
      [say('Head of department', '部門長'), say('the quality officer\u2019s report, and classes that stayed undecided', '品質管理担当者の報告と、判定できないまま残ったクラス'), say('at the end of a phase', '各段階の終了時'), say('whether the next phase begins', '次の段階に進むか')],
    ], false));
}

export function rolloutSection(report: Report): Node {
  const { rollout: plan, decision } = report.data;
  const refused = decision.verdict !== 'deploy' && decision.verdict !== 'deploy with guards';
  const field = numberField({ id: 'rollout-imagesADay', label: say('Images a day', '1日の画像数'), unit: say('images', '枚'), value: currentInputs(report).numbers.imagesADay,
    onType: (typed) => {
      const state = currentInputs(report);
      typeInputs({ ...state, numbers: { ...state.numbers, imagesADay: typed } });
    } });
  const input = field.querySelector('input');
  const holder = element('div', {}, lasting(report), classTable(report));
  onInputs(holder, () => {
    holder.replaceChildren(fragment(lasting(report), classTable(report)));
    if (input && document.activeElement !== input) {
      input.value = numberText(currentInputs(report).numbers.imagesADay);
    }
  });
  return fragment(
    refused && element('p', { class: 'insufficient' }, say('The verdict does not support a roll-out. Only the first phase, unseen by those who treat, can be justified, to learn more.', '今回の判定では導入は支持されない。診療に影響しないシャドー運用（第1段階）に限り、追加のエビデンスを得る目的で行うことはできる。')),
    element('ol', { class: 'phases' }, ...phases(plan).map(({ name, what }) => element('li', {}, element('strong', {}, name), element('span', {}, what)))),
    sizeSentence(plan), element('div', { class: 'fields' }, field), holder,
    element('p', { class: 'hint' }, say(`Images needed = patients with the finding \u00f7 share of patients who have it \u00d7 ${plan.images_per_patient.toFixed(2)} images a patient; days = images \u00f7 (images a day \u00d7 share on which both networks read). Where the finding is rarer than in the test cohort, it takes longer.`,
      `必要な画像数 = 所見のある患者の必要数 ÷ 所見のある患者の割合 × 患者1人あたり${plan.images_per_patient.toFixed(2)}枚。日数 = 画像数 ÷（1日の画像数 × 両方で読む割合）。所見の頻度がテストコホートより低ければ、さらに長くかかる。`)),
    stopRules(plan), whoLooks());
}
