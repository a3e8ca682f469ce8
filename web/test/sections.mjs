// Every section, in both languages, of every kind of study: there, without a fault, without a request.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { audit, drawAll, KINDS, LANGUAGES, leftInEnglish, opened } from './browser.mjs';

const SECTIONS = {
  decision: ['Decision', '判定'], summary: ['Summary', '要約'], 'trade-off': ['Trade-off', 'トレードオフ'], classes: ['Classes', 'クラス'], combinations: ['Combinations', '組み合わせ'],
  images: ['Images', '画像'], strata: ['Strata', '層別'],
  'return-on-investment': ['Return on investment', '投資対効果'], 'roll-out': ['Roll-out plan', '導入計画'], method: ['Method', '方法'],
};

for (const kind of KINDS) {
  for (const lang of LANGUAGES) {
    test(`${kind} in ${lang} has every section and no fault`, async () => {
      const { page, faults, close } = await opened(kind, { lang });
      assert.equal(await page.getAttribute('html', 'lang'), lang);
      for (const [id, titles] of Object.entries(SECTIONS)) {
        assert.equal(await page.textContent(`#${id} > h2`), titles[lang === 'en' ? 0 : 1], id);
        assert.ok((await page.innerText(`#${id}`)).length > 20, `${id} says something`);
        assert.equal(await page.locator(`nav a[href="#${id}"]`).count(), 1);
      }
      await drawAll(page);
      assert.equal(await page.locator('.chart:not(:has(svg))').count(), 0, 'every chart is drawn');
      for (const details of await page.locator('details').all()) {
        await details.evaluate((element) => { element.open = true; });
      }
      await page.waitForTimeout(100);
      const text = await page.innerText('body');
      assert.doesNotMatch(text, /\bNaN\b|undefined|\[object|Infinity/, 'no figure that is none');
      assert.ok(kind === 'hostile' || !/\{\w+\}/.test(text.replace(/"[^"]*"|\{\w+: /g, '')), 'no placeholder is left');
      if (lang === 'ja') {
        assert.deepEqual(await page.evaluate(leftInEnglish), []);
      }
      assert.deepEqual(faults, []);
      await close();
    });
  }
}

test('what is absent is said', async () => {
  const { page, faults, close } = await opened('one');
  const text = await page.innerText('main');
  for (const said of ['One seed', 'No bootstrap was asked for', 'There are no pairs', 'There are no exemplars for this method', 'No strata were given',
    'there is no recipe']) {
    assert.ok(text.includes(said), said);
  }
  assert.deepEqual(faults, []);
  await close();
  const forty = await opened('forty');
  assert.match(await forty.page.innerText('#images'), /made without pictures/);
  assert.match(await forty.page.innerText('#images'), /Attention maps: none were made/);
});

test('the language is switched on the page, and the method stays chosen', async () => {
  const { page, faults, close } = await opened('forty');
  await page.selectOption('#chosen-method', { label: 'random' });
  assert.match(await page.textContent('#summary .shown'), /random/);
  await page.click('.languages [lang="ja"]');
  assert.equal(await page.textContent('#summary > h2'), '要約');
  assert.match(await page.textContent('#summary .shown'), /random/);
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('lang')), 'ja');
  await page.click('.languages [lang="en"]');
  assert.equal(await page.textContent('#summary > h2'), 'Summary');
  assert.deepEqual(faults, []);
  await close();
});

test('all counts of the heading are those of the audit', async () => {
  for (const kind of KINDS) {
    const { page, close } = await opened(kind);
    const { cohort, seeds, methods } = audit(kind);
    const numbers = (await page.textContent('.size')).replace(/,/g, '').match(/\d+/g).map(Number);
    assert.deepEqual(numbers, [cohort.images, cohort.patients, cohort.classes.length, Object.keys(methods).length, seeds.length]);
    await close();
  }
});
