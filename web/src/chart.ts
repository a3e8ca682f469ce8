import { LineChart, ScatterChart, BarChart, CustomChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import type { EChartsCoreOption, EChartsType } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';

import { element } from './dom';
import { currentTheme, inLight, type Theme } from './theme';

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

const live = new Map<Element, Live>();

function draw(entry: Live): void {
  const width = entry.host.clientWidth;
  if (width === 0) {
    return;
  }
  entry.chart ??= echarts.init(entry.host, null, { renderer: 'svg' });
  entry.chart.resize();
  entry.chart.setOption({ animation: false, ...entry.option(currentTheme(), width) }, { notMerge: true });
}

/** Those that have been seen; with `all`, the others too. */
function redraw(all: boolean): void {
  for (const entry of live.values()) {
    if (all || entry.chart !== null) {
      draw(entry);
    }
  }
}

/** Lets go of charts that are no longer on the page. */
export function sweepCharts(): void {
  for (const [host, entry] of live) {
    if (!host.isConnected) {
      resized.unobserve(host);
      near.unobserve(host);
      entry.chart?.dispose();
      live.delete(host);
    }
  }
}

const resized = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    const entry = live.get(target);
    if (entry?.chart && entry.chart.getWidth() !== entry.host.clientWidth) {
      draw(entry);
    }
  }
});

// A chart is drawn when the reader comes near it, so that a long page opens at once.
const near = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) {
    const entry = live.get(target);
    if (isIntersecting && entry) {
      near.unobserve(target);
      draw(entry);
    }
  }
}, { rootMargin: '800px' });

/** Charts follow the reader's colours. On paper all of them are drawn, in light colours and as wide as a page of A4. */
export function watchTheme(): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => redraw(false));
  addEventListener('beforeprint', () => {
    document.documentElement.classList.add('printing');
    redraw(true);
  });
  addEventListener('afterprint', () => {
    document.documentElement.classList.remove('printing');
    redraw(false);
  });
}

/** A chart that draws itself when it is on the page. `summary` is what a screen reader says for it. */
export function chart(height: number, summary: string, option: (theme: Theme, width: number) => Option): HTMLElement {
  const host = element('div', { class: 'chart', role: 'img', 'aria-label': summary });
  host.style.height = `${height}px`;
  live.set(host, { host, chart: null, option });
  resized.observe(host);
  near.observe(host);
  return host;
}

const FILE_WIDTH = 760;

/** The chart as a file of its own, in light colours. */
export function chartSvg(title: string, height: number, option: (theme: Theme, width: number) => Option): string {
  const theme = inLight(currentTheme);
  const drawing = echarts.init(null, null, { renderer: 'svg', ssr: true, width: FILE_WIDTH, height });
  drawing.setOption({ animation: false, backgroundColor: '#ffffff', aria: { enabled: false }, ...option(theme, FILE_WIDTH) });
  const text = drawing.renderToSVGString();
  drawing.dispose();
  const name = new XMLSerializer().serializeToString(document.createTextNode(title));
  return text.replace(/(<svg[^>]*>)/, (head) => `${head}<title>${name}</title>`);
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
