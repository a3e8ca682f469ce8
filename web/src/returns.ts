// Return on investment: what 1,000 images cost by the dense network, the pruned one and the guarded one.
import { sweepCharts } from './chart';
import type { Report } from './data';
import { networkText } from './decision_text';
import { element, fragment, listed, named, told, type Child } from './dom';
import { breakEven, costOf, missedFindings, saving, sensitivity, SYSTEMS, type BreakEven, type Inputs, type System } from './economics';
import { numberField, numberInput, numberText } from './field';
import { classes, count, percent, score } from './format';
import { formulas } from './formulas';
import { classState, currentInputs, formulaInputs, guardMeasured, knownOf, onInputs, recipeInputs, typeInputs, type Known, type NumberKey } from './inputs';
import { say } from './language';
import { money, systemName } from './money';
import { figureColumn, folded, plainTable, sortableTable, type Column } from './table';
import { tornadoFigure } from './tornado';

interface FieldAbout {
  key: NumberKey;
  label: string;
  unit: string;
  scale?: number; // what is shown for 1
}

function fieldsAbout(currency: string): FieldAbout[] {
  const price = currency;
  return [
    { key: 'imagesADay', label: say('Images a day', '1日の画像数'), unit: say('images', '枚') },
    { key: 'machineHour', label: say('A machine hour', '計算機1時間の費用'), unit: price },
    { key: 'denseMilliseconds', label: say('Dense network, time an image', '処理時間（プルーニング前、1枚）'), unit: 'ms' },
    { key: 'prunedMilliseconds', label: say('Pruned network, time an image', '処理時間（プルーニング後、1枚）'), unit: 'ms' },
    { key: 'deferralRate', label: say('Images handed on by a guard', '安全策により回す画像の割合'), unit: '%', scale: 100 },
    { key: 'reviewMinutes', label: say('Review of one of them by a person', 'その1枚を人が確認する時間'), unit: say('minutes', '分') },
    { key: 'readerHour', label: say('An hour of that person', 'その人の1時間の費用'), unit: price },
    { key: 'switching', label: say('The switch, paid once', '切り替えの一時費用'), unit: price },
  ];
}

function form(report: Report): HTMLElement {
  const { economics } = report.data;
  const fields = fieldsAbout(economics.inputs.currency).map(({ key, label, unit, scale = 1 }) => {
    const value = currentInputs(report).numbers[key];
    const field = numberField({ id: `roi-${key}`, label, unit, value: value === null ? null : value * scale, ...(scale === 100 ? { most: 100 } : {}),
      onType: (typed) => {
        const state = currentInputs(report);
        typeInputs({ ...state, numbers: { ...state.numbers, [key]: typed === null ? null : typed / scale } });
      } });
    const input = field.querySelector('input');
    onInputs(field, () => {
      const now = currentInputs(report).numbers[key];
      if (input && document.activeElement !== input) {
        input.value = numberText(now === null ? null : now * scale);
      }
    });
    return field;
  });
  const reset = element('button', { type: 'button', class: 'reset screen' }, say('Back to the values of the recipe', 'レシピの値に戻す'));
  reset.addEventListener('click', () => typeInputs(recipeInputs(economics)));
  return element('div', { class: 'inputs', role: 'group', 'aria-label': say('Inputs', '入力') }, element('div', { class: 'fields' }, ...fields),
    missedCosts(report), element('p', {}, reset));
}

// --- the cost of a missed finding ---

function missedCosts(report: Report): HTMLElement {
  const { economics } = report.data;
  const price = economics.inputs.currency;
  const setAll = (typed: number | null): void => typeInputs({ ...currentInputs(report), costs: economics.classes.map(() => typed) });
  const same = (): number | null => {
    const { costs } = currentInputs(report);
    return costs.every((cost) => cost === costs[0]) ? costs[0] ?? null : null;
  };
  const all = numberField({ id: 'roi-missed', label: say('Cost put on a missed finding, of every class', '見落とし1件の費用（全クラス共通）'), unit: price, value: same(), onType: setAll });
  const input = all.querySelector('input');
  onInputs(all, () => {
    if (input && document.activeElement !== input) {
      input.value = numberText(same());
    }
  });
  return element('div', {}, element('div', { class: 'fields' }, all),
    folded(say('Cost of a missed finding by class', 'クラスごとの見落とし1件の費用'), () => classCosts(report, price)));
}

function classCosts(report: Report, price: string): HTMLElement {
  const { economics } = report.data;
  const rows = economics.classes.map((of, index) => {
    const id = `roi-missed-${index}`;
    const input = numberInput({ id, label: of.class, unit: price, value: currentInputs(report).costs[index] ?? null, onType: (typed) => {
      const state = currentInputs(report);
      typeInputs({ ...state, costs: state.costs.map((cost, at) => (at === index ? typed : cost)) });
    } });
    onInputs(input, () => {
      if (document.activeElement !== input) {
        input.value = numberText(currentInputs(report).costs[index] ?? null);
      }
    });
    return element('div', { class: 'field' }, element('label', { for: id }, named(of.class)), element('span', {}, input, price !== '' && element('span', { class: 'unit' }, named(price))));
  });
  return element('div', { class: 'fields' }, ...rows);
}

// --- what comes of it ---

interface Answer {
  report: Report;
  inputs: Inputs;
  known: Known;
  systems: System[]; // those of which something is known
  currency: string;
}

function answerOf(report: Report): Answer {
  const { economics } = report.data;
  const state = currentInputs(report);
  const known = knownOf(economics, state);
  return { report, inputs: formulaInputs(economics, state), known, systems: known.guarded ? SYSTEMS : ['dense', 'pruned'], currency: economics.inputs.currency };
}

function costTable({ inputs, known, systems, currency }: Answer): HTMLElement {
  const costs = systems.map((system) => costOf(inputs, system));
  const absent = say('not given', '未入力');
  const row = (name: string, is: boolean, of: (at: number) => number): string[] => [name, ...systems.map((_, at) => (is ? money(of(at), currency) : absent))];
  const rows = [
    row(say('Machine', '計算機'), known.machine, (at) => costs[at]?.machine ?? 0),
    ...(known.guarded ? [row(say('Review by people', '人による確認'), known.review, (at) => costs[at]?.review ?? 0)] : []),
    row(say('Missed findings', '見落とし'), known.missed, (at) => costs[at]?.missed ?? 0),
    row(say('Together, of what is given', '合計（入力された項目）'), true, (at) => costs[at]?.total ?? 0),
  ];
  return plainTable(say('Cost of 1,000 images', '画像1,000枚あたりの費用'), [say('Part', '項目'), ...systems.map(systemName)], rows);
}

function until(found: BreakEven, inputs: Inputs): Child {
  if (inputs.switching === 0) {
    return null;
  }
  if (found.images === null) {
    return say(' The price of the switch is never earned back.', '切り替えの費用は回収できない。');
  }
  const days = found.days === null ? '' : say(`, ${count(Math.ceil(found.days))} days`, `（${count(Math.ceil(found.days))}日）`);
  return say(` The price of the switch is earned back after ${count(Math.ceil(found.images))} images${days}.`, `切り替えの費用は画像${count(Math.ceil(found.images))}枚${days}で回収できる。`);
}

function balance({ inputs, known, currency }: Answer, system: 'pruned' | 'guarded'): HTMLElement {
  const gained = saving(inputs, system);
  const found = breakEven(inputs, system);
  const amount = money(Math.abs(gained), currency);
  const name = systemName(system);
  return element('p', { class: 'balance', 'data-system': system },
    element('strong', {}, gained >= 0 ? say(`${name}: 1,000 images cost ${amount} less than with the dense network.`, `${name}: 1,000枚あたりの費用は、プルーニング前より${amount}少ない。`)
      : say(`${name}: 1,000 images cost ${amount} more than with the dense network.`, `${name}: 1,000枚あたりの費用は、プルーニング前より${amount}多い。`)),
    until(found, inputs),
    known.missed && found.costFactor !== null && found.costFactor >= LEAST_FACTOR && say(` Both cost the same if each missed finding cost ${factor(found.costFactor)} times as much.`,
      `見落とし1件の費用が現在の入力の${factor(found.costFactor)}倍なら、両者の費用は等しくなる。`));
}

const LEAST_FACTOR = 0.001; // a smaller one says no more than that a missed finding outweighs all else
const factor = (value: number): string => String(Number(value.toPrecision(3)));

interface MissedRow {
  name: string;
  prevalence: number;
  rates: (number | null)[];
  missed: number[];
}

function missedTable({ inputs, systems }: Answer): HTMLElement {
  const rows = inputs.classes.map((of): MissedRow => ({ name: of.name, prevalence: of.prevalence,
    rates: systems.map((system) => sensitivity(of, system, inputs.deferralRate)), missed: systems.map((system) => missedFindings(of, system, inputs.deferralRate)) }));
  const columns: Column<MissedRow>[] = [
    { key: 'class', head: say('Class', 'クラス'), value: (row) => row.name, cell: (row) => named(row.name) },
    figureColumn('prevalence', say('Share of images', '画像中の割合'), say('In the test cohort', 'テストコホート'), (row) => row.prevalence, percent),
    ...systems.map((system, at) => figureColumn<MissedRow>(`sensitivity_${system}`, `${say('Sensitivity, ', '感度（')}${systemName(system).toLowerCase()}${say('', '）')}`, '', (row) => row.rates[at] ?? null, score)),
    ...systems.map((system, at) => figureColumn<MissedRow>(`missed_${system}`, `${say('Missed of 1,000 images, ', '1,000枚中の見落とし（')}${systemName(system).toLowerCase()}${say('', '）')}`, '', (row) => row.missed[at] ?? null, (value) => (value === null ? '\u2013' : value.toFixed(1)))),
  ];
  return sortableTable(rows, columns, { caption: say('Missed findings, by class', 'クラスごとの見落とし'), file: 'missed-findings' });
}

function leftOut(report: Report): Child {
  const few = report.data.economics.classes.filter((of) => classState(of) === 'few patients').map((of) => named(of.class));
  const none = report.data.economics.classes.filter((of) => classState(of) === 'no sensitivity').map((of) => named(of.class));
  return fragment(
    few.length > 0 && element('p', { class: 'insufficient' }, told(`Insufficient evidence: what is missed of {names} is not known, so it is not counted. That does not make it 0.`,
      'エビデンス不足: {names}の見落としは不明なため、費用に含めていない。0という意味ではない。', { names: few.length > 8 ? fragment(classes(few.length)) : listed(few) })),
    none.length > 0 && element('p', { class: 'hint' }, told('Not counted, because there is no sensitivity: {names}.', '感度がないため含めていないクラス: {names}。', { names: none.length > 8 ? fragment(classes(none.length)) : listed(none) })));
}

function results(report: Report): Node {
  const answer = answerOf(report);
  const { known } = answer;
  const rates = folded(say('Missed findings, by class', 'クラスごとの見落とし'), () => missedTable(answer));
  if (!known.machine && !known.review && !known.missed) {
    return fragment(element('p', { class: 'absent' }, say(
      'No cost can be computed yet: type in what a machine hour costs with both times, what a person\u2019s review costs, or what a missed finding is taken to cost.',
      '費用はまだ計算できない。計算機の1時間の費用と両方の処理時間、人による確認の費用、または見落とし1件の費用を入力すると計算される。')), rates);
  }
  return fragment(costTable(answer), balance(answer, 'pruned'), known.guarded && balance(answer, 'guarded'), leftOut(report), rates,
    tornadoFigure(answer.inputs, known.guarded ? ['pruned', 'guarded'] : ['pruned'], answer.currency), formulas(answer.inputs, known, answer.currency));
}

function caveat(report: Report): HTMLElement {
  const { economics } = report.data;
  return element('p', { class: 'hint' },
    say('Frequencies and sensitivities are those of the test cohort, medians over seeds without an interval, so a difference between missed findings may be chance; where findings are rarer, fewer are missed. ', '所見の頻度と感度はテストコホートの値で、シード間の中央値であり、区間はないため、見落としの差は偶然かもしれない。所見の頻度が低ければ見落としも少なくなる。'),
    economics.operating_points_chosen ? say('Calls are made at operating points that were chosen on validation images. ', '検出の判定には検証画像で選んだ動作点を用いる。')
      : say(`Calls are made at the threshold ${report.data.audit.options.threshold} for all classes. `, `検出の判定には全クラス共通の閾値${report.data.audit.options.threshold}を用いる。`),
    guardMeasured(economics) ? say('The guard\u2019s sensitivities are measured; between the rates at which they were, they are taken as linear.', '安全策を併用したときの感度は実測値であり、測定した割合の間は直線で補う。')
      : say('No guard was measured for this network: handing images on is taken to be as good as chance; a guard that chooses well misses fewer.', 'このネットワークでは安全策の効果を測定していないため、回す画像を無作為に選んだ場合の値とした。適切に選ぶ安全策なら見落としはより少ない。'));
}

export function returnSection(report: Report): Node {
  const { economics } = report.data;
  if (economics.network === null) {
    return element('p', { class: 'absent' }, say('There is no pruned network whose cost could be set against the dense one\u2019s.', 'プルーニング前と費用を比べられるネットワークがない。'));
  }
  const holder = element('div', { class: 'results', role: 'region', 'aria-label': say('What it costs', '費用の計算結果'), 'aria-live': 'polite' }, results(report));
  onInputs(holder, () => {
    holder.replaceChildren(results(report));
    sweepCharts();
  });
  return fragment(
    element('p', { class: 'lead' }, told('What {network} costs against the dense network. Inputs are the recipe\u2019s; type others, and all figures follow. Nothing typed leaves this page.',
      '{network}とプルーニング前のネットワークの費用を比べる。入力欄の初期値はレシピの値で、書き換えるとすべての数値が計算し直される。入力した値がこのページの外に送られることはない。', { network: networkText(economics.network) })),
    form(report), caveat(report), holder);
}
