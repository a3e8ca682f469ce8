// Colours live in style.css; charts read them from there, so that light and dark are told once.
export interface Theme {
  ink: string;
  muted: string;
  rule: string;
  panel: string;
  accent: string;
  warm: string;
  faint: string;
  series: string[];
}

const SERIES = 8;

export function currentTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: colour('ink'),
    muted: colour('muted'),
    rule: colour('rule'),
    panel: colour('panel'),
    accent: colour('accent'),
    warm: colour('warm'),
    faint: colour('faint'),
    series: Array.from({ length: SERIES }, (_, index) => colour(`series-${index + 1}`)),
  };
}

/** As on paper: `act` finds the page in its light colours, whatever the reader has chosen. */
export function inLight<Result>(act: () => Result): Result {
  const root = document.documentElement;
  const printing = root.classList.contains('printing');
  root.classList.add('printing');
  try {
    return act();
  } finally {
    root.classList.toggle('printing', printing);
  }
}

// Colour is never alone: each series has its own symbol and dash too.
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond'];
const DASHES: ('solid' | number[])[] = ['solid', [7, 4], [2, 3], [9, 3, 2, 3]];

/** How the series of this number is drawn; from the fifth on its symbols are hollow. */
export function seriesLook(theme: Theme, index: number, width: number): { symbol: string; lineStyle: object; itemStyle: object; colour: string } {
  const colour = theme.series[index % theme.series.length] ?? theme.ink;
  const hollow = index % SERIES >= SYMBOLS.length;
  return {
    colour,
    symbol: SYMBOLS[index % SYMBOLS.length] ?? 'circle',
    lineStyle: { width, color: colour, type: DASHES[index % DASHES.length] ?? 'solid' },
    itemStyle: hollow ? { color: theme.panel, borderColor: colour, borderWidth: 2 } : { color: colour },
  };
}
