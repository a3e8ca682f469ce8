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
export const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond', 'emptyCircle', 'emptyRect', 'emptyTriangle', 'emptyDiamond'];
export const DASHES: ('solid' | number[])[] = ['solid', [7, 4], [2, 3], [9, 3, 2, 3], 'solid', [7, 4], [2, 3], [9, 3, 2, 3]];
