import { companionEffects } from './companions';
import type { Method, Report } from './data';
import { element, fragment } from './dom';
import { say } from './language';
import { cooccurrenceMatrix } from './matrix';
import { pairPlots, pairReading, topPairs } from './pairs';

export function combinationSection(report: Report, method: Method): Node {
  const { pairs } = method.audit;
  if (pairs.length === 0) {
    return element('p', { class: 'absent' }, say('There are no pairs: it takes at least two classes.', '組がない。クラスが2つ以上必要である。'));
  }
  const few = new Set(method.classes.filter((row) => !row.enough).map((row) => row.name));
  const firm = pairs.filter((pair) => !few.has(pair.a) && !few.has(pair.b) && pair.fcd !== null && pair.iou !== null);
  return fragment(
    element('p', { class: 'lead' }, pairReading(firm),
      say(' FCD is the distance between two forgettability curves: 0 means that two classes are forgotten in the same way.', 'FCDは2つの忘却曲線の距離で、0なら忘れられ方が同じことを意味する。'),
      few.size > 0 && say(' Grey points: a class with insufficient evidence is in the pair.', '灰色の点: エビデンス不足のクラスを含む組。')),
    cooccurrenceMatrix(method),
    element('h3', {}, say('Forgotten alike?', '忘れられ方は似るか')),
    pairPlots(method, few), topPairs(report, method, firm),
    companionEffects(report, method));
}
