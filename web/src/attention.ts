// Attention maps: what in an exemplar's picture speaks for one class, by the dense network, the pruned one and another
// training. They are beside one another because two trainings look at different places as well.
import type { AttentionMap, ExemplarImage, MappedImage, MapsOfMethod, Method, NetworkRole, Report } from './data';
import { element, fragment, named, told } from './dom';
import { coefficient, exemplars, outOf } from './format';
import { say } from './language';
import { figureColumn, type Column } from './table';

function roleName(role: NetworkRole): string {
  switch (role) {
    case 'dense': return say('dense', 'プルーニング前');
    case 'pruned': return say('pruned', 'プルーニング後');
    case 'another training': return say('another training', '別の学習');
  }
}

function nothing(): string {
  return say('nothing speaks for it', '根拠となる箇所なし');
}

function view(map: AttentionMap, role: NetworkRole, name: string): HTMLElement {
  return map.flat || map.picture === null
    ? element('span', { class: 'flat' }, nothing())
    : element('img', { src: map.picture, decoding: 'async', loading: 'lazy', alt: say(`Attention map for ${name}, ${roleName(role)}`, `${name}の注目マップ（${roleName(role)}）`) });
}

function mapItem(map: AttentionMap, role: NetworkRole, name: string): HTMLElement {
  return element('li', {}, view(map, role, name),
    element('span', { class: 'network' }, roleName(role)),
    element('span', { class: 'values' }, `p ${map.probability.toFixed(2)}`),
    map.correlation !== null && element('span', { class: 'values' },
      element('span', { 'aria-hidden': 'true' }, `\u03c1 ${coefficient(map.correlation)}`),
      element('span', { class: 'sr' }, say(`rank correlation with the dense network\u2019s map ${coefficient(map.correlation)}`, `プルーニング前のマップとの順位相関${coefficient(map.correlation)}`))));
}

/** Of one exemplar, for its card; nothing where none was made. */
export function attentionMaps(report: Report, method: Method, image: ExemplarImage): HTMLElement | null {
  const of = report.maps.get(method.name);
  const mapped = of?.images.get(image.id);
  if (of === undefined || mapped === undefined) {
    return null;
  }
  return element('div', { class: 'maps' },
    element('p', { class: 'quiet' }, told('Attention for {name}', '{name}の注目マップ', { name: named(mapped.class) })),
    element('ul', {}, ...mapped.maps.map((map, at) => mapItem(map, of.networks[at]?.role ?? 'dense', mapped.class))));
}

function command(text: string): HTMLElement {
  return element('code', {}, text);
}

function kindText(of: MapsOfMethod): Node {
  const [first] = of.networks;
  const cells = `${first?.rows ?? 0} \u00d7 ${first?.columns ?? 0}`;
  return first?.layer
    ? told('Grad-CAM at {layer}, {cells} cells', 'Grad-CAM、層{layer}、{cells}セル', { layer: named(first.layer), cells })
    : told('occlusion, {cells} patches', '遮蔽法、{cells}パッチ', { cells });
}

function made(of: MapsOfMethod, shown: number): Node {
  const [dense, , another] = of.networks;
  return fragment(
    element('p', { class: 'hint' }, told(
      'Attention maps ({kind}) show what in the picture speaks for the class whose change is listed first. The yellower, the larger a share of the map\u2019s own largest value: where a network looks, not how much. p: the probability that this network gives (seed {seed}, not the mean over seeds); \u03c1: Spearman\u2019s rank correlation with the dense network\u2019s map.',
      '注目マップ（{kind}）は、変化を最初に挙げたクラスについて、画像のどこが根拠となっているかを示す。黄色いほど各マップの最大値に対する割合が大きく、どこに注目しているかを表し、強さは表さない。p: そのネットワーク（シード{seed}、シード平均ではない）の確率、ρ: プルーニング前のマップとの順位相関（Spearman）。',
      { kind: kindText(of), seed: String(dense?.seed ?? 0) })),
    element('p', { class: 'hint' }, another === undefined
      ? say('There is no other training to set beside them, so it is not known whether pruning moved a map more than training anew would. ', '比較できる別の学習がないため、プルーニングによるマップの変化が、学習をやり直した場合の変化より大きいかどうかはわからない。')
      : say(`Another training (seed ${another.seed}) of the same network looks at different places as well; only beside that does it mean anything how far pruning moved a map. `, `同じネットワークの別の学習（シード${another.seed}）も異なる箇所に注目する。プルーニングによるマップの変化は、それと並べて初めて意味をもつ。`),
      say('A map is no diagnosis, and no proof that a finding was recognised.', 'マップは診断ではなく、所見が認識された証明でもない。')),
    of.images.size < shown && element('p', { class: 'absent' }, say(`${outOf(of.images.size, shown)} exemplars shown here have attention maps.`, `表示している${exemplars(shown)}のうち、注目マップがあるのは${of.images.size}枚。`)));
}

function staleText(of: MapsOfMethod): string {
  switch (of.stale) {
    case 'networks': return say('the networks have changed since', '作成後にネットワークが変わっている');
    case 'data': return say('the images or their labels have changed since', '作成後に画像またはラベルが変わっている');
    default: return say('exemplars are sought at another sparsity now', '例示画像のスパース率が変わっている');
  }
}

/** What is said of attention maps once, above all cards. `shown`: exemplars with a picture. */
export function attentionNote(report: Report, method: Method, shown: number): Node {
  const of = report.maps.get(method.name);
  const explain = command('niwaki explain --study STUDY');
  if (of !== undefined) {
    return of.stale === null ? made(of, shown) : element('p', { class: 'absent' }, told(
      'Attention maps were made, but {why}, so they are not shown; {explain} makes them anew.', '注目マップは作成されたが、{why}ため表示しない。{explain}で作成し直せる。',
      { why: staleText(of), explain }));
  }
  return element('p', { class: 'hint' }, report.data.recipe === ''
    ? say('Attention maps: none were made.', '注目マップ（アテンションマップ）は作成されていない。')
    : told('Attention maps: none were made; {explain}, then {report}, makes and shows them.', '注目マップ（アテンションマップ）は作成されていない。{explain}、続いて{report}を実行すると表示される。',
      { explain, report: command('niwaki report STUDY') }));
}

/** For the table of exemplars; none where no map was made. */
export function attentionColumns(report: Report, method: Method): Column<ExemplarImage>[] {
  const of = report.maps.get(method.name);
  if (of === undefined || of.images.size === 0) {
    return [];
  }
  const mapped = (image: ExemplarImage): MappedImage | undefined => of.images.get(image.id);
  return [
    { key: 'map_class', head: say('Map of', 'マップの対象'), value: (image) => mapped(image)?.class ?? null, cell: (image) => named(mapped(image)?.class ?? '\u2013'),
      extra: of.networks.map(({ role }, at) => ({ key: `map_probability_${role.replace(/ /g, '_')}`, value: (image: ExemplarImage) => mapped(image)?.maps[at]?.probability ?? null })) },
    ...of.networks.flatMap(({ role }, at) => (at === 0 ? [] : [{
      ...figureColumn<ExemplarImage>(`map_correlation_${role.replace(/ /g, '_')}`, say(`Map, ${roleName(role)}`, `マップ（${roleName(role)}）`),
        say('Rank correlation with the dense network\u2019s map', 'プルーニング前のマップとの順位相関'), (image) => mapped(image)?.maps[at]?.correlation ?? null, coefficient), falling: false }])),
  ];
}
