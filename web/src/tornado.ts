// What the answer hangs on: the saving when each input is halved and doubled, the others held.
import { tip, tipBox, valueAxis, type Option } from './chart';
import { element, fragment } from './dom';
import { saving, tornado, type Inputs, type Swing, type SwingInput } from './economics';
import { chartFigure } from './figure';
import { signed } from './format';
import { say } from './language';
import { money, systemName } from './money';
import { figureColumn } from './table';
import type { Theme } from './theme';

export function swingName(input: SwingInput): string {
  return {
    machineHour: say('price of a machine hour', '計算機1時間の費用'),
    denseMilliseconds: say('time of the dense network', 'プルーニング前の処理時間'),
    prunedMilliseconds: say('time of the pruned network', 'プルーニング後の処理時間'),
    reviewMinutes: say('minutes of a review', '確認1枚の時間'),
    readerHour: say('price of a person\u2019s hour', '人の1時間の費用'),
    deferralRate: say('share handed on', '回す画像の割合'),
    missedCosts: say('costs of missed findings', '見落とし1件の費用'),
    moreMissed: say('sensitivity lost by pruning', 'プルーニングによる感度の低下'),
  }[input];
}

interface Api {
  value: (dimension: number) => number;
  coord: (point: number[]) => number[];
}

const BAR = 14;

/** A bar from the saving as given to the saving with the input changed. */
function bar(base: number, colour: string) {
  return (_: unknown, api: Api): object => {
    const row = api.value(1);
    const [[from = 0, y = 0], [to = 0]] = [api.coord([base, row]), api.coord([api.value(0), row])] as [number[], number[]];
    return { type: 'rect', shape: { x: Math.min(from, to), y: y - BAR / 2, width: Math.max(1, Math.abs(to - from)), height: BAR }, style: { fill: colour } };
  };
}

function option(swings: Swing[], base: number, currency: string, theme: Theme, width: number): Option {
  const rows = [...swings].reverse(); // the axis counts from below
  const text = (value: number): string => money(value, currency);
  const series = (key: 'low' | 'high', colour: string, name: string): object => ({
    type: 'custom', name, itemStyle: { color: colour }, encode: { x: 0, y: 1 }, renderItem: bar(base, colour),
    data: rows.map((row, index) => [row[key], index]),
    ...(key === 'low' ? { markLine: { silent: true, symbol: 'none', data: [{ xAxis: base }], label: { show: false }, lineStyle: { color: theme.muted, type: 'solid' } } } : {}),
  });
  return {
    grid: { left: 8, right: 28, top: 34, bottom: 44, containLabel: true },
    legend: { top: 0, left: 0, textStyle: { color: theme.ink, fontSize: 12 }, itemWidth: 14, itemHeight: 10 },
    xAxis: valueAxis(theme, say('saving on 1,000 images', '1,000枚あたりの節約額') + (currency === '' ? '' : ` (${currency})`),
      (value) => signed(value.toLocaleString('en-US', { maximumSignificantDigits: 4 })), { nameGap: 26, scale: true }),
    yAxis: { type: 'category', data: rows.map((row) => swingName(row.input)), axisTick: { show: false }, axisLine: { show: false },
             axisLabel: { color: theme.ink, fontSize: 12, width: Math.min(200, width * 0.36), overflow: 'break' } },
    tooltip: tip(theme, 'item', (parameters) => {
      const row = rows[(parameters as { dataIndex: number }).dataIndex];
      return row ? tipBox(swingName(row.input), [[say('halved', '半分'), text(row.low)], [say('as given', '入力どおり'), text(base)], [say('doubled', '2倍'), text(row.high)]]) : '';
    }),
    series: [series('low', theme.series[0] ?? theme.accent, say('halved', '半分')), series('high', theme.series[1] ?? theme.warm, say('doubled', '2倍'))],
  };
}

function figure(inputs: Inputs, system: 'pruned' | 'guarded', currency: string): HTMLElement {
  const swings = tornado(inputs, system);
  const base = saving(inputs, system);
  const title = say(`What the saving hangs on: ${systemName(system).toLowerCase()}`, `節約額を左右する入力: ${systemName(system)}`);
  if (swings.length === 0) {
    return element('figure', {}, element('figcaption', {}, element('strong', {}, title)), element('p', { class: 'absent' }, say('No input changes the saving.', '節約額を変える入力はない。')));
  }
  const text = (value: number | null): string => (value === null ? '\u2013' : money(value, currency));
  return chartFigure({
    title, note: say(`saving on 1,000 images when one input is halved or doubled; as given: ${text(base)}`, `入力を1つだけ半分または2倍にしたときの1,000枚あたりの節約額。入力どおりなら${text(base)}`),
    file: `tornado-${system}`, height: 86 + swings.length * 30, option: (theme, width) => option(swings, base, currency, theme, width),
    behind: { caption: title, rows: swings, columns: [
      { key: 'input', head: say('Input', '入力'), value: (row) => row.input, cell: (row) => swingName(row.input) },
      figureColumn<Swing>('halved', say('Saving when halved', '半分のときの節約額'), '', (row) => row.low, text),
      figureColumn<Swing>('doubled', say('Saving when doubled', '2倍のときの節約額'), '', (row) => row.high, text),
    ] },
  });
}

export function tornadoFigure(inputs: Inputs, systems: ('pruned' | 'guarded')[], currency: string): Node {
  return fragment(element('div', { class: 'duo' }, ...systems.map((system) => figure(inputs, system, currency))));
}
