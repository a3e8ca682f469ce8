// Names from others are text; nothing but the page's own script and style may act; axe finds nothing to complain of.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { audit, axeSource, drawAll, LANGUAGES, opened } from './browser.mjs';

test('hostile names, ids and titles are shown as text and never run', async () => {
  const { cohort, methods } = audit('hostile');
  for (const lang of LANGUAGES) {
    const { page, faults, close } = await opened('hostile', { lang });
    await drawAll(page);
    for (const details of await page.locator('details').all()) {
      await details.evaluate((element) => { element.open = true; });
    }
    await page.waitForTimeout(100);
    const text = await page.evaluate(() => document.body.textContent);
    for (const { name } of cohort.classes) {
      assert.ok(text.includes(name), name);
    }
    for (const [name, { exemplars }] of Object.entries(methods)) {
      assert.ok((await page.locator('#chosen-method').textContent()).includes(name));
      assert.ok(exemplars.images.every(({ id }) => id.startsWith('<svg')));
    }
    assert.ok(text.includes('<svg onload'));
    assert.equal(await page.title(), "</title><script>window.broken=1</script> \u202e\u05d0");
    assert.equal(await page.evaluate(() => window.broken), undefined);
    assert.equal(await page.locator('script').count(), 2, 'the data and the bundle');
    assert.equal(await page.locator('[onload], [onerror], [onclick]').count(), 0);
    assert.equal(await page.locator('main i, main b, main s').count(), 0);
    // The hover is made of text too.
    const chart = page.locator('#classes .chart').first();
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    await chart.scrollIntoViewIfNeeded();
    const box = await chart.boundingBox();
    for (let x = 60; x < box.width - 180; x += 60) {
      for (let y = 20; y < box.height - 50; y += 40) {
        await page.mouse.move(box.x + x, box.y + y);
      }
    }
    assert.equal(await page.evaluate(() => window.broken), undefined);
    assert.deepEqual(faults, []);
    await close();
  }
});

test('a formula in a name is no formula in a spreadsheet', async () => {
  const { page, close } = await opened('hostile');
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#classes button[data-file^="classes-"]').click()]);
  assert.match(readFileSync(await download.path(), 'utf8'), /^'=1\+1,/m);
  assert.match(download.suggestedFilename(), /^classes-[\w.+-]+\.csv$/u);
  await close();
});

test('the policy stops every other script, style, picture and request', async () => {
  const { page, faults, close } = await opened('one');
  const stopped = await page.evaluate(async () => {
    const found = new Set();
    document.addEventListener('securitypolicyviolation', (event) => found.add(event.effectiveDirective.replace(/-(elem|attr)$/, '')));
    const script = document.createElement('script');
    script.textContent = 'window.broken = 1';
    const style = document.createElement('style');
    style.textContent = 'body { display: none }';
    const frame = document.createElement('iframe');
    frame.src = 'https://example.invalid/';
    const picture = document.createElement('img');
    picture.src = 'https://example.invalid/a.png';
    const form = document.createElement('form');
    form.action = 'https://example.invalid/';
    document.body.append(script, style, frame, picture, form);
    const handler = document.createElement('p');
    handler.setAttribute('onclick', 'window.broken = 1');
    document.body.append(handler);
    handler.click();
    form.submit();
    await fetch('https://example.invalid/').catch(() => undefined);
    await new Promise((resolve) => { setTimeout(resolve, 300); });
    return { found: [...found].sort(), broken: window.broken };
  });
  assert.equal(stopped.broken, undefined);
  for (const directive of ['script-src', 'style-src', 'frame-src', 'img-src', 'form-action', 'connect-src']) {
    assert.ok(stopped.found.includes(directive), `${directive} in ${stopped.found.join(' ')}`);
  }
  assert.deepEqual(faults.filter((fault) => fault.startsWith('request')), []);
  await close();
});

for (const [kind, schemes] of [['study', ['light', 'dark']], ['forty', ['light', 'dark']], ['one', ['light']], ['hostile', ['dark']]]) {
  for (const lang of LANGUAGES) {
    test(`axe has no complaint about ${kind} in ${lang}`, async () => {
      for (const scheme of schemes) {
        for (const width of [1280, 390]) {
          const { page, close } = await opened(kind, { lang, scheme, width });
          if (kind !== 'forty' || (lang === 'en' && scheme === 'light' && width > 400)) { // axe takes long over thousands of rows
            await page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));
          }
          await page.waitForTimeout(150);
          await page.evaluate(axeSource);
          const complaints = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ['violations'] })).violations
            .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 120)} ${failureSummary.slice(0, 160)}`).join(' | ')}`));
          assert.deepEqual(complaints, [], `${scheme} ${width}`);
          await close();
        }
      }
    });
  }
}

test('a page to hand on has no id in it', async () => {
  const { images } = Object.values(audit('study').methods)[0].exemplars;
  for (const file of ['report-omit.html', 'report-hash.html']) {
    const source = readFileSync(join(process.env.NIWAKI_PAGES, 'study', file), 'utf8');
    assert.ok(images.every(({ id }) => !source.includes(`"${id}"`)), file);
    const { page, faults, close } = await opened('study', { file });
    const text = await page.innerText('#images');
    assert.ok(text.includes(file.includes('hash') ? 'replaced by hashes' : 'left out'), file);
    assert.equal(await page.locator('.exemplar .id').count(), file.includes('hash') ? await page.locator('.exemplar').count() : 0);
    assert.ok(await page.locator('.exemplar img').count() > 0, 'the pictures are still there');
    assert.deepEqual(faults, []);
    await close();
  }
});

