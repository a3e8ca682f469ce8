// What is said of a class under a method, in words.
import { recovers, type ClassRow, type Method, type Report } from './data';
import { change, percent } from './format';
import { say } from './language';

/** Forgotten first, then the rest by how much they lose; classes that cannot be judged last. */
export function byForgetting(method: Method): ClassRow[] {
  const rank = (row: ClassRow): number => (row.judged ? (row.curve.first_drop ?? 2) : row.enough ? 4 : 5);
  const last = (row: ClassRow): number => row.curve.delta_ap.at(-1) ?? 0;
  return [...method.classes].sort((a, b) => rank(a) - rank(b) || last(a) - last(b));
}

export function insufficient(): string {
  return say('insufficient evidence', 'エビデンス不足');
}

export function hardlyLearned(): string {
  return say('hardly learned', '学習不十分');
}

/** What the median over seeds does; null where nothing may be said of the class. */
export function dropText(report: Report, method: Method, row: ClassRow): string {
  const { drop } = report.data.audit.options;
  if (!row.enough) {
    return insufficient();
  }
  if (row.curve.delta_ap.every((value) => value === null)) {
    return say('not measured', '測定なし');
  }
  if (!row.learned) {
    return hardlyLearned();
  }
  if (row.curve.first_drop === null) {
    return say(`no drop of ${percent(drop)} seen up to ${percent(method.highest)}`, `${percent(method.highest)}まで${percent(drop)}の低下なし`);
  }
  const at = percent(row.curve.first_drop);
  const back = recovers(method, row, drop);
  return say(`first drop at ${at}${back ? ' (recovers later)' : ''}`, `${at}で初回低下${back ? '（その後回復）' : ''}`);
}

/** What 95% bands over resamples of the patients, which hold for all sparsities of a class at once, show. */
export function evidenceText(report: Report, row: ClassRow): string {
  const { verdict, forgotten_from, loses_from, kept_up_to } = row.curve.evidence;
  const drop = percent(report.data.audit.options.drop);
  switch (verdict) {
    case null: return report.data.audit.options.bootstrap > 0 ? say('no band can be had', '信頼帯を求められない') : say('no bootstrap', 'ブートストラップなし');
    case 'insufficient evidence': return insufficient();
    case 'hardly learned': return hardlyLearned();
    case 'forgotten': return say(`over ${drop} from ${percent(forgotten_from)}`, `${percent(forgotten_from)}から${drop}超の低下`);
    case 'loses': return say(`a loss from ${percent(loses_from)}`, `${percent(loses_from)}から低下`);
    case 'kept': return say(`under ${drop} up to ${percent(kept_up_to)}`, `${percent(kept_up_to)}まで低下${drop}未満`);
    case 'undecided': return kept_up_to === null ? say('undecided', '判定不能')
      : say(`under ${drop} up to ${percent(kept_up_to)}, then undecided`, `${percent(kept_up_to)}まで低下${drop}未満、以降は判定不能`);
  }
}

/** The line below which a class counts as forgotten. */
export function lineText(report: Report): string {
  return change(-report.data.audit.options.drop);
}
