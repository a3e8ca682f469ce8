import { LineChart, ScatterChart, BarChart, CustomChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import type { EChartsCoreOption, EChartsType } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';

import { element } from './dom';
import { currentTheme, type Theme } from './theme';

echarts.use([
  LineChart, ScatterChart, BarChart, CustomChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent,
  LabelLayout, SVGRenderer,
]);

export type Option = EChartsCoreOption;

interface Live {
  host: HTMLElement;
  chart: EChartsType | null;
  option: (theme: Theme, width: number) => Option;
}

const live = new Set<Live>();

function draw(entry: Live): void {
  const width = entry.host.clientWidth;
  if (width === 0) {
    return;
  }
  entry.chart ??= echarts.init(entry.host, null, { renderer: 'svg' });
  entry.chart.resize();
  entry.chart.setOption({ animation: false, ...entry.option(currentTheme(), width) }, { notMerge: true });
}

function redrawAll(): void {
  live.forEach(draw);
}

/** Lets go of charts that are no longer on the page. */
export function sweepCharts(): void {
  for (const entry of live) {
    if (!entry.host.isConnected) {
      resized.unobserve(entry.host);
      entry.chart?.dispose();
      live.delete(entry);
    }
  }
}

const resized = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    for (const entry of live) {
      if (entry.host === target && entry.chart?.getWidth() !== entry.host.clientWidth) {
        draw(entry);
      }
    }
  }
});

/** Charts follow the reader's colours, also while the page is printed. */
export function watchTheme(): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawAll);
  matchMedia('print').addEventListener('change', redrawAll);
}

/** A chart that draws itself when it is on the page. `summary` is what a screen reader says for it. */
export function chart(height: number, summary: string, option: (theme: Theme, width: number) => Option): HTMLElement {
  const host = element('div', { class: 'chart', role: 'img', 'aria-label': summary });
  host.style.height = `${height}px`;
  const entry: Live = { host, chart: null, option };
  live.add(entry);
  resized.observe(host);
  return host;
}

/** A value axis in this page's manner: `format` writes its ticks. */
export function valueAxis(theme: Theme, name: string, format: (value: number) => string, more: object = {}): object {
  return {
    type: 'value',
    name,
    nameLocation: 'middle',
    nameTextStyle: { color: theme.muted, fontSize: 12 },
    axisLabel: { color: theme.muted, fontSize: 12, formatter: format, hideOverlap: true },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: theme.rule } },
    splitNumber: 4,
    ...more,
  };
}

/** Tooltips are built from text nodes: names are text whatever they contain. */
export function tip(theme: Theme, trigger: 'axis' | 'item', content: (parameters: unknown) => HTMLElement | string): object {
  return {
    trigger,
    confine: true,
    transitionDuration: 0,
    backgroundColor: theme.panel,
    borderColor: theme.rule,
    textStyle: { color: theme.ink, fontSize: 13 },
    axisPointer: { type: 'line', lineStyle: { color: theme.muted, type: 'dashed' } },
    formatter: content,
  };
}

export function tipBox(head: string, lines: [string, string][]): HTMLElement {
  const rows = lines.map(([name, value]) =>
    element('tr', {}, element('th', { scope: 'row' }, element('bdi', {}, name)), element('td', {}, value)));
  return element('div', { class: 'tip' }, element('strong', {}, element('bdi', {}, head)), element('table', {}, ...rows));
}
