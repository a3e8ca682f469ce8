// What each word of this page means, and where the definition comes from.
import { enoughPatients, LEARNED_AUROC, type Report } from './data';
import { count, percent } from './format';
import { say } from './language';

export interface Definition {
  term: string;
  text: string;
  source: string; // '' where it is this program's own
}

const HOLSTE = 'Holste et al., MICCAI 2023 (arXiv 2308.09180)';

function networks(): Definition[] {
  return [
    { term: say('Sparsity', 'スパース率'), source: 'Zhu & Gupta, 2017 (arXiv 1710.01878)',
      text: say('The share of prunable weights (convolutions and linear layers) that are zero.', 'プルーニング対象の重み（畳み込み層と全結合層）のうち、0である割合。') },
    { term: say('Dense and pruned', 'プルーニング前・後'), source: '',
      text: say('The network as trained, and the same with weights set to zero.', '学習したままのネットワークと、その重みの一部を0にしたネットワーク。') },
  ];
}

function measures(report: Report): Definition[] {
  const { options } = report.data.audit;
  const rule = options.operating_point;
  return [
    { term: say('AP', '平均適合率（AP）'), source: 'scikit-learn, average_precision_score',
      text: say('Average precision: the mean of precision at each positive image, ranked by score (no interpolation).', 'スコア順に並べ、各陽性画像の位置での適合率を平均した値（補間なし）。') },
    { term: 'AUROC', source: 'Hanley & McNeil, Radiology 1982; 143: 29\u201336',
      text: say('The probability that a positive image scores above a negative one; ties count half.', '陽性画像のスコアが陰性画像のスコアを上回る確率。同点は1/2と数える。') },
    { term: 'F1', source: 'van Rijsbergen, Information Retrieval, 1979',
      text: say(`Harmonic mean of precision and recall where a score of ${options.threshold} or more counts as present.`, `スコア${options.threshold}以上を陽性としたときの適合率と感度の調和平均。`) },
    { term: say('Macro', 'マクロ平均'), source: '',
      text: say('The mean over classes that can be measured (at least one positive and one negative image).', '測定できるクラス（陽性・陰性の画像が各1枚以上）にわたる平均。') },
    { term: say('Operating point', '動作点'), source: rule?.startsWith('youden') ? 'Youden, Cancer 1950; 3: 32\u201335' : '',
      text: rule === null ? say(`The score from which a finding counts as called: ${options.threshold} for every class.`, `所見を陽性とみなすスコアの閾値。全クラスで${options.threshold}。`)
        : say(`The score from which a finding counts as called, chosen for each seed and class on validation images by the rule \u201c${rule}\u201d.`, `所見を陽性とみなすスコアの閾値。シードとクラスごとに検証画像で規則「${rule}」により決定。`) },
  ];
}

function changes(report: Report): Definition[] {
  const { options } = report.data.audit;
  const drop = percent(options.drop);
  const minimum = count(enoughPatients(report));
  return [
    { term: say('Change of AP', 'APの変化'), source: HOLSTE,
      text: say('(AP pruned \u2212 AP dense) / AP dense for each seed, then the median over seeds. AP\u2019s chance level is the prevalence, so an equal loss of discrimination gives a larger relative loss in a rarer class.',
        'シードごとの（プルーニング後のAP \u2212 前のAP）÷前のAPの、シード間の中央値。APの偶然水準は陽性率に等しいため、識別能の低下が同じでもまれなクラスほど相対的な低下は大きい。') },
    { term: say('Change of AUROC', 'AUROCの変化'), source: '',
      text: say('AUROC pruned \u2212 AUROC dense for each seed, then the median over seeds; its chance level is 0.5 for every class.', 'シードごとの（後のAUROC \u2212 前のAUROC）の、シード間の中央値。偶然水準はどのクラスでも0.5。') },
    { term: say('Forgettability curve', '忘却曲線'), source: HOLSTE, text: say('A class\u2019s change of AP over the sparsities.', 'スパース率に対するクラスのAPの変化。') },
    { term: say('First drop', '初回低下点'), source: HOLSTE,
      text: say(`The lowest sparsity at which the median change of AP is below \u2212${drop}.`, `APの変化の中央値が\u2212${drop}を下回る最低のスパース率。`) },
    { term: say('95% interval and band over patients', '患者に関する95%信頼区間・信頼帯'), source: 'Davison & Hinkley, Bootstrap Methods and their Application, 1997; Hesterberg, The American Statistician 2015; 69: 371\u2013386; Westfall & Young, Resampling-Based Multiple Testing, 1993',
      text: say(`From ${options.bootstrap === 0 ? 'no' : count(options.bootstrap)} bootstrap resamples of the test patients, the networks held fixed. A band holds for all sparsities at once.`,
        options.bootstrap === 0 ? 'ネットワークを固定したテスト患者のブートストラップ再標本から求める（本研究では未実施）。信頼帯は全スパース率で同時に成り立つ。'
          : `ネットワークを固定し、テスト患者の${count(options.bootstrap)}回のブートストラップ再標本から求める。信頼帯は全スパース率で同時に成り立つ。`) },
    { term: say('Insufficient evidence', 'エビデンス不足'), source: '',
      text: say(`A class that fewer than ${minimum} patients of the test cohort have, or do not have: its figures are shown, but no verdict is given.`, `テストコホートで陽性または陰性の患者が${minimum}人未満のクラス。数値は示すが判定は行わない。`) },
    { term: say('Hardly learned', '学習不十分'), source: '',
      text: say(`A class whose dense AUROC, median over seeds, is below ${LEARNED_AUROC}: it is counted neither as kept nor as forgotten.`, `プルーニング前のAUROC（シード間の中央値）が${LEARNED_AUROC}未満のクラス。保持にも忘却にも数えない。`) },
  ];
}

function combinations(report: Report): Definition[] {
  const share = percent(report.data.audit.options.exemplar_fraction);
  return [
    { term: 'FCD', source: HOLSTE, text: say('Forgettability curve dissimilarity: the Euclidean distance between two classes\u2019 curves of change of AP.', '忘却曲線の非類似度: 2クラスの忘却曲線の間のユークリッド距離。') },
    { term: 'IoU', source: 'Jaccard, 1901',
      text: say('Images with both labels, as a share of images with either (Jaccard index). Plotted as its fourth root, which spreads small values.', 'どちらかのラベルをもつ画像に占める、両方をもつ画像の割合（Jaccard係数）。小さい値を広げるため4乗根で図示。') },
    { term: say('Companion effect', '併存所見の影響'), source: '',
      text: say('Of the findings that the dense network calls at the operating point, the share lost by pruning on images that also show the companion, minus that on images that do not.', '動作点でプルーニング前に検出された所見のうち失われた割合の、併存所見のある画像とない画像の差。') },
    { term: say('Exemplar', '例示画像'), source: `Hooker et al., 2019 (arXiv 1911.05248); ${HOLSTE}`,
      text: say(`An image among the ${share} with the lowest Spearman correlation between the dense and the pruned network\u2019s scores, averaged over seeds.`, `プルーニング前後のスコア（シード平均）のSpearman順位相関が最も低い${share}の画像。`) },
    { term: say('Flip', '判定の反転'), source: '', text: say('A call at the operating point that pruning turns, in more than half of the seeds.', '動作点での判定が、過半数のシードでプルーニングにより変わること。') },
    { term: say('Vulnerability curve', '脆弱性曲線'), source: '', text: say('One image\u2019s rank correlation with the dense network, over the sparsities.', '1枚の画像の、スパース率に対するプルーニング前との順位相関。') },
    { term: say('Times as often', '頻度の比'), source: '',
      text: say('P(label | exemplar) / P(label | not an exemplar). A label is named in the summary only where at least five exemplars of five patients have it.', 'P(ラベル｜例示画像)÷P(ラベル｜他の画像)。要約では、5人以上の患者の5枚以上の例示画像にあるラベルのみ挙げる。') },
  ];
}

export function definitions(report: Report): Definition[] {
  return [...networks(), ...measures(report), ...changes(report), ...combinations(report)];
}
