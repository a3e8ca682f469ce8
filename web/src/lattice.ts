// A small panel a class: all curves at one look, each by itself.
import { bandOf, type Band } from './bands';
import type { ClassRow, Interval, Method, Report } from './data';
import { drawn, element, named } from './dom';
import { say } from './language';
import { panel, titledPanel, TILE } from './spark';
import { byForgetting, dropText } from './verdict';

const ACROSS = 4;

const ends = (row: ClassRow, band: Band | undefined): Interval[] => (band === undefined ? [] : bandOf(row, band));
const drawable = (row: ClassRow): boolean => row.curve.delta_ap.some((value) => value !== null);

export function lattice(report: Report, method: Method, band: Band | undefined): HTMLElement {
  const { drop } = report.data.audit.options;
  return element('ul', { class: 'lattice' }, ...byForgetting(method).map((row) =>
    element('li', {}, element('p', {}, element('strong', {}, named(row.name)), element('span', {}, dropText(report, method, row))),
      drawable(row) ? panel(method, row, drop, ends(row, band)) : element('p', { class: 'absent' }, say('no figure', '数値なし')))));
}

/** All panels in one drawing, to be taken away. */
export function latticeSvg(report: Report, method: Method, band: Band | undefined): SVGElement {
  const { drop } = report.data.audit.options;
  const rows = byForgetting(method).filter(drawable);
  const panels = rows.map((row, index) =>
    titledPanel(method, row, drop, ends(row, band), (index % ACROSS) * TILE.width, Math.floor(index / ACROSS) * TILE.height));
  return drawn('svg', { class: 'panel', viewBox: `0 0 ${ACROSS * TILE.width} ${Math.ceil(rows.length / ACROSS) * TILE.height}` }, ...panels);
}
