// The companion effect: how much more of a class is lost on images that also show its companions.
import { intervalOf, noteAt, type CompanionEffect, type CompanionLoss, type Interval, type Method, type Report } from './data';
import { element, fragment, listed, named } from './dom';
import { fileName } from './download';
import { chartFigure } from './figure';
import { forestHeight, forestOption, type Estimate } from './forest';
import { change, count, interval, pairs, percent, pText } from './format';
import { say } from './language';
import { reason } from './reasons';
import { figureColumn, folded, sortableTable, withBelow, type Column } from './table';

const CHARTED = 15;

const ends = (loss: CompanionLoss): Interval => intervalOf(loss.excess_low, loss.excess_high);

function plainName(effect: CompanionEffect): string {
  return `${effect.class} | ${effect.given.join(' + ')}`;
}

/** The interval tells the effect from none, also after adjusting for the other effects. */
const firm = (effect: CompanionEffect): boolean => effect.recall.holm !== null && effect.recall.holm < 0.05;

function estimates(effects: CompanionEffect[]): Estimate[] {
  return effects.flatMap((effect) => {
    const { excess, holm, loss_with, loss_without } = effect.recall;
    return excess === null ? [] : [{
      name: plainName(effect), value: excess, interval: ends(effect.recall), firm: firm(effect),
      lines: [[say('Lost with', '併存時の喪失'), percent(loss_with)], [say('Lost without', '併存なしの喪失'), percent(loss_without)], [say('Difference', '差'), change(excess)],
        [say('95% interval', '95%信頼区間'), interval(ends(effect.recall), change)], [say('Holm-adjusted p', 'Holm調整後p値'), pText(holm)],
        [say('Images', '画像'), `${count(effect.images_with)} / ${count(effect.images_without)}`]] as [string, string][],
    }];
  });
}

function columns(): Column<CompanionEffect>[] {
  const loss = (key: string, head: string, note: string, of: (effect: CompanionEffect) => CompanionLoss): Column<CompanionEffect> => ({
    ...figureColumn<CompanionEffect>(key, head, note, (effect) => of(effect).excess, change),
    cell: (effect) => withBelow(change(of(effect).excess), ends(of(effect)) === null ? null : interval(ends(of(effect)), change)),
    extra: [{ key: `${key}_low`, value: (effect) => of(effect).excess_low ?? null }, { key: `${key}_high`, value: (effect) => of(effect).excess_high ?? null }],
  });
  return [
    { key: 'rank', head: say('Rank', '順位'), number: true, value: (effect) => effect.rank, cell: (effect) => count(effect.rank) },
    { key: 'class', head: say('Class', 'クラス'), value: (effect) => effect.class, cell: (effect) => named(effect.class) },
    { key: 'given', head: say('with', '併存所見'), value: (effect) => effect.given.join('; '), cell: (effect) => listed(effect.given.map(named)) },
    { ...figureColumn<CompanionEffect>('patients_with', say('Patients with', '併存あり'), say('Patients with both, and their images', '両方を示す患者数と画像枚数'), (effect) => effect.patients_with, count),
      cell: (effect) => withBelow(count(effect.patients_with), say(`${count(effect.images_with)} images`, `${count(effect.images_with)}枚`)), extra: [{ key: 'images_with', value: (effect) => effect.images_with }] },
    { ...figureColumn<CompanionEffect>('patients_without', say('without', '併存なし'), say('Patients with the class and without the companions, and their images', '併存所見のない患者数と画像枚数'), (effect) => effect.patients_without, count),
      cell: (effect) => withBelow(count(effect.patients_without), say(`${count(effect.images_without)} images`, `${count(effect.images_without)}枚`)), extra: [{ key: 'images_without', value: (effect) => effect.images_without }] },
    figureColumn('recall_loss_with', say('Calls lost with', '喪失（あり）'), say('Of the findings that the dense network calls, the share that the pruned one does not', 'プルーニング前に検出された所見のうち、後に検出されなくなった割合'), (effect) => effect.recall.loss_with, percent),
    figureColumn('recall_loss_without', say('lost without', '喪失（なし）'), '', (effect) => effect.recall.loss_without, percent),
    loss('recall_excess', say('Difference', '差'), say('95% interval over patients', '下段は患者に関する95%信頼区間'), (effect) => effect.recall),
    figureColumn('recall_holm', say('Holm p', 'Holm p値'), say('Of no difference, adjusted over all effects', '差がないとする仮説のp値（全効果で調整）'), (effect) => effect.recall.holm, (value) => (value === null ? '\u2013' : pText(value).replace('p ', '').replace('= ', ''))),
    loss('ap_excess', say('Difference of AP loss', 'AP低下の差'), say('Relative loss of AP with the companions minus without', '併存ありとなしのAPの相対低下の差'), (effect) => effect.ap),
  ];
}

function leftOut(method: Method): string {
  const { pairs_left_out: few, pairs_not_shown: more = 0 } = method.audit.companions;
  return [few > 0 ? say(`${pairs(few)} left out: too few patients with or without the companion.`, `併存の有無いずれかの患者が不足する${pairs(few)}は除外。`) : '',
    more > 0 ? say(`The next ${pairs(more)} are in companions.csv.`, `残り${pairs(more)}はcompanions.csvにある。`) : ''].filter((text) => text !== '').join(say(' ', ''));
}

export function companionEffects(report: Report, method: Method): Node {
  const { sparsity, pairs: effects, triples, triples_not_shown: more = 0 } = method.audit.companions;
  const heading = element('h3', {}, say('Companion effects', '併存所見の影響'));
  if (effects.length === 0) {
    const why = noteAt(report, `methods.${method.name}.companions`);
    return fragment(heading, element('p', { class: 'absent' }, say('None is shown', '示せるものがない') +
      (why === null ? say(': no pair has enough patients with both and with one alone.', '（両方を示す患者と一方のみの患者がともに十分な組がない）。') : say(`: ${reason(why)}.`, `（${reason(why)}）。`)), leftOut(method) && element('span', {}, ' ', leftOut(method))));
  }
  const charted = estimates(effects.slice(0, CHARTED));
  const caption = say(`Companion effects by rank, ${method.name} at ${percent(sparsity)} sparsity`, `併存所見の影響（順位順、${method.name}、スパース率${percent(sparsity)}）`);
  return fragment(
    heading,
    element('p', { class: 'hint' }, say(
      `Of the findings that the dense network calls, how many more does pruning to ${percent(sparsity)} lose on images that also show the companion? Ranked by the lower end of the 95% interval over patients. Coloured: told from none at 5% after Holm\u2019s adjustment; grey: not.`,
      `プルーニング前に検出された所見のうち、スパース率${percent(sparsity)}で失われる割合は、併存所見のある画像でどれだけ多いか。患者に関する95%信頼区間の下端の順。色付き: Holm調整後も5%水準で差あり、灰色: 差を示せない。`), leftOut(method) && ` ${leftOut(method)}`),
    charted.length > 0 && chartFigure({
      title: say('Calls lost with the companion minus without', '併存ありとなしの喪失割合の差'), note: say('above 0: more is lost with it', '0より右: 併存時により多く失われる'),
      file: fileName('companions', method.name), height: forestHeight(charted.length),
      option: (theme, width) => forestOption(charted, { axis: say('difference of the share lost', '喪失割合の差'), none: 0, text: change, log: false }, theme, width),
      behind: { caption, rows: effects, columns: columns() } }),
    triples.length > 0 && folded(say(`With two companions (${count(triples.length)}${more > 0 ? ` of ${count(triples.length + more)}` : ''})`, `併存所見が2つの場合（${count(triples.length)}件${more > 0 ? `／全${count(triples.length + more)}件` : ''}）`),
      () => sortableTable(triples, columns(), { caption: say('Companion effects of two companions', '併存所見が2つの場合の影響'), file: fileName('companions-of-two', method.name) })));
}
