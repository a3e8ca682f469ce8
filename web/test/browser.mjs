// Opens report pages in headless Chromium as a reader does, and keeps count of all that should not happen.
//   NIWAKI_PAGES      folder of report pages: <kind>/report.html beside <kind>/audit.json
//   NIWAKI_PACKAGES   the folder that holds node_modules
//   NIWAKI_BROWSER    Chromium
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const packages = createRequire(join(process.env.NIWAKI_PACKAGES, 'any.js'));
const { chromium } = packages('playwright-core');
export const axeSource = readFileSync(packages.resolve('axe-core/axe.min.js'), 'utf8');
const folder = process.env.NIWAKI_PAGES;

export const LANGUAGES = ['en', 'ja'];
export const KINDS = ['study', 'forty', 'one', 'hostile'];

export const browser = await chromium.launch({
  executablePath: process.env.NIWAKI_BROWSER,
  args: ['--disable-gpu', '--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
});

export const audit = (kind) => JSON.parse(readFileSync(join(folder, kind, 'audit.json'), 'utf8'));

const contexts = new Set();

/** What a failed test has left open. */
export async function closeAll() {
  for (const context of contexts) {
    await context.close();
  }
  contexts.clear();
}

/** A page that was opened from disk, with nothing but itself to be had. `faults` is what went wrong on it. */
export async function opened(kind, { lang = 'en', scheme = 'light', width = 1280, height = 900, file = 'report.html' } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, acceptDownloads: true, locale: 'en-GB' });
  contexts.add(context);
  const page = await context.newPage();
  const faults = [];
  const address = pathToFileURL(join(folder, kind, file)).href;
  page.on('console', (message) => faults.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await context.route('**/*', (route) => {
    const url = route.request().url();
    if (url.split('?')[0] === address) {
      return route.continue();
    }
    faults.push(`request: ${url}`);
    return route.abort();
  });
  await page.goto(`${address}?lang=${lang}`);
  await page.waitForSelector('main');
  return { page, faults, close: () => context.close().then(() => contexts.delete(context)) };
}

/** The page of a kind of study with other data in it: `change` gets the page's data. */
export function variant(kind, name, change) {
  const source = readFileSync(join(folder, kind, 'report.html'), 'utf8');
  const [, head, text, tail] = source.match(/^(.*id="data">)(.*?)(<\/script>.*)$/s);
  const data = JSON.parse(text);
  change(data);
  writeFileSync(join(folder, kind, `${name}.html`), head + JSON.stringify(data).replace(/</g, '\\u003c') + tail);
  return `${name}.html`;
}

/** As before paper: every chart is drawn. */
export async function drawAll(page) {
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
}

/** What a click on this button hands over. */
export async function taken(page, button) {
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
}

/** RFC 4180, as objects by the names of the columns. */
export function parsedCsv(text) {
  const rows = [];
  let row = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; ++i) {
    const character = text[i];
    if (quoted) {
      if (character === '"' && text[i + 1] === '"') {
        cell += '"';
        ++i;
      } else if (character === '"') {
        quoted = false;
      } else {
        cell += character;
      }
    } else if (character === '"') {
      quoted = true;
    } else if (character === ',') {
      row.push(cell);
      cell = '';
    } else if (character === '\n') {
      rows.push([...row, cell.replace(/\r$/, '')]);
      row = [];
      cell = '';
    } else {
      cell += character;
    }
  }
  const [heads, ...body] = rows;
  return body.map((cells) => new Map(heads.map((head, index) => [head, cells[index]])));
}

/** What a reader of Japanese would stumble over: English words outside names, sources, ids and the recipe. */
export function leftInEnglish() {
  const copy = document.body.cloneNode(true);
  copy.querySelectorAll('bdi, cite, pre, script, style, option, svg, .languages, .id, .tip, .chart, .method-names').forEach((part) => part.remove());
  return copy.textContent.match(/\b(the|of|and|with|are|is|at|not|no|from|for|this|class|figures?)\b.{0,40}/gi) ?? [];
}

/** A figure as a CSV writes it. */
export const written = (value) => (value === null || value === undefined ? '' : String(value));
