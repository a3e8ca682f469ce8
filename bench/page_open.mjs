// node page_open.mjs PACKAGES BROWSER PAGE ROUNDS: opens a report's page in headless Chromium, each time in a new profile,
// and prints what its own clock says, in milliseconds from the navigation on; medians over rounds.
//   painted      first content on the screen (Paint Timing)
//   usable       the page is drawn and its script is idle: two frames after `load`
//   sorted       from a click on a table's head to the next frame
//   switched     from a click on the other language to the next frame
//   longest      the longest task of the main thread until then (Long Tasks)
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [packages, executablePath, file, rounds] = process.argv.slice(2);
const { chromium } = createRequire(join(packages, 'any.js'))('playwright-core');
const browser = await chromium.launch({ executablePath, args: ['--disable-gpu', '--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])] });

async function opened() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.measured = { longest: 0 };
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        window.measured.longest = Math.max(window.measured.longest, duration);
      }
    }).observe({ type: 'longtask', buffered: true });
    addEventListener('load', () => requestAnimationFrame(() => requestAnimationFrame(() => { window.measured.usable = performance.now(); })));
  });
  await page.goto(`${pathToFileURL(file).href}?lang=en`);
  await page.waitForFunction(() => window.measured.usable !== undefined);
  const answered = (selector) => page.evaluate((found) => new Promise((resolve) => {
    const began = performance.now();
    document.querySelector(found).click();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
  }), selector);
  await page.waitForTimeout(100);
  const measured = await page.evaluate(() => ({ ...window.measured, painted: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null }));
  measured.sorted = await answered('#classes table thead th:nth-child(3) button');
  measured.switched = await answered('.languages [lang="ja"]');
  await context.close();
  return measured;
}

const all = [];
for (let round = 0; round < Number(rounds); ++round) {
  all.push(await opened());
}
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
console.log(JSON.stringify({ browser: browser.version(), ...Object.fromEntries(Object.keys(all[0]).map((key) => [key, Math.round(median(all.map((one) => one[key])))])) }));
await browser.close();
