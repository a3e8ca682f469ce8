import { classTable } from './class_table';
import { forgettabilityCurves } from './curves';
import { enoughPatients, LEARNED_AUROC, type Method, type Report } from './data';
import { element, fragment } from './dom';
import { frequencyFigure } from './frequency';
import { count } from './format';
import { say } from './language';

export function classSection(report: Report, method: Method): Node {
  const few = method.classes.some((row) => !row.enough);
  const minimum = count(enoughPatients(report));
  const hint = (english: string, japanese: string): HTMLElement => element('p', { class: 'hint' }, say(english, japanese));
  return fragment(
    element('h3', {}, say('Forgettability curves', '忘却曲線')), forgettabilityCurves(report, method),
    element('h3', {}, say('Table of classes', 'クラス一覧')),
    few && hint(`Classes that fewer than ${minimum} patients of the test cohort have, or do not have, get figures but no verdict: the evidence is insufficient.`,
      `テストコホートで陽性または陰性の患者が${minimum}人未満のクラスは、数値のみ示し、判定しない（エビデンス不足）。`),
    method.classes.some((row) => row.enough && !row.learned) &&
      hint(`Hardly learned: the dense network\u2019s AUROC is below ${LEARNED_AUROC}, so there was little to forget.`,
        `学習不十分: プルーニング前のAUROCが${LEARNED_AUROC}未満で、忘れるものがほとんどなかったクラス。`),
    report.data.audit.options.bootstrap > 0
      ? hint('Shown: the loss of AP that the 95% band over resamples of the test patients proves, for all sparsities of a class at once, the networks held fixed. \u201cUndecided\u201d: other patients could give another answer.',
          '実証されたこと: ネットワークを固定し、テスト患者の再標本から得た、クラスごとに全スパース率で同時に成り立つ95%信頼帯が示すAPの低下。「判定不能」は、患者が変われば答えも変わりうることを意味する。')
      : hint('No bootstrap was asked for, so there are no intervals over patients and nothing is shown of other patients (--bootstrap).',
          'ブートストラップが指定されていないため、患者に関する信頼区間はなく、他の患者について実証されたことはない（--bootstrap）。'),
    classTable(report, method),
    element('h3', {}, say('Frequency and first drop', '頻度と初回低下点')), frequencyFigure(report, method));
}
