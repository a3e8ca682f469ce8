import { bandOf, bandsOf, bandText, type Band } from './bands';
import { tip, tipBox, valueAxis, type Option } from './chart';
import type { ClassRow, Figure, Interval, Method, Report } from './data';
import { element, fragment, named } from './dom';
import { fileName } from './download';
import { chartFigure, drawnFigure } from './figure';
import { change, interval, percent } from './format';
import { say } from './language';
import { lattice, latticeSvg } from './lattice';
import { forgotten, kept } from './summary';
import { withBelow, type Column } from './table';
import { seriesLook, type Theme } from './theme';
import { byForgetting } from './verdict';

const MOST_HIGHLIGHTED = 8;

function points(method: Method, values: Figure[]): [number, Figure][] {
  return [[0, 0], ...method.pruned.map((sparsity, step): [number, Figure] => [sparsity, values[step] ?? null])];
}

function bandSeries(method: Method, row: ClassRow, band: Band | undefined, colour: string): object[] {
  const ends = band === undefined ? [] : bandOf(row, band);
  const known = method.pruned.flatMap((sparsity, step) => {
    const end = ends[step] ?? null;
    return end === null ? [] : [{ sparsity, low: end[0], high: end[1] }];
  });
  if (known.length === 0) {
    return [];
  }
  const outline = [[0, 0], ...known.map(({ sparsity, high }) => [sparsity, high]), ...known.map(({ sparsity, low }) => [sparsity, low]).reverse()];
  return [{
    type: 'custom', name: row.name, silent: true, z: 1, data: [outline[0]], clip: true,
    renderItem: (_: unknown, api: { coord: (point: unknown[]) => number[] }) => ({
      type: 'polygon', shape: { points: outline.map((point) => api.coord(point)) }, style: { fill: colour, opacity: 0.16 },
    }),
    tooltip: { show: false },
  }];
}

/** Axis ends that hold every curve, and the bands of the highlighted ones. */
function range(method: Method, highlighted: ClassRow[], band: Band | undefined, drop: number): { min: number; max: number } {
  const shownBands = band === undefined ? [] : highlighted.flatMap((row) => bandOf(row, band).flatMap((end) => end ?? []));
  const heights = [0, ...method.classes.flatMap((row) => row.curve.delta_ap), ...shownBands].filter((value): value is number => value !== null);
  return { min: Math.min(-drop, Math.max(-1, Math.floor(Math.min(...heights) * 5) / 5)), max: Math.min(1, Math.max(0.1, Math.ceil(Math.max(...heights) * 10) / 10)) };
}

function hover(method: Method, band: Band | undefined, item: { seriesName: string; value: [number, Figure] }): HTMLElement {
  const row = method.classes.find((entry) => entry.name === item.seriesName);
  const step = method.pruned.indexOf(item.value[0]);
  const end = row && band !== undefined ? bandOf(row, band)[step] ?? null : null;
  return tipBox(item.seriesName, [[say('Sparsity', 'スパース率'), percent(item.value[0])], [say('Change of AP', 'APの変化'), change(item.value[1])],
    ...(end === null ? [] : [[say('Band', '帯'), interval(end, change)] as [string, string]])]);
}

function option(report: Report, method: Method, highlighted: ClassRow[], band: Band | undefined, theme: Theme, width: number): Option {
  const { drop } = report.data.audit.options;
  const narrow = width < 560;
  const quiet = method.classes.filter((row) => !highlighted.includes(row)).map((row) => ({
    type: 'line', name: row.name, data: points(method, row.curve.delta_ap), showSymbol: false, z: 1,
    lineStyle: { width: 1.1, color: theme.faint, type: row.judged ? 'solid' : [2, 3] }, itemStyle: { color: theme.faint },
    emphasis: { lineStyle: { width: 2, color: theme.ink } },
  }));
  const loud = highlighted.flatMap((row, index) => {
    const { colour, symbol, lineStyle, itemStyle } = seriesLook(theme, index, 2.4);
    return [...bandSeries(method, row, band, colour), {
      type: 'line', name: row.name, data: points(method, row.curve.delta_ap), z: 3,
      symbol, symbolSize: 6, showAllSymbol: true, lineStyle, itemStyle,
      endLabel: { show: !narrow, formatter: '{a}', color: colour, fontSize: 12, width: 150, overflow: 'truncate' },
      labelLayout: { moveOverlap: 'shiftY' },
    }];
  });
  const line = say(`forgotten: ${change(-drop)}`, `忘却の基準: ${change(-drop)}`);
  return {
    grid: { left: 52, right: narrow ? 12 : 168, top: 14, bottom: 44 },
    xAxis: valueAxis(theme, say('Sparsity', 'スパース率'), percent, { min: 0, max: method.highest ?? 1, nameGap: 28, splitLine: { show: false } }),
    yAxis: valueAxis(theme, '', change, { ...range(method, highlighted, band, drop), interval: 0.2 }),
    tooltip: tip(theme, 'item', (parameters) => hover(method, band, parameters as { seriesName: string; value: [number, Figure] })),
    series: [...quiet, ...loud, {
      type: 'line', data: [], silent: true,
      markLine: {
        silent: true, symbol: 'none', data: [{ yAxis: -drop }],
        lineStyle: { color: theme.warm, type: [6, 4], width: 1.4 },
        label: { position: 'insideStartTop', formatter: line, color: theme.warm, fontSize: 12 },
      },
    }],
  };
}

function chips(rows: ClassRow[], chosen: ClassRow[], onChange: () => void): HTMLElement {
  const paint = (): void => {
    for (const [button, row] of buttons) {
      const at = chosen.indexOf(row);
      button.setAttribute('aria-pressed', String(at >= 0));
      button.style.setProperty('--chip', at >= 0 ? `var(--series-${(at % 8) + 1})` : 'transparent');
    }
  };
  const buttons = rows.map((row): [HTMLButtonElement, ClassRow] => {
    const button = element('button', { type: 'button', class: 'chip' }, named(row.name));
    button.addEventListener('click', () => {
      const at = chosen.indexOf(row);
      if (at >= 0) {
        chosen.splice(at, 1);
      } else {
        if (chosen.length >= MOST_HIGHLIGHTED) {
          chosen.shift();
        }
        chosen.push(row);
      }
      paint();
      onChange();
    });
    return [button, row];
  });
  paint();
  return element('div', { class: 'chips', role: 'group', 'aria-label': say('Classes to highlight', '強調するクラス') }, ...buttons.map(([button]) => button));
}

/** Class by sparsity, each figure with its band; the CSV has the ends in columns of their own. */
function columns(method: Method, band: Band | undefined): Column<ClassRow>[] {
  return [
    { key: 'class', head: say('Class', 'クラス'), value: (row) => row.name, cell: (row) => named(row.name) },
    ...method.pruned.map((sparsity, step): Column<ClassRow> => {
      const end = (row: ClassRow): Interval => (band === undefined ? null : bandOf(row, band)[step] ?? null);
      return {
        key: `delta_ap_${sparsity}`, head: percent(sparsity), number: true, value: (row) => row.curve.delta_ap[step] ?? null,
        cell: (row) => withBelow(change(row.curve.delta_ap[step] ?? null), end(row) === null ? null : interval(end(row), change)),
        extra: [{ key: `delta_ap_${sparsity}_low`, value: (row) => end(row)?.[0] ?? null }, { key: `delta_ap_${sparsity}_high`, value: (row) => end(row)?.[1] ?? null }],
      };
    }),
  ];
}

function behindCurves(method: Method, band: Band | undefined): { caption: string; rows: ClassRow[]; columns: Column<ClassRow>[] } {
  return {
    caption: say(`Relative change of AP by class and sparsity, ${method.name}; below it the band: ${bandText(band)}`, `クラス・スパース率別のAPの相対変化（${method.name}）。下段は帯: ${bandText(band)}`),
    rows: byForgetting(method), columns: columns(method, band),
  };
}

export function forgettabilityCurves(report: Report, method: Method): Node {
  const measured = method.classes.filter((row) => row.curve.delta_ap.some((value) => value !== null));
  if (measured.length === 0) {
    return element('p', { class: 'absent' }, say('There is no curve to show: no class has a change of AP for this method.', '示せる曲線がない。この手法ではAPの変化を求められたクラスがない。'));
  }
  const chosen = [...forgotten(method).slice(0, 4), ...kept(method).slice(0, 2)];
  if (chosen.length === 0) {
    chosen.push(...measured.slice(0, 4));
  }
  const bands = bandsOf(report, method);
  let band = bands[0];
  const holder = element('div');
  const small = element('div');
  const title = say(`Change of AP against sparsity, ${method.name}`, `スパース率に対するAPの変化（${method.name}）`);
  const redraw = (): void => {
    holder.replaceChildren(chartFigure({
      title, note: say('relative to the dense network, median over seeds; band: ', 'プルーニング前に対する相対変化、シード間の中央値。帯: ') + bandText(band),
      file: fileName('curves', method.name), height: 380, behind: behindCurves(method, band),
      option: (theme, width) => option(report, method, chosen, band, theme, width) }));
  };
  const redrawSmall = (): void => {
    small.replaceChildren(drawnFigure({
      title: say('Each class by itself', 'クラスごとの曲線'),
      note: say(`Line: median over seeds; band: ${bandText(band)}; dashed: what counts as forgotten; dot: first drop.`, `線: シード間の中央値。帯: ${bandText(band)}。破線: 忘却の基準。点: 初回低下点。`),
      file: fileName('curves-by-class', method.name), behind: behindCurves(method, band),
      picture: lattice(report, method, band), svg: () => latticeSvg(report, method, band) }));
  };
  const select = element('select', { id: 'band' }, ...bands.map((name) => element('option', { value: name }, bandText(name))));
  select.addEventListener('change', () => {
    band = bands.find((name) => name === select.value);
    redraw();
    redrawSmall();
  });
  redraw();
  redrawSmall();
  return fragment(
    element('p', { class: 'hint' }, element('span', { class: 'screen' }, say('Choose classes to highlight (up to eight). ', '強調するクラスを選べる（8つまで）。')),
      say('The others stay grey; dotted grey: insufficient evidence, or hardly learned.', 'それ以外は灰色で示す。灰色の点線: エビデンス不足または学習不十分。')),
    chips(byForgetting(method), chosen, redraw),
    bands.length > 1 && element('label', { class: 'choose screen', for: 'band' }, element('span', {}, say('Band', '帯')), select),
    holder, small);
}
