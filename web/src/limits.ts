// What this study cannot show, said where it is decided upon.
import { enoughPatients, type Report } from './data';
import { count, images, patients, seeds } from './format';
import { say } from './language';

export function limits(report: Report): string[] {
  const { cohort, options, seeds: all } = report.data.audit;
  const few = cohort.classes.filter((entry) => entry.positive_patients < enoughPatients(report)).length;
  return [
    say(`The figures are of ${images(cohort.images)} of ${patients(cohort.patients)}. Other hospitals, devices and prevalences may give others.`,
      `数値は${images(cohort.images)}・${patients(cohort.patients)}のものであり、他の施設・装置・有病率では異なりうる。`),
    all.length > 1
      ? say(`They rest on ${seeds(all.length)}: other trainings spread about as much as these do.`, `${seeds(all.length)}に基づく。他の学習でも同程度にばらつく。`)
      : say('They rest on one training: how much other trainings would differ is not known.', '1回の学習に基づくため、他の学習でどれほど異なるかは不明。'),
    options.bootstrap > 0
      ? say('Intervals over patients hold the networks fixed; quartiles over seeds hold the patients fixed. Neither covers both.', '患者に関する区間はネットワークを、シード間の四分位は患者を固定している。両方を同時に含むものではない。')
      : say('There are no intervals over patients, so a difference seen here may be chance.', '患者に関する信頼区間がないため、ここで見られる差は偶然かもしれない。'),
    few > 0 ? say(`For ${count(few)} of ${count(cohort.classes.length)} classes the evidence is insufficient: no loss seen there does not mean that there is none.`,
      `${count(cohort.classes.length)}クラス中${count(few)}クラスはエビデンスが不足している。低下が見られなくても、低下がないことを意味しない。`) : '',
    say('Labels are taken as they are; where reports or annotators err, so do the figures.', 'ラベルはそのまま用いている。読影レポートや注釈に誤りがあれば、数値にも影響する。'),
    say('Many classes, pairs and images are looked at. What is not marked as adjusted is not adjusted for that.', '多数のクラス・組・画像を調べている。調整済みと明記したもの以外は、多重性を調整していない。'),
    say('The study compares pruned networks with the dense one, not with a radiologist, and does not measure outcomes of patients.', '本研究はプルーニング後のネットワークをプルーニング前と比べたもので、放射線科医とは比べておらず、患者の転帰も測定していない。'),
  ].filter((text) => text !== '');
}
