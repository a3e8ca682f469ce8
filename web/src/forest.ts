// Estimates with their intervals, one under the other, against a line of no effect.
import { tip, tipBox, valueAxis, type Option } from './chart';
import type { Figure, Interval } from './data';
import type { Theme } from './theme';

export interface Estimate {
  name: string;
  value: number;
  interval: Interval;
  firm: boolean; // else it is drawn grey
  lines: [string, string][]; // for the hover
}

export interface Forest {
  axis: string;
  none: number; // where there is no effect
  text: (value: Figure) => string;
  log: boolean;
  worseBelow?: boolean; // a value below `none` is the bad one
}

export const forestHeight = (rows: number): number => 62 + rows * 24;

interface Api {
  value: (dimension: number) => number;
  coord: (point: number[]) => number[];
}

function whisker(theme: Theme) {
  return (_: unknown, api: Api): object => {
    const row = api.value(0);
    const [[left = 0, y = 0], [right = 0]] = [api.coord([api.value(1), row]), api.coord([api.value(2), row])] as [number[], number[]];
    const line = (x1: number, y1: number, x2: number, y2: number): object => ({ type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke: theme.muted, lineWidth: 1.6 } });
    return { type: 'group', children: [line(left, y, right, y), line(left, y - 4, left, y + 4), line(right, y - 4, right, y + 4)] };
  };
}

export function forestOption(estimates: Estimate[], forest: Forest, theme: Theme, width: number): Option {
  const rows = [...estimates].reverse(); // the axis counts from below
  const ends = rows.flatMap((row, index) => (row.interval === null ? [] : [[index, row.interval[0], row.interval[1]]]));
  return {
    grid: { left: 8, right: 20, top: 6, bottom: 44, containLabel: true },
    xAxis: { ...valueAxis(theme, forest.axis, (value) => forest.text(value), { nameGap: 26 }), ...(forest.log ? { type: 'log', logBase: 2 } : {}) },
    yAxis: { type: 'category', data: rows.map((row) => row.name), axisTick: { show: false }, axisLine: { show: false },
             axisLabel: { color: theme.ink, fontSize: 12, width: Math.min(240, width * 0.42), overflow: 'truncate' } },
    tooltip: tip(theme, 'item', (parameters) => {
      const row = rows[(parameters as { dataIndex: number }).dataIndex];
      return row ? tipBox(row.name, row.lines) : '';
    }),
    series: [
      { type: 'custom', silent: true, z: 2, clip: true, data: ends, encode: { x: [1, 2], y: 0 }, renderItem: whisker(theme), tooltip: { show: false } },
      { type: 'scatter', z: 3, symbolSize: 10, data: rows.map((row, index) => ({
        value: [row.value, index], itemStyle: row.firm ? { color: (row.value >= forest.none) !== (forest.worseBelow ?? false) ? theme.warm : theme.accent } : { color: theme.panel, borderColor: theme.muted, borderWidth: 1.6 } })),
        markLine: { silent: true, symbol: 'none', data: [{ xAxis: forest.none }], label: { show: false }, lineStyle: { color: theme.muted, type: 'solid' } } },
    ],
  };
}
