// A figure of this page: a chart with the table behind it, and both to take away.
import { chart, chartSvg, type Option } from './chart';
import { element, type Child } from './dom';
import { downloadButton } from './download';
import { say } from './language';
import { standaloneSvg } from './standalone';
import { behind, folded, sortableTable, tableCsv, type Column } from './table';
import type { Theme } from './theme';

/** The table behind a figure. */
export interface Behind<Row> {
  caption: string;
  rows: Row[];
  columns: Column<Row>[];
  sortBy?: string;
}

interface About<Row> {
  title: string;
  note?: Child;
  file: string; // the name of what is taken away, without its ending
  behind: Behind<Row>;
}

function framed<Row>(about: About<Row>, picture: HTMLElement | SVGElement, svg: () => string): HTMLElement {
  const { title, note, file, behind: table } = about;
  return element('figure', {},
    element('figcaption', {}, element('strong', {}, title), note !== undefined && note !== null && note !== false && element('span', {}, note)),
    picture,
    element('div', { class: 'tools screen' },
      downloadButton('SVG', title, `${file}.svg`, 'image/svg+xml', svg),
      downloadButton('CSV', title, `${file}.csv`, 'text/csv', () => tableCsv(table.rows, table.columns)),
      folded(behind(), () => sortableTable(table.rows, table.columns, { caption: table.caption, file: `${file}-table`, ...(table.sortBy === undefined ? {} : { sortBy: table.sortBy }) }))));
}

/** A figure whose chart ECharts draws. A screen reader is told the title, and where the figures are. */
export function chartFigure<Row>(about: About<Row> & { height: number; option: (theme: Theme, width: number) => Option }): HTMLElement {
  const summary = say(`${about.title}. The figures are in the table below it.`, `${about.title}。数値は下の表にある。`);
  return framed(about, chart(about.height, summary, about.option), () => chartSvg(about.title, about.height, about.option));
}

/** A figure that is drawn by hand. */
export function drawnFigure<Row>(about: About<Row> & { picture: HTMLElement | SVGElement; svg: () => SVGElement }): HTMLElement {
  return framed(about, about.picture, () => standaloneSvg(about.svg(), about.title));
}
