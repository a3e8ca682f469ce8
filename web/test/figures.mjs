// The figures on the page and in what it hands over are those of audit.json, read back.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { audit, opened, parsedCsv, taken, written } from './browser.mjs';

const guarded = (name) => (/^[=+\-@\t\r]/.test(name) ? `'${name}` : name); // no formula in a spreadsheet

async function csvOf(page, file) {
  const { name, text } = await taken(page, page.locator(`button[data-file="${file}"]`).first());
  assert.equal(name, file);
  return parsedCsv(text);
}

async function openTables(page) {
  for (const details of await page.locator('details').all()) {
    await details.evaluate((element) => { element.open = true; });
  }
  await page.waitForTimeout(100);
}

for (const kind of ['study', 'forty', 'one']) {
  test(`${kind}: the table of classes`, async () => {
    const { page, faults, close } = await opened(kind);
    const { cohort, methods } = audit(kind);
    const shown = await page.locator('#chosen-method').count() > 0 ? await page.locator('#chosen-method option:checked').textContent() : Object.keys(methods)[0];
    const method = methods[shown];
    const rows = await csvOf(page, `classes-${shown}.csv`);
    assert.equal(rows.length, cohort.classes.length);
    const pruned = method.sparsities.filter((value) => value > 0);
    for (const row of rows) {
      const index = cohort.classes.findIndex(({ name }) => guarded(name) === row.get('class'));
      const [counted, curve] = [cohort.classes[index], method.classes[index]];
      assert.equal(row.get('test_patients'), written(counted.positive_patients));
      assert.equal(row.get('test_images'), written(counted.positives));
      assert.equal(row.get('train_positives'), written(counted.train_positives));
      assert.equal(row.get('ap_dense'), written(curve.ap_dense));
      assert.equal(row.get('ap_dense_low'), written(curve.evidence.ap?.[0]?.[0]));
      assert.equal(row.get('auroc_dense_high'), written(curve.evidence.auroc?.[0]?.[1]));
      assert.equal(row.get('first_drop'), written(curve.first_drop));
      assert.equal(row.get('evidence'), written(curve.evidence.verdict));
      const last = pruned.length - 1;
      assert.equal(row.get(`delta_ap_${pruned[last]}`), written(curve.delta_ap[last]));
      assert.equal(row.get(`delta_ap_${pruned[last]}_low`), written(curve.evidence.delta_ap?.[last]?.[0]));
      // What stands in the cell is the same figure, rounded.
      const cell = page.locator('#classes table').filter({ has: page.locator('svg.spark') }).locator('tbody tr').filter({ has: page.locator('th', { hasText: new RegExp(`^${counted.name}$`) }) }).locator('td').nth(2);
      assert.ok((await cell.innerText()).startsWith(curve.ap_dense === null ? '\u2013' : curve.ap_dense.toFixed(3)), counted.name);
    }
    assert.deepEqual(faults, []);
    await close();
  });

  test(`${kind}: curves, macro figures and the trade-off`, async () => {
    const { page, faults, close } = await opened(kind);
    const { methods, cohort } = audit(kind);
    const shown = await page.locator('#chosen-method').count() > 0 ? await page.locator('#chosen-method option:checked').textContent() : Object.keys(methods)[0];
    const curves = await csvOf(page, `curves-${shown}.csv`);
    for (const row of curves) {
      const curve = methods[shown].classes[cohort.classes.findIndex(({ name }) => guarded(name) === row.get('class'))];
      methods[shown].sparsities.filter((value) => value > 0).forEach((sparsity, step) => {
        assert.equal(row.get(`delta_ap_${sparsity}`), written(curve.delta_ap[step]));
      });
    }
    const macro = await csvOf(page, 'macro-ap.csv');
    const points = Object.entries(methods).flatMap(([name, method]) => method.macro.map((point) => ({ name, ...point })));
    assert.deepEqual(macro.map((row) => [row.get('method'), row.get('sparsity'), row.get('ap'), row.get('ap_low'), row.get('auroc'), row.get('f1')]),
      points.map((point) => [guarded(point.name), written(point.sparsity), written(point.ap), written(point.ap_low), written(point.auroc), written(point.f1)]));
    const trade = await csvOf(page, 'trade-off-macro.csv');
    for (const row of trade) {
      const method = methods[row.get('method')];
      const point = method.macro.find(({ sparsity }) => written(sparsity) === row.get('sparsity'));
      assert.ok(Math.abs(Number(row.get('macro_ap_change')) - (point.ap - method.macro[0].ap) / method.macro[0].ap) < 1e-12);
      const step = method.sparsities.filter((value) => value > 0).indexOf(point.sparsity);
      assert.equal(row.get('macro_ap_change_low'), written(method.global.delta_ap.band?.[step]?.[0]));
      const worst = method.classes.find(({ name }) => name === row.get('worst_class'));
      assert.equal(row.get('worst_class_ap_change'), written(worst?.delta_ap[step]));
    }
    assert.equal(trade.length, points.filter(({ sparsity }) => sparsity > 0).length);
    assert.deepEqual(faults, []);
    await close();
  });
}

test('forty: pairs, companions, exemplars and strata', async () => {
  const { page, faults, close } = await opened('forty');
  const { methods } = audit('forty');
  const shown = await page.locator('#chosen-method option:checked').textContent();
  const method = methods[shown];
  await openTables(page);
  const pairs = await csvOf(page, 'co-occurrence-iou.csv');
  assert.deepEqual(pairs.map((row) => [row.get('a'), row.get('b'), row.get('together'), row.get('iou'), row.get('fcd')]),
    method.pairs.map((pair) => [pair.a, pair.b, written(pair.together), written(pair.iou), written(pair.fcd)]));
  if (method.companions.pairs.length > 0) {
    const companions = await csvOf(page, `companions-${shown}.csv`);
    const first = method.companions.pairs.slice(0, 100);
    assert.deepEqual(companions.map((row) => [row.get('rank'), row.get('class'), row.get('given'), row.get('recall_excess'), row.get('recall_excess_low'), row.get('ap_excess')]),
      first.map((effect) => [written(effect.rank), effect.class, effect.given.join('; '), written(effect.recall.excess), written(effect.recall.excess_low), written(effect.ap.excess)]));
  }
  const exemplars = await csvOf(page, `exemplars-${shown}.csv`);
  assert.deepEqual(exemplars.map((row) => [row.get('rank'), row.get('id'), row.get('correlation'), row.get('largest_fall')]),
    method.exemplars.images.map((image) => [written(image.rank), image.id, written(image.correlation), written(image.largest_fall.fall)]));
  const ratios = await csvOf(page, `exemplar-labels-${shown}.csv`);
  for (const row of ratios) {
    assert.equal(row.get('ratio'), written(method.exemplars.class_ratio[row.get('what')]));
    assert.equal(row.get('ratio_low'), written(method.exemplars.class_enrichment[row.get('what')].ratio_low));
  }
  const [column] = method.strata.columns;
  const strata = await csvOf(page, 'strata-site-auroc.csv');
  assert.deepEqual(strata.map((row) => [row.get('group'), row.get('patients'), row.get('dense'), row.get('gap_change'), row.get('gap_change_low'), row.get('verdict')]),
    column.strata.map((group) => [group.name, written(group.patients), written(group.auroc.dense), written(group.auroc.gap.change), written(group.auroc.gap.change_low), group.auroc.gap.verdict]));
  assert.deepEqual(faults, []);
  await close();
});
