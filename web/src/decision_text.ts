// The verdict in words. In English they are the program's own, as `niwaki gate` prints them; in Japanese they are made
// here from the same reason.
import type { Report } from './data';
import type { Decision, NetworkChoice, RequirementStatus, Verdict } from './decision_data';
import { fragment, listed, named, strong, told, type Child } from './dom';
import { classes, count, percent } from './format';
import { language, say } from './language';

const MOST_NAMES = 5;

export function verdictName(verdict: Verdict): string {
  return {
    'deploy': say('Deploy', '導入可'),
    'deploy with guards': say('Deploy with guards', '条件付きで導入可'),
    'do not deploy': say('Do not deploy', '導入不可'),
    'insufficient evidence': say('Insufficient evidence', '判断できない（エビデンス不足）'),
  }[verdict];
}

/** "l1 at 80% sparsity" */
export function networkText(network: NetworkChoice): Node {
  const name = named(network.method || network.name);
  const sparsity = percent(network.sparsity);
  return network.sparsity === null ? name
    : network.method === '' ? fragment(say(`${sparsity} sparsity`, `スパース率${sparsity}のネットワーク`))
      : told('{name} at {sparsity} sparsity', '{name}（スパース率{sparsity}）', { name, sparsity });
}

/** Of many names the first five, and how many more. */
export function someNames(names: string[], first: string[] = []): Node {
  const all = [...first, ...names];
  const kept = all.length > MOST_NAMES + 1 ? all.slice(0, MOST_NAMES) : all;
  const more = all.length - kept.length;
  const parts: Node[] = kept.map((name) => strong(name));
  return more === 0 ? listed(parts) : listed([...parts, fragment(say(`${count(more)} more`, `ほか${count(more)}件`))]);
}

function judgedClasses(decision: Decision): number {
  return decision.requirements.filter(({ class: name, status }) => name !== null && ['kept', 'lost', 'not shown'].includes(status)).length;
}

type Parts = Record<string, Child>;

function parts(report: Report, decision: Decision): Parts {
  const macro = decision.macro ? [say('macro AP', 'マクロ平均AP')] : [];
  const [first] = decision.guards;
  return {
    network: decision.considered ? networkText(decision.considered) : '',
    subjects: someNames(decision.names, macro),
    macro: percent(decision.policy.macro_loss),
    judged: classes(judgedClasses(decision)),
    least: percent(decision.policy.sparsity ?? decision.policy.least_sparsity),
    minimum: count(report.data.audit.options.minimum_patients),
    rate: first?.kind === 'defer' ? percent(first.rate) : '',
    unknown: decision.unknown.length > 0 ? told('', '（{names}を除く）', { names: someNames(decision.unknown) }) : '',
  };
}

const HOLDS = 'マクロ平均APの低下が{macro}未満であることと、{judged}それぞれのAPの低下が許容幅未満であることが示された。';

function japanese(decision: Decision): string {
  const some = decision.names.length > 0;
  switch (decision.reason) {
    case 'holds': return `{network}では、${HOLDS}`;
    case 'holds for the known': return `{network}では、${HOLDS}{subjects}はエビデンス不足で判定できず、方針に従ってその旨を明記する。`;
    case 'guard restores': return '{network}は単独では方針を満たすことが示されないが、画像の最大{rate}をプルーニング前のネットワークに回せば、満たすことが示される{unknown}。';
    case 'certified': return `{network}に証明書が発行された。選択に用いていない患者で確認されている。${some ? '{subjects}については何も保証されない。' : ''}`;
    case 'certificate exceeded': return '{network}への証明書は発行されなかった。{subjects}で、見落としや誤報の増加が許容幅を超えることが示された。';
    case 'certificate refused': return `{network}への証明書は発行されなかった。${some ? '{subjects}' : 'すべて'}が保たれることは示されていない。`;
    case 'certified too little': return '証明書が及ぶのは{network}までである。方針では、スパース率{least}未満のプルーニングは導入に値しない。';
    case 'shown loss': return `{network}では、{subjects}の低下が許容幅を超えることが示された。${decision.chosen_among > 1 ? '他の手法もすべて許容幅を超える。' : ''}`;
    case 'not shown': return '{network}では、{subjects}が許容幅内に保たれることも、許容幅を超えて低下することも示されていない。';
    case 'unknown classes': return '{network}では、判定できるものはすべて方針を満たす。しかし{subjects}はエビデンス不足で判定できず、方針ではその場合、導入を見送る。';
    case 'nothing judged': return '判定できるクラスがない（患者{minimum}人未満、学習不十分、または信頼区間なし）。';
    case 'no intervals': return '患者に関する信頼区間（ブートストラップ）を求めていないため、他の患者については何も言えない。';
    case 'no sparsity': return 'スパース率{least}以上のネットワークがない。方針では、それ未満のプルーニングは導入に値しない。';
  }
}

export function sentence(report: Report, decision: Decision): Node {
  return language() === 'en' ? named(decision.sentence) : told('', japanese(decision), parts(report, decision));
}

/** What a reader does now. */
export function nextStep(verdict: Verdict): string {
  return {
    'deploy': say('Next: the roll-out plan below, which begins with reading along unseen.', '次の手順: 下の導入計画に従い、診療に影響しないシャドー運用から始める。'),
    'deploy with guards': say('Next: put the guards in place, then follow the roll-out plan below.', '次の手順: 下の安全策を整えたうえで、導入計画に進む。'),
    'do not deploy': say('Next: keep the dense network. A lower sparsity, another method or a repair may hold.', '次の手順: プルーニング前のネットワークを使い続ける。より低いスパース率、別の手法、または補修を検討する。'),
    'insufficient evidence': say('Next: keep the dense network until more is known: more test patients, above all with the classes named here.',
      '次の手順: 十分なエビデンスが得られるまで、プルーニング前のネットワークを使い続ける。テスト患者、とりわけここに挙げたクラスの患者を増やす必要がある。'),
  }[verdict];
}

export function statusText(status: RequirementStatus): string {
  return {
    'kept': say('kept', '保たれる'),
    'lost': say('lost', '許容幅を超えて低下'),
    'not shown': say('not shown either way', 'どちらとも示されない'),
    'few patients': say('too few patients', '患者数不足'),
    'hardly learned': say('hardly learned', '学習不十分'),
    'no band': say('no band can be had', '信頼帯を求められない'),
    'not asked': say('not asked', '方針の対象外'),
  }[status];
}
