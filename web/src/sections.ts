import { classSection } from './classes';
import { combinationSection } from './combinations';
import type { Method, Report } from './data';
import { imageSection } from './images';
import { say } from './language';
import { methodSection } from './method';
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
  { id: 'summary', title: () => say('Summary', '要約'), content: summarySection, follows: true },
  { id: 'trade-off', title: () => say('Trade-off', 'トレードオフ'), content: (report) => tradeOffSection(report), follows: false },
  { id: 'classes', title: () => say('Classes', 'クラス'), content: classSection, follows: true },
  { id: 'combinations', title: () => say('Combinations', '組み合わせ'), content: combinationSection, follows: true },
  { id: 'images', title: () => say('Images', '画像'), content: imageSection, follows: true },
  { id: 'strata', title: () => say('Strata', '層別'), content: strataSection, follows: true },
  { id: 'method', title: () => say('Method', '方法'), content: (report) => methodSection(report), follows: false },
];
