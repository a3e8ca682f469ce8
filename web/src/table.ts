import { downloadButton, csvText, type Cell } from './download';
import { element, fragment } from './dom';
import { language, say } from './language';

export interface Column<Row> {
  key: string; // its head in the CSV, the same in every language
  head: string;
  note?: string; // what the figure is, shown on hover
  value: (row: Row) => Cell; // the figure itself: what the CSV holds and what the column is sorted by; null stands last
  order?: (row: Row) => Cell; // sorted by this instead
  cell: (row: Row) => Node | string;
  number?: boolean;
  falling?: boolean; // the first click sorts from high to low
  extra?: { key: string; value: (row: Row) => Cell }[]; // further columns of the CSV: the ends of an interval
}

export interface TableOptions {
  caption: string;
  file: string; // the CSV's name, without its ending
  sortBy?: string; // the key of the column sorted by at first; without it, rows stay as they come
}

function compare(a: Cell, b: Cell, direction: number): number {
  if (a === null || b === null) {
    return a === b ? 0 : a === null ? 1 : -1;
  }
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), language(), { numeric: true });
  return order * direction;
}

function bodyRow<Row>(row: Row, columns: Column<Row>[]): HTMLTableRowElement {
  const cells = columns.map((column, index) => {
    const attributes: Record<string, string> = column.number ? { class: 'number' } : {};
    return index === 0
      ? element('th', { scope: 'row', ...attributes }, column.cell(row))
      : element('td', attributes, column.cell(row));
  });
  return element('tr', {}, ...cells);
}

export function tableCsv<Row>(rows: Row[], columns: Column<Row>[]): string {
  const all = columns.flatMap((column) => [{ key: column.key, value: column.value }, ...(column.extra ?? [])]);
  return csvText(all.map((column) => column.key), rows.map((row) => all.map((column) => column.value(row))));
}

/** A table sorted by its heads, with its CSV. It scrolls sideways inside its own frame on narrow screens. */
export function sortableTable<Row>(rows: Row[], columns: Column<Row>[], options: TableOptions): HTMLElement {
  const body = element('tbody');
  const heads: HTMLTableCellElement[] = [];
  const sort = (index: number, direction: number): void => {
    const column = columns[index];
    if (!column) {
      return;
    }
    const order = column.order ?? column.value;
    const ordered = [...rows].sort((a, b) => compare(order(a), order(b), direction));
    body.replaceChildren(...ordered.map((row) => bodyRow(row, columns)));
    heads.forEach((head, at) => {
      head.setAttribute('aria-sort', at === index ? (direction > 0 ? 'ascending' : 'descending') : 'none');
    });
  };
  columns.forEach((column, index) => {
    const button = element('button', { type: 'button', ...(column.note ? { title: column.note } : {}) }, column.head);
    const head = element('th', { scope: 'col', 'aria-sort': 'none', ...(column.number ? { class: 'number' } : {}) }, button);
    button.addEventListener('click', () => {
      const now = head.getAttribute('aria-sort');
      const first = column.falling ? -1 : 1;
      sort(index, now === 'none' ? first : now === 'ascending' ? -1 : 1);
    });
    heads.push(head);
  });
  const initial = columns.findIndex((column) => column.key === options.sortBy);
  if (initial < 0) {
    body.replaceChildren(...rows.map((row) => bodyRow(row, columns)));
  } else {
    sort(initial, columns[initial]?.falling ? -1 : 1);
  }
  const table = element('table', { class: 'sortable' }, element('caption', {}, options.caption),
    element('thead', {}, element('tr', {}, ...heads)), body);
  return element('div', { class: 'table' }, frame(options.caption, table),
    element('p', { class: 'tools screen' }, downloadButton('CSV', options.caption, `${options.file}.csv`, 'text/csv', () => tableCsv(rows, columns))));
}

/** A plain table: a head and rows of text; all but the first column are numbers, unless told otherwise. */
export function plainTable(caption: string, heads: string[], rows: string[][], numbers = true): HTMLElement {
  const cell: Record<string, string> = numbers ? { class: 'number' } : {};
  const cells = rows.map((row) =>
    element('tr', {}, ...row.map((text, index) =>
      index === 0 ? element('th', { scope: 'row' }, element('bdi', {}, text)) : element('td', cell, element('bdi', {}, text)))));
  return frame(caption, element('table', {}, element('caption', {}, caption),
    element('thead', {}, element('tr', {}, ...heads.map((head, index) =>
      element('th', { scope: 'col', ...(index > 0 ? cell : {}) }, head)))),
    element('tbody', {}, ...cells)));
}

function frame(name: string, table: HTMLTableElement): HTMLElement {
  return element('div', { class: 'table-frame', role: 'group', tabindex: '0', 'aria-label': name }, table);
}

/** Something folded away; made when it is opened for the first time. */
export function folded(summary: string, content: () => Node): HTMLDetailsElement {
  const details = element('details', { class: 'figures' }, element('summary', {}, summary));
  details.addEventListener('toggle', () => {
    if (details.open && details.childElementCount === 1) {
      details.append(content());
    }
  });
  return details;
}

/** A number as a column: sorted from high to low at first. */
export function figureColumn<Row>(key: string, head: string, note: string, value: (row: Row) => number | null,
                                  text: (value: number | null) => string): Column<Row> {
  return { key, head, note, number: true, falling: true, value, cell: (row) => text(value(row)) };
}

/** The same under a value: its interval, small and quiet. */
export function withBelow(value: Node | string, below: string | null): Node {
  return fragment(value, below !== null && element('small', { class: 'quiet below' }, below));
}

/** Rows that name what they are for readers who cannot see the chart. */
export function behind(): string {
  return say('Figures behind this chart', 'このグラフの数値');
}
