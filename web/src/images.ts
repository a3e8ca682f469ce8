import { attentionNote } from './attention';
import { commonGround } from './common';
import type { Method, Report } from './data';
import { element, fragment } from './dom';
import { exemplars, percent } from './format';
import { gallery } from './gallery';
import { say } from './language';

export function imageSection(report: Report, method: Method): Node {
  const found = method.audit.exemplars;
  if (found.images.length === 0) {
    return element('p', { class: 'absent' }, say('There are no exemplars for this method; the notes in the method section say why.', 'この手法には例示画像がない。理由は「方法」の注記を参照。'));
  }
  const missing = found.images.filter((image) => !report.pictures.has(image.id)).length;
  const share = percent(report.data.audit.options.exemplar_fraction);
  const at = percent(found.sparsity);
  return fragment(
    element('p', { class: 'lead' }, say(
      `The ${share} of images whose scores change their order most between the dense network and the one at ${at} sparsity (${method.name}), averaged over seeds. The lower the rank correlation, the more the image has changed.`,
      `プルーニング前とスパース率${at}（${method.name}）の間でスコアの順位が最も大きく変わった${share}の画像（シード平均）。順位相関が低いほど変化が大きい。`)),
    element('p', { class: 'hint' }, say(
      'Under each picture: labels, calls that flipped in more than half of the seeds, and the largest changes of score, from the dense network (ring) to the pruned one (dot), with the operating point (bar); a marked name is a label of the image.',
      '各画像の下: ラベル、過半数のシードで反転した判定、スコアの大きな変化（丸: プルーニング前、点: プルーニング後、縦線: 動作点）。下線付きの名前はその画像のラベル。')),
    attentionNote(report, method, found.images.length - missing),
    report.data.image_ids !== 'shown' && element('p', { class: 'hint' }, report.data.image_ids === 'hashed'
      ? say('Image ids are replaced by hashes.', '画像IDはハッシュ値に置き換えられている。') : say('Image ids are left out.', '画像IDは省かれている。')),
    missing > 0 && element('p', { class: 'absent' }, missing === found.images.length
      ? say('This report was made without pictures.', 'このレポートは画像なしで作成された。')
      : say(`${exemplars(missing)} without a picture.`, `${exemplars(missing)}は画像がない。`)),
    gallery(report, method), commonGround(report, method));
}
