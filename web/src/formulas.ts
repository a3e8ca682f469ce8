// Every formula of the return on investment, in words and with the numbers put in.
import { element } from './dom';
import { breakEven, costOf, IMAGES, milliseconds, saving, type Inputs, type System } from './economics';
import { percent } from './format';
import type { Known } from './inputs';
import { say } from './language';
import { money, systemName } from './money';

interface Formula {
  name: string;
  words: string;
  filled: string[];
}

const plain = (value: number): string => value.toLocaleString('en-US', { maximumSignificantDigits: 6 });

function machineFormula(inputs: Inputs, known: Known, currency: string): Formula {
  const line = (system: System): string => `${systemName(system)}: 1,000 \u00d7 ${plain(milliseconds(inputs, system))} ms \u00f7 3,600,000 \u00d7 ${plain(inputs.machineHour)} = ${money(costOf(inputs, system).machine, currency)}`;
  return {
    name: say('Machine', '計算機'),
    words: say('1,000 \u00d7 time an image \u00f7 3,600,000 ms an hour \u00d7 price of a machine hour. Guarded: the time is that of the pruned network + share handed on \u00d7 time of the dense network.',
      '1,000 × 1枚の処理時間 ÷ 3,600,000（ms／時間）× 計算機1時間の費用。安全策併用時の処理時間 = プルーニング後の処理時間 + 回す割合 × プルーニング前の処理時間'),
    filled: known.machine ? (['dense', 'pruned', ...(known.guarded ? ['guarded'] : [])] as System[]).map(line) : [],
  };
}

function reviewFormula(inputs: Inputs, known: Known, currency: string): Formula {
  return {
    name: say('Review by people', '人による確認'),
    words: say('1,000 \u00d7 share handed on \u00d7 minutes of a review \u00f7 60 \u00d7 price of the person\u2019s hour.', '1,000 × 回す割合 × 確認の分数 ÷ 60 × その人の1時間の費用'),
    filled: known.review ? [`1,000 \u00d7 ${percent(inputs.deferralRate)} \u00d7 ${plain(inputs.reviewMinutes)} \u00f7 60 \u00d7 ${plain(inputs.readerHour)} = ${money(costOf(inputs, 'guarded').review, currency)}`] : [],
  };
}

function missedFormula(inputs: Inputs, known: Known, currency: string): Formula {
  const sum = (system: System): string => `${systemName(system)}: ${money(costOf(inputs, system).missed, currency)}`;
  return {
    name: say('Missed findings', '見落とし'),
    words: say('Over all classes, the sum of 1,000 \u00d7 share of images with the finding \u00d7 (1 \u2212 sensitivity) \u00d7 cost of a missed one. Guarded, without a measured guard: sensitivity = pruned + share handed on \u00d7 (dense \u2212 pruned).',
      '全クラスについて、1,000 × 所見のある画像の割合 ×（1 − 感度）× 見落とし1件の費用 を合計する。安全策の実測値がない場合の感度 = プルーニング後 + 回す割合 ×（プルーニング前 − プルーニング後）'),
    filled: known.missed ? (['dense', 'pruned', ...(known.guarded ? ['guarded'] : [])] as System[]).map(sum) : [],
  };
}

function breakEvenFormula(inputs: Inputs, known: Known, currency: string): Formula {
  const systems = (known.guarded ? ['pruned', 'guarded'] : ['pruned']) as System[];
  return {
    name: say('Break-even', '損益分岐'),
    words: say('Saving = cost of 1,000 images by the dense network \u2212 cost by the other. Images = price of the switch \u00f7 saving \u00d7 1,000; days = images \u00f7 images a day. Factor on the costs of missed findings at which both cost the same = (machine and review saved) \u00f7 (missed findings added).',
      '節約額 = プルーニング前の1,000枚あたりの費用 − もう一方の費用。回収までの枚数 = 切り替えの費用 ÷ 節約額 × 1,000。日数 = 枚数 ÷ 1日の画像数。両者の費用が等しくなる見落とし費用の倍率 = 計算機と確認の費用の減少 ÷ 見落としの費用の増加'),
    filled: systems.map((system) => {
      const found = breakEven(inputs, system);
      const head = `${systemName(system)}: ${money(costOf(inputs, 'dense').total, currency)} \u2212 ${money(costOf(inputs, system).total, currency)} = ${money(saving(inputs, system), currency)}`;
      return found.images === null || inputs.switching === 0 ? head : `${head}; ${plain(inputs.switching)} \u00f7 ${plain(saving(inputs, system))} \u00d7 ${IMAGES.toLocaleString('en-US')} = ${plain(Math.ceil(found.images))}`;
    }),
  };
}

export function formulas(inputs: Inputs, known: Known, currency: string): HTMLElement {
  const all = [machineFormula, reviewFormula, missedFormula, breakEvenFormula].map((make) => make(inputs, known, currency));
  return element('div', { class: 'formulas' }, element('h3', {}, say('Formulas', '計算式')),
    element('dl', { class: 'facts' }, ...all.map(({ name, words, filled }) => element('div', {}, element('dt', {}, name),
      element('dd', {}, words, ...filled.map((line) => element('span', { class: 'source' }, element('bdi', {}, line))))))));
}
