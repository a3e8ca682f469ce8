// The audit's notes, the study's warnings and its facts come from the program in English. What it says is known, so the
// page says it in Japanese too; a text that is not known stays in English rather than being guessed at.
import { language } from './language';

type Pattern = [RegExp, string]; // $1, $2 ... stand for what the English text holds there

const REASONS: Pattern[] = [
  [/^no training counts were given$/, '学習データの陽性数が与えられていない'],
  [/^the grid has no scores at sparsity (\S+)$/, 'スパース率$1のスコアがない'],
  [/^none chosen: the grid has no scores at sparsity (\S+)$/, '選択なし: スパース率$1のスコアがない'],
  [/^none measured: the grid has no scores at sparsity (\S+)$/, '測定なし: スパース率$1のスコアがない'],
  [/^none measured, because no bootstrap was asked for$/, 'ブートストラップが指定されていないため測定していない'],
  [/^none chosen: (\S+) of (\d+) images is (\d+), and (\d+) of them can be ranked$/, '選択なし: $2枚の$1は$3枚で、順位付けできるのは$4枚'],
  [/^the grid has no sparsity above 0, so no change can be measured$/, '0を超えるスパース率がないため、変化を測定できない'],
  [/^no class can be measured$/, '測定できるクラスがない'],
  [/^no training image is labelled positive, so its log frequency is left out of the correlations$/, '学習画像に陽性がないため、頻度の対数を相関から除外'],
  [/^columns without labels are left out: (.*)$/, 'ラベルのない列を除外: $1'],
  [/^(\d+) of (\d+) scores are exactly 0 or 1 after the logits became float32 probabilities; they are tied, whatever their logits were$/,
    'ロジットをfloat32の確率に変換した結果、$2個のスコアのうち$1個がちょうど0または1となり、ロジットにかかわらず同順位として扱われる'],
  [/^the label of every image is unknown, so (?:.*)$/, 'すべての画像でラベルが不明なため、AP・AUROC・F1とそれらから導かれる値は求められない。マクロ平均からも除外'],
  [/^no image is labelled positive, so (?:.*)$/, '陽性ラベルの画像がないため、AP・AUROC・F1とそれらから導かれる値は求められない。マクロ平均からも除外'],
  [/^no image is labelled negative, so (?:.*)$/, '陰性ラベルの画像がないため、AP・AUROC・F1とそれらから導かれる値は求められない。マクロ平均からも除外'],
  [/^no image that shows either class has a known label for both$/, 'どちらかのクラスを示す画像に、両方のラベルが既知のものがない'],
  [/^no exemplar can be counted$/, '数えられる例示画像がない'],
  [/^no other image can be counted$/, '例示画像以外に数えられる画像がない'],
  [/^no other image has it$/, '例示画像以外に該当する画像がない'],
  [/^(\d+) images with an unknown label are left out, because how many findings they show is not known$/, 'ラベル不明の画像$1枚は、所見の数がわからないため除外'],
  [/^no interval: it would need (\d+) patients with and (\d+) without the class$/, '区間なし: このクラスの陽性患者$1人と陰性患者$2人が必要'],
  [/^no interval: most images of one kind are of so few patients that they tell as much as (\S+) patients would, or too many resamples have none$/,
    '区間なし: 一方の画像の大半が少数の患者に偏り、実質的に患者$1人分の情報しかないか、該当画像を含まない再標本が多すぎる'],
  [/^no band and no verdict, because at some sparsity all resamples are alike though the scores changed$/, 'スコアは変化したのに全再標本が同じ値となるスパース率があるため、信頼帯も判定もない'],
  [/^no interval where AUROC is 0 or 1, or all resamples are alike$/, 'AUROCが0または1の場合、あるいは全再標本が同じ値の場合は区間なし'],
  [/^(\d+) of (\d+) resamples cannot measure a rare class and are left out of the macro intervals, which need 95% of them$/,
    '$2個の再標本のうち$1個ではまれなクラスを測定できないため、マクロ平均の区間（再標本の95%が必要）から除外'],
  [/^no intervals and no verdicts, because no bootstrap was asked for$/, 'ブートストラップが指定されていないため、区間も判定もない'],
  [/^at this sparsity the pruned network gives nearly every image the same order of classes: (?:.*)$/,
    'このスパース率では、プルーニング後のネットワークがほぼすべての画像に同じクラス順位を与えるため、どの画像が例示画像になるかは、画像そのものよりもプルーニング前のスコアを反映している'],
  [/^(\d+) images cannot be exemplars, because their scores are the same for all classes, which leaves no rank correlation$/,
    '画像$1枚は全クラスのスコアが同じで順位相関が求められないため、例示画像になりえない'],
  [/^a correlation needs (\d+) (classes|pairs) that have both figures; (\d+) do$/, '相関には両方の値をもつ点が$1個必要だが、$3個しかない'],
  [/^one side is the same for all (\d+) (classes|pairs), so no correlation can be had$/, '$1個すべてで一方の値が同じため、相関は求められない'],
  [/^at (\d+) sparsities all seeds are alike, pruned and dense, which leaves no spread to test a difference with$/,
    '$1個のスパース率で、プルーニング前後とも全シードが同じ値となり、差を検定するばらつきがない'],
  [/^one seed has no spread, so nothing is said of other trainings$/, 'シードが1個でばらつきがないため、他の学習については何も言えない'],
  [/^with (\d+) seeds no rank test over (\d+) sparsities can be significant: its smallest adjusted p-value is (\S+)$/,
    'シード$1個では、$2個のスパース率にわたる順位検定は有意になりえない（調整後p値の最小値は$3）'],
  [/^the validation images do not show what the rule needs of this class (?:.*)$/, '検証画像に、動作点の規則が必要とするこのクラスの陽性・陰性（または両方）がないため、動作点がない'],
  // What stood beside an audit and does not count.
  [/^the certificate: (?:.*) certify anew$/, '証明書: 発行後にファイルが変わっているため数えない。発行し直す必要がある'],
  [/^the guard: (?:.*)$/, '振り分け（ガード）: この監査と手法・スパース率・シードまたは画像数が異なるため数えない'],
  [/^the times of (\d+) networks: (?:.*)$/, 'ネットワーク$1個の処理時間: 測定後にファイルが変わっているため数えない。測り直す必要がある'],
  // Warnings of a study.
  [/^class '(.*)' has no positive image in the train split: (?:.*)$/, 'クラス「$1」は学習用データに陽性画像がない'],
  [/^class '(.*)' has no positive image in the validation split: (?:.*)$/, 'クラス「$1」は検証用データに陽性画像がなく、最良エポックの選択に反映されない'],
  [/^class '(.*)' has no positive image in the test split: (?:.*)$/, 'クラス「$1」はテスト用データに陽性画像がなく、指標を求められない'],
  [/^(\d+) labels of the test images are unknown: (?:.*)$/, 'テスト画像のラベル$1個が不明であり、該当画像はそのクラスの指標から除外'],
  [/^the input's size and normalisation are taken from the network file$/, '入力のサイズと正規化はネットワークファイルの記載に従う'],
  [/^what the imported network was trained on is not known here: (?:.*)$/, '読み込んだネットワークの学習データは不明であり、テスト画像が含まれていた場合、すべての指標は過大となる'],
  [/^all seeds share the imported network, which is not trained here: (?:.*)$/, '全シードが同じ読み込みネットワークを使い、ここでは学習しないため、ばらつきはプルーニングのみによる'],
];

const FACTS: Record<string, string> = {
  Cohort: 'コホート', Network: 'ネットワーク', Training: '学習', Pruning: 'プルーニング', Sparsity: 'スパース率', Data: 'データ', Program: 'プログラム',
  Models: 'モデル', Labels: 'ラベル', Scores: 'スコア',
};

const VALUES: Pattern[] = [
  [/(\d+) images of (\d+) patients/g, '画像$1枚・患者$2人'],
  [/phantom, drawn by this program/g, 'ファントム（本プログラムが描画）'],
  [/image files/g, '画像ファイル'],
  [/\btrain (?=\u753b\u50cf)/g, '学習: '],
  [/\bvalidation (?=\u753b\u50cf)/g, '検証: '],
  [/\btest (?=\u753b\u50cf)/g, 'テスト: '],
  [/(\d+) parameters, input/g, 'パラメータ$1個、入力'],
  [/^imported /g, '読み込み: '],
  [/(\d+) networks,/g, 'ネットワーク$1個、'],
  [/at most (\d+) epochs, patience (\d+)/g, '最大$1エポック、早期終了の猶予$2'],
  [/\bbatch (\d+)/g, 'バッチ$1'],
  [/^none$/g, 'なし'],
  [/one-shot, over every convolution and linear weight:/g, 'ワンショット、すべての畳み込み層と全結合層の重みを対象:'],
  [/(\S+) at (\S+) nominal: (\S+) actual \((\d+) of (\d+) weights left\)/g, '$1、公称$2: 実測$3（重み$5個中$4個が残存）'],
  [/^(\d+) networks, SHA-256 over all (\w+); dense: /g, 'ネットワーク$1個、全体のSHA-256 $2、プルーニング前: '],
  [/(\d+) threads/g, '$1スレッド'],
];

export function reason(text: string): string {
  if (language() !== 'ja') {
    return text;
  }
  const found = REASONS.find(([pattern]) => pattern.test(text));
  return found ? text.replace(found[0], found[1]) : text;
}

export function factName(name: string): string {
  return language() === 'ja' ? (Object.hasOwn(FACTS, name) ? FACTS[name] ?? name : name) : name;
}

export function factValue(value: string): string {
  return language() === 'ja' ? VALUES.reduce((text, [pattern, japanese]) => text.replace(pattern, japanese), value) : value;
}
