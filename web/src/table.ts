import { element } from './dom';

export interface Column<Row> {
  head: string;
  note?: string; // what the figure is, shown on hover
  value: (row: Row) => number | string | null; // what it is sorted by; null stands last
  cell: (row: Row) => Node | string;
  number?: boolean;
  falling?: boolean; // the first click sorts from high to low
}

export interface TableOptions {
  caption: string;
  sortBy?: number; // column sorted by at first
}

function compare(a: number | string | null, b: number | string | null, direction: number): number {
  if (a === null || b === null) {
    return a === b ? 0 : a === null ? 1 : -1;
  }
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true });
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

/** A table sorted by its heads. It scrolls sideways inside its own frame on narrow screens. */
export function sortableTable<Row>(rows: Row[], columns: Column<Row>[], options: TableOptions): HTMLElement {
  const body = element('tbody');
  const heads: HTMLTableCellElement[] = [];
  const sort = (index: number, direction: number): void => {
    const column = columns[index];
    if (!column) {
      return;
    }
    const ordered = [...rows].sort((a, b) => compare(column.value(a), column.value(b), direction));
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
  const initial = options.sortBy ?? 0;
  sort(initial, columns[initial]?.falling ? -1 : 1);
  return frame(options.caption, element('table', { class: 'sortable' }, element('caption', {}, options.caption),
    element('thead', {}, element('tr', {}, ...heads)), body));
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
  return element('div', { class: 'table-frame', role: 'region', tabindex: '0', 'aria-label': name }, table);
}

/** The figures behind a chart, folded away; made when it is opened for the first time. */
export function folded(summary: string, content: () => Node): HTMLElement {
  const details = element('details', { class: 'figures' }, element('summary', {}, summary));
  details.addEventListener('toggle', () => {
    if (details.open && details.childElementCount === 1) {
      details.append(content());
    }
  });
  return details;
}
