import { classSection } from './classes';
import { combinationSection } from './combinations';
import type { Method, Report } from './data';
import { decisionSection } from './decision';
import { imageSection } from './images';
import { say } from './language';
import { methodSection } from './method';
import { returnSection } from './returns';
import { rolloutSection } from './rollout';
import { strataSection } from './strata';
import { summarySection } from './summary';
import { tradeOffSection } from './tradeoff';

/** A section of the page. One that `follows` is drawn again when another pruning method is chosen. */
export interface Section {
  id: string;
  title: () => string;
  content: (report: Report, method: Method) => Node;
  follows: boolean;
}

/** In the order of the page. */
export const SECTIONS: Section[] = [
  { id: 'decision', title: () => say('Decision', '判定'), content: (report) => decisionSection(report), follows: false },
  { id: 'summary', title: () => say('Summary', '要約'), content: summarySection, follows: true },
  { id: 'trade-off', title: () => say('Trade-off', 'トレードオフ'), content: (report) => tradeOffSection(report), follows: false },
  { id: 'classes', title: () => say('Classes', 'クラス'), content: classSection, follows: true },
  { id: 'combinations', title: () => say('Combinations', '組み合わせ'), content: combinationSection, follows: true },
  { id: 'images', title: () => say('Images', '画像'), content: imageSection, follows: true },
  { id: 'strata', title: () => say('Strata', '層別'), content: strataSection, follows: true },
  { id: 'return-on-investment', title: () => say('Return on investment', '投資対効果'), content: (report) => returnSection(report), follows: false },
  { id: 'roll-out', title: () => say('Roll-out plan', '導入計画'), content: (report) => rolloutSection(report), follows: false },
  { id: 'method', title: () => say('Method', '方法'), content: (report) => methodSection(report), follows: false },
];
