// The page speaks English and Japanese. Both texts stand side by side where they are used, in say(); on a switch the
// page is drawn again, so a text must be asked for when it is drawn and not when a module is loaded.
export type Language = 'en' | 'ja';

const KEY = 'niwaki-language';

function known(text: string | null | undefined): Language | null {
  const short = text?.slice(0, 2).toLowerCase();
  return short === 'en' || short === 'ja' ? short : null;
}

/** Where storage is forbidden (some browsers, for files) the choice lasts as long as the page. */
function remembered(): Language | null {
  try {
    return known(localStorage.getItem(KEY));
  } catch {
    return null;
  }
}

/** The address (`report.html?lang=ja`) speaks first, then the reader's last choice, then the browser. */
function first(): Language {
  return known(new URLSearchParams(location.search).get('lang')) ?? remembered() ?? known(navigator.language) ?? 'en';
}

let chosen: Language = first();
document.documentElement.lang = chosen;

export function language(): Language {
  return chosen;
}

export function setLanguage(l: Language): void {
  chosen = l;
  document.documentElement.lang = l;
  try {
    localStorage.setItem(KEY, l);
  } catch {
    // Not remembered, then.
  }
}

export function say(english: string, japanese: string): string {
  return chosen === 'ja' ? japanese : english;
}
