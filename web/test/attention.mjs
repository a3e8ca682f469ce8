// Attention maps on the cards of exemplars: those of the study's index, in both languages, and what is said without them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { audit, axeSource, LANGUAGES, leftInEnglish, opened, parsedCsv, taken, variant, written } from './browser.mjs';

const explained = (method) => join(process.env.NIWAKI_PAGES, 'study/explain', method);
const indexOf = (method) => JSON.parse(readFileSync(join(explained(method), 'exemplars.json'), 'utf8'));
const chosen = async (page) => page.locator('#chosen-method option:checked').textContent();
const cards = (page) => page.locator('.exemplar').filter({ has: page.locator('.maps') });
const NETWORKS = { en: ['dense', 'pruned', 'another training'], ja: ['プルーニング前', 'プルーニング後', '別の学習'] };

// Grey, 8 x 8 pixels.
const JPEG = 'data:image/jpeg;base64,/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AP//Z';
const NAMES = ['dense', 'pruned', 'another training'].map((role, at) => ({ role, seed: at === 2 ? 1 : 0, layer: 'layer4', rows: 4, columns: 4 }));

/** Maps of the first exemplar of each method: the pruned network's is flat. */
function withMaps(data, name) {
  data.maps = Object.entries(data.audit.methods).map(([method, { exemplars }]) => ({
    method, stale: null, kind: 'grad-cam', networks: NAMES,
    images: Object.fromEntries(exemplars.images.slice(0, 1).map(({ id }) => [id, { class: name, maps: [
      { probability: 0.75, flat: false, correlation: null, picture: JPEG }, { probability: 0.02, flat: true, correlation: null, picture: null },
      { probability: 0.5, flat: false, correlation: -0.25, picture: JPEG }] }])),
  }));
}

for (const lang of LANGUAGES) {
  test(`cards show the maps of the index (${lang})`, async () => {
    const { page, faults, close } = await opened('study', { lang });
    const index = indexOf(await chosen(page));
    assert.equal(await cards(page).count(), index.exemplars.length);
    for (const [at, exemplar] of index.exemplars.entries()) {
      const card = cards(page).nth(at);
      assert.equal(await card.locator('.id').textContent(), exemplar.id);
      assert.ok((await card.locator('.maps > p').textContent()).includes(exemplar.class));
      for (const [network, map] of exemplar.maps.entries()) {
        const item = card.locator('.maps li').nth(network);
        const text = await item.textContent();
        assert.ok(text.includes(NETWORKS[lang][network]), text);
        assert.ok(text.includes(`p ${map.probability.toFixed(2)}`), text);
        assert.equal(text.includes('\u03c1'), map.correlation !== null, text);
        assert.ok(map.correlation === null || text.includes(map.correlation.toFixed(2).replace('-', '\u2212')), text);
        if (map.flat) {
          assert.equal(await item.locator('.flat').textContent(), lang === 'en' ? 'nothing speaks for it' : '根拠となる箇所なし');
          continue;
        }
        const image = item.locator('img');
        assert.equal(await image.getAttribute('src'), `data:image/jpeg;base64,${readFileSync(join(explained(index.method), map.picture)).toString('base64')}`);
        const alt = await image.getAttribute('alt');
        assert.ok(alt.includes(exemplar.class) && alt.includes(NETWORKS[lang][network]), alt);
        await image.scrollIntoViewIfNeeded();
        assert.ok(await image.evaluate((element) => element.decode().then(() => element.naturalWidth > 0)), 'it is a picture');
      }
    }
    const section = await page.innerText('#images');
    assert.match(section, lang === 'en' ? /Another training \(seed 1\)/ : /別の学習（シード1）/);
    assert.doesNotMatch(section, /none were made|作成されていない/);
    assert.deepEqual(faults, []);
    await close();
  });
}

test('the table of exemplars hands the figures of the maps over', async () => {
  const { page, faults, close } = await opened('study');
  const method = await chosen(page);
  const index = indexOf(method);
  await page.locator('#images details').first().evaluate((element) => { element.open = true; });
  const { text } = await taken(page, page.locator(`button[data-file="exemplars-${method}.csv"]`));
  const rows = parsedCsv(text);
  assert.equal(rows.length, audit('study').methods[method].exemplars.images.length);
  for (const [at, { maps, ...exemplar }] of index.exemplars.entries()) {
    assert.deepEqual(['id', 'map_class', 'map_probability_dense', 'map_probability_another_training', 'map_correlation_pruned', 'map_correlation_another_training'].map((name) => rows[at].get(name)),
      [exemplar.id, exemplar.class, ...[maps[0].probability, maps[2].probability, maps[1].correlation, maps[2].correlation].map(written)]);
  }
  assert.deepEqual(faults, []);
  await close();
});

const STALE = { networks: ['the networks have changed', 'ネットワークが変わっている'], data: ['images or their labels have changed', '画像またはラベルが変わっている'], sparsity: ['another sparsity', 'スパース率が変わっている'] };

test('what is not shown is said, with the command that makes it', async () => {
  for (const [at, lang] of LANGUAGES.entries()) {
    for (const [stale, says] of [...Object.entries(STALE), [null, ['none were made', '作成されていない']]]) {
      const file = variant('study', `maps-${stale}`, (data) => {
        data.maps = stale === null ? [] : data.maps.map((of) => ({ ...of, stale, images: {} }));
      });
      const { page, faults, close } = await opened('study', { lang, file });
      const text = await page.innerText('#images');
      assert.ok(text.includes(says[at]), `${says[at]} in ${text}`);
      assert.ok(text.includes('niwaki explain --study STUDY'));
      assert.equal(await page.locator('.maps').count(), 0);
      assert.ok(lang === 'en' || (await page.evaluate(leftInEnglish)).length === 0);
      assert.deepEqual(faults, []);
      await close();
    }
  }
});

test('a flat map is told in words, one network too few is told too', async () => {
  for (const [at, lang] of LANGUAGES.entries()) {
    const file = variant('study', 'maps-flat', (data) => withMaps(data, data.audit.cohort.classes[0].name));
    const { page, close } = await opened('study', { lang, file });
    assert.equal(await page.locator('.maps .flat').textContent(), ['nothing speaks for it', '根拠となる箇所なし'][at]);
    assert.match(await page.locator('.maps li').nth(2).textContent(), /\u03c1 \u22120\.25/);
    await close();
    const alone = variant('study', 'maps-alone', (data) => {
      withMaps(data, 'Edema');
      data.maps.forEach((of) => { of.networks = NAMES.slice(0, 2); Object.values(of.images).forEach((image) => { image.maps.pop(); }); });
    });
    const other = await opened('study', { lang, file: alone });
    assert.match(await other.page.innerText('#images'), [/There is no other training to set beside them/, /比較できる別の学習がない/][at]);
    assert.equal(await other.page.locator('.maps li').count(), 2);
    await other.close();
  }
});

test('hostile names of maps are text', async () => {
  for (const lang of LANGUAGES) {
    for (const [at, { name }] of audit('hostile').cohort.classes.entries()) {
      const file = variant('hostile', `maps-${at}`, (data) => {
        withMaps(data, name);
        data.maps.forEach((of) => { of.networks = of.networks.map((network) => ({ ...network, layer: '<img src=x onerror="window.broken=1">' })); });
      });
      const { page, faults, close } = await opened('hostile', { lang, file });
      assert.ok((await page.locator('.maps > p').first().textContent()).includes(name), name);
      assert.ok((await page.locator('.maps img').first().getAttribute('alt')).includes(name), name);
      assert.equal(await page.locator('main [onerror], main img[src="x"], main script').count(), 0);
      assert.equal(await page.evaluate(() => window.broken), undefined);
      assert.deepEqual(faults, []);
      await close();
    }
  }
});

test('axe has no complaint about maps, and they fit a telephone and paper', async () => {
  for (const lang of LANGUAGES) {
    for (const scheme of ['light', 'dark']) {
      const file = variant('study', 'maps-axe', (data) => withMaps(data, 'Pleural thickening of both sides, of a long name'));
      const { page, faults, close } = await opened('study', { lang, scheme, width: 390, file });
      assert.ok(await page.locator('.maps').count() > 0);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 390);
      await page.evaluate(axeSource);
      const complaints = await page.evaluate(async () => (await window.axe.run(document.querySelector('#images'), { resultTypes: ['violations'] })).violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`));
      assert.deepEqual(complaints, [], `${lang} ${scheme}`);
      await page.emulateMedia({ media: 'print' });
      await page.setViewportSize({ width: 688, height: 900 });
      await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
      const boxes = await page.locator('.maps img, .maps .flat').evaluateAll((elements) => elements.map((element) => element.getBoundingClientRect()).map(({ width, right }) => ({ width, right })));
      assert.ok(boxes.length > 0 && boxes.every(({ width, right }) => width > 25 && right <= 690), JSON.stringify(boxes));
      assert.deepEqual(faults, []);
      await close();
    }
  }
});
