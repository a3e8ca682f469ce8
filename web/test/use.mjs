// Sorting, filters, downloads, keyboard, paper and narrow screens.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { audit, drawAll, KINDS, LANGUAGES, opened, taken } from './browser.mjs';

const table = (page) => page.locator('#classes table').filter({ has: page.locator('svg.spark') });

async function column(page, index) {
  return table(page).locator('tbody tr').evaluateAll((rows, at) => rows.map((row) => row.children[at].childNodes[0].textContent), index);
}

test('a table is sorted by its heads, up and down', async () => {
  const { page, faults, close } = await opened('forty');
  const head = table(page).locator('thead th').nth(2); // training positives
  await head.locator('button').click();
  assert.equal(await head.getAttribute('aria-sort'), 'descending');
  const numbers = (await column(page, 2)).map((text) => Number(text.replace(/,/g, '')));
  assert.deepEqual(numbers, [...numbers].sort((a, b) => b - a));
  await head.locator('button').press('Enter');
  assert.equal(await head.getAttribute('aria-sort'), 'ascending');
  assert.deepEqual((await column(page, 2)).map((text) => Number(text.replace(/,/g, ''))), [...numbers].reverse());
  await table(page).locator('thead th').nth(0).locator('button').click();
  const names = await column(page, 0);
  assert.deepEqual(names.slice(0, 3), ['Finding 1', 'Finding 2', 'Finding 3'], 'numbers in names count as numbers');
  assert.equal(await table(page).locator('thead th[aria-sort]:not([aria-sort="none"])').count(), 1);
  assert.deepEqual(faults, []);
  await close();
});

test('the gallery is filtered by class, flip and site', async () => {
  const { page, faults, close } = await opened('forty');
  const { images } = audit('forty').methods[await page.locator('#chosen-method option:checked').textContent()].exemplars;
  const state = async () => Number((await page.textContent('#images [role="status"]')).match(/\d+/)[0]);
  assert.equal(await state(), images.length);
  await page.selectOption('#filter-direction', 'lost');
  assert.equal(await state(), images.filter(({ flips }) => flips.some(({ direction }) => direction === 'lost')).length);
  const name = images.flatMap(({ flips }) => flips).find(({ direction }) => direction === 'lost')?.class;
  assert.ok(name !== undefined, 'some call is lost');
  await page.selectOption('#filter-class', name);
  assert.equal(await state(), images.filter(({ flips }) => flips.some((flip) => flip.class === name && flip.direction === 'lost')).length);
  await page.selectOption('#filter-class', '');
  await page.selectOption('#filter-direction', 'none');
  assert.equal(await state(), images.filter(({ flips }) => flips.length === 0).length);
  await page.selectOption('#filter-direction', '');
  const all = await state();
  await page.selectOption('#filter-site', 'north');
  const north = await state();
  await page.selectOption('#filter-site', 'south');
  assert.equal(north + (await state()), all);
  assert.ok(north > 0 && north < all);
  assert.deepEqual(faults, []);
  await close();
});

test('the other exemplars are shown on request, and the first of them has the focus', async () => {
  const { page, close } = await opened('forty');
  const { images } = audit('forty').methods[await page.locator('#chosen-method option:checked').textContent()].exemplars;
  assert.equal(await page.locator('.exemplar').count(), 24);
  await page.click('.more');
  assert.equal(await page.locator('.exemplar').count(), images.length);
  assert.match(await page.evaluate(() => document.activeElement.textContent), /#25/);
  await close();
});

for (const lang of LANGUAGES) {
  test(`every chart and table can be taken away (${lang})`, async () => {
    const { page, faults, close } = await opened('forty', { lang });
    const buttons = await page.locator('button.take').all();
    assert.ok(buttons.length > 15);
    const blank = await page.context().browser().newPage(); // where no policy minds the styles of a drawing
    const names = new Set();
    for (const button of buttons) {
      if (!(await button.isVisible())) {
        continue;
      }
      const { name, text } = await taken(page, button);
      names.add(name);
      assert.doesNotMatch(text, /\bNaN\b|undefined/, name);
      if (name.endsWith('.svg')) {
        const wrong = await blank.evaluate((source) => {
          const parsed = new DOMParser().parseFromString(source, 'image/svg+xml');
          const root = parsed.documentElement;
          return parsed.querySelector('parsererror') ? 'is no XML' : root.localName !== 'svg' ? 'is no SVG'
            : root.querySelectorAll('path, rect, circle').length < 3 ? 'is empty' : parsed.querySelector('script, foreignObject, [onload]') ? 'acts' : '';
        }, text);
        assert.equal(wrong, '', name);
        assert.match(text, /<title>/, name);
      } else {
        assert.ok(text.split('\r\n').length >= 3, name);
      }
    }
    await blank.close();
    for (const start of ['trade-off-macro', 'trade-off-worst-class', 'macro-auroc', 'curves-', 'curves-by-class', 'classes-', 'frequency-', 'co-occurrence', 'fcd-iou', 'fcd-frequency-gap', 'exemplar-labels', 'strata-site']) {
      assert.ok([...names].some((name) => name.startsWith(start)), `${start} is among ${[...names].join(' ')}`);
    }
    assert.deepEqual(faults, []);
    await close();
  });
}

test('the other choices redraw what they should', async () => {
  const { page, faults, close } = await opened('forty');
  await page.selectOption('#gain', 'fewer');
  await page.selectOption('#band', 'seeds');
  assert.match(await page.locator('#classes figcaption').first().textContent(), /quartile over seeds/);
  for (const measure of ['together', 'fcd']) {
    await page.selectOption('#matrix-measure', measure);
    assert.equal(await page.locator('.matrix .square').count(), 40 * 39);
  }
  await page.selectOption('#strata-measure', 'ap');
  const chip = page.locator('.chip[aria-pressed="false"]').first();
  await chip.click();
  await chip.click();
  assert.deepEqual(faults, []);
  await close();
});

test('the keyboard reaches everything, and what has the focus is marked', async () => {
  const { page, close } = await opened('forty');
  const reached = [];
  for (let i = 0; i < 25; ++i) {
    await page.keyboard.press('Tab');
    reached.push(await page.evaluate(() => {
      const element = document.activeElement;
      return { what: `${element.localName} ${element.textContent.slice(0, 20)}`, outline: getComputedStyle(element).outlineStyle };
    }));
  }
  assert.ok(reached.some(({ what }) => what.includes('日本語')));
  assert.ok(reached.some(({ what }) => what.startsWith('a Classes')));
  assert.ok(reached.some(({ what }) => what.startsWith('select')));
  assert.deepEqual(reached.filter(({ outline }) => outline === 'none'), []);
  await close();
});

for (const kind of KINDS) {
  test(`${kind} on a telephone: the page itself does not scroll sideways`, async () => {
    for (const lang of LANGUAGES) {
      const { page, faults, close } = await opened(kind, { lang, width: 360, height: 740 });
      await drawAll(page);
      await page.evaluate(() => dispatchEvent(new Event('afterprint')));
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 360, lang);
      assert.deepEqual(faults, []);
      await close();
    }
  });

  test(`${kind} on paper: A4, all charts as vectors, no table cut`, async () => {
    const { page, faults, close } = await opened(kind);
    const bytes = await page.pdf({ preferCSSPageSize: true });
    assert.equal(bytes.subarray(0, 5).toString(), '%PDF-');
    const boxes = [...bytes.toString('latin1').matchAll(/\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)/g)].map(([, width, height]) => [Math.round(Number(width)), Math.round(Number(height))]);
    assert.ok(boxes.every(([width, height]) => Math.abs(width - 595) <= 1 && Math.abs(height - 842) <= 1), String(boxes[0]));
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 688, height: 900 }); // A4 less its margins
    await drawAll(page);
    assert.equal(await page.locator('.chart:not(:has(svg))').count(), 0);
    assert.equal(await page.locator('canvas').count(), 0);
    const cut = await page.evaluate(() => [...document.querySelectorAll('table, .chart svg, .matrix, .lattice, .gallery')]
      .filter((element) => element.getBoundingClientRect().width > 0 && element.getBoundingClientRect().right > 690).map((element) => `${element.localName}.${element.className} ${element.getBoundingClientRect().right}`));
    assert.deepEqual(cut, []);
    assert.deepEqual(faults, []);
    await close();
  });
}
