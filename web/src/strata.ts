import type { Method, Report } from './data';
import { element } from './dom';
import { say } from './language';

export function strataSection(_report: Report, _method: Method): Node {
  return element('p', { class: 'absent' }, say(
    'No strata were given: the audit did not compare sites, views, sexes or ages, so nothing is known of whether pruning costs one group more than another.',
    '層別の情報は与えられていません。施設・撮影方向・性別・年齢による比較は行っていないため、プルーニングの影響が特定の集団に偏るかどうかは不明です。'));
}
