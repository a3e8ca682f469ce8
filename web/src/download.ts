// Files that the reader takes away. They are made in the page and handed over as blobs: nothing is asked of the network.
import { element } from './dom';

export type Cell = number | string | null;

/** A text that a spreadsheet would take for a formula gets an apostrophe, because class names and ids come from others. */
function cellText(value: Cell): string {
  if (value === null) {
    return '';
  }
  if (typeof value === 'number') {
    return String(value);
  }
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

/** RFC 4180, UTF-8; numbers as audit.json has them, a missing figure as an empty cell. */
export function csvText(heads: string[], rows: Cell[][]): string {
  return [heads, ...rows].map((row) => row.map(cellText).join(',')).join('\r\n') + '\r\n';
}

export function handOver(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = element('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export function downloadButton(label: string, name: string, file: string, type: string, text: () => string): HTMLButtonElement {
  const button = element('button', { type: 'button', class: 'take', 'aria-label': `${label}: ${name}`, 'data-file': file }, label);
  button.addEventListener('click', () => handOver(file, type, text()));
  return button;
}

/** "l1 / seed 3" may not become a path: letters, digits and dashes of any script stay, the rest becomes a dash. */
export function fileName(...parts: string[]): string {
  return parts.map((part) => part.replace(/[^\p{L}\p{N}+.]+/gu, '-').replace(/^[-.]+|[-.]+$/g, '').slice(0, 60)).filter((part) => part !== '').join('-') || 'niwaki';
}
