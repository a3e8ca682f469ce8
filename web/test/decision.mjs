// Decision, return on investment and roll-out plan: their figures are those of decision.json, and follow what is typed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { axeSource, leftInEnglish, LANGUAGES, opened, parsedCsv, taken, variant, written } from './browser.mjs';

const folder = process.env.NIWAKI_PAGES;
const decision = (kind) => JSON.parse(readFileSync(join(folder, kind, 'decision.json'), 'utf8'));

async function csvOf(page, file) {
  const { name, text } = await taken(page, page.locator(`button[data-file="${file}"]`).first());
  assert.equal(name, file);
  return parsedCsv(text);
}

async function openFolded(page, section) {
  for (const details of await page.locator(`${section} details`).all()) {
    await details.evaluate((element) => { element.open = true; });
  }
  await page.waitForTimeout(50);
}

const plain = (text) => text.replace(/[\u2068\u2069]/g, '').replace(/\s+/g, ' ').trim();

test('the verdict, its sentence and the requirements are those of decision.json', async () => {
  const { decision: wanted } = decision('study');
  const { page, faults, close } = await opened('study');
  assert.equal(await page.locator('main > section:not(.warnings)').first().getAttribute('id'), 'decision', 'nothing but warnings stands before it');
  assert.equal(await page.getAttribute('.verdict', 'data-verdict'), wanted.verdict);
  assert.equal(plain(await page.textContent('.verdict-reason')), plain(wanted.sentence));
  assert.ok(wanted.recommended === null || (await page.textContent('.verdict-name')).includes(`${Number((wanted.recommended.sparsity * 100).toFixed(1))}%`));
  const text = await page.innerText('#decision');
  const { milliseconds_per_image: times, file_bytes: bytes, machine } = wanted.gains;
  for (const said of [`${times.pruned.toFixed(2)} ms instead of ${times.dense.toFixed(2)} ms`, machine.processor, `${machine.threads} thread`, bytes.pruned < 1e6 ? `${(bytes.pruned / 1e3).toFixed(0)} kB` : `${(bytes.pruned / 1e6).toFixed(1)} MB`,
    'there is no certificate', `${(wanted.policy.macro_loss * 100).toFixed(0)}%`]) {
    assert.ok(text.includes(said), `${said} in ${text}`);
  }
  for (const name of wanted.risks.losing.slice(0, 5)) {
    assert.ok(text.includes(name), name);
  }
  await openFolded(page, '#decision');
  const rows = await csvOf(page, `policy-${wanted.considered.method}.csv`);
  assert.deepEqual(rows.map((row) => [row.get('class'), row.get('patients'), row.get('tolerance'), row.get('status'), row.get('change'), row.get('band_low'), row.get('band_high')]),
    wanted.requirements.map((of) => [of.class ?? 'Macro AP', written(of.patients), written(of.tolerance), of.status, written(of.change), written(of.band?.[0]), written(of.band?.[1])]));
  assert.deepEqual(faults, []);
  await close();
});

test('what a decision does not have is said', async () => {
  const { page, close } = await opened('one');
  const text = await page.innerText('main');
  for (const said of ['Insufficient evidence', 'Time, throughput and memory were not measured', 'The file sizes are not known', 'there are no intervals over patients', 'there is one seed', 'no groups were compared',
    'No cost can be computed yet', 'type in the images a day', 'No guard was measured']) {
    assert.ok(text.includes(said), said);
  }
  assert.equal(await page.locator('a[href="model-card.md"]').count(), 0, 'there is no model card beside an audit');
  await close();
  const study = await opened('study');
  assert.equal(await study.page.locator('#method a[href="model-card.md"], #method a[href="model-card.json"], #method a[href="decision.json"]').count(), 3);
  await study.close();
});

const VERDICTS = {
  'holds': 'deploy', 'holds for the known': 'deploy with guards', 'guard restores': 'deploy with guards', 'certified': 'deploy with guards', 'certificate exceeded': 'do not deploy',
  'certificate refused': 'insufficient evidence', 'certified too little': 'insufficient evidence', 'shown loss': 'do not deploy', 'not shown': 'insufficient evidence',
  'unknown classes': 'insufficient evidence', 'nothing judged': 'insufficient evidence', 'no intervals': 'insufficient evidence', 'no sparsity': 'insufficient evidence',
};

test('every verdict and reason is told in both languages', async () => {
  for (const [reason, verdict] of Object.entries(VERDICTS)) {
    const deploys = verdict.startsWith('deploy');
    const names = Array.from({ length: reason === 'holds' ? 0 : 8 }, (_, index) => `Finding ${index + 1}`);
    const file = variant('forty', `reason-${reason.replace(/ /g, '-')}`, ({ decision: of }) => {
      const network = { method: reason === 'certified' ? '' : 'l1', name: 'sparsity 0.5', sparsity: 0.5 };
      Object.assign(of, { verdict, reason, names, macro: reason === 'shown loss', sentence: 'As the program says it.', considered: reason === 'no sparsity' ? null : network, recommended: deploys ? network : null,
        guards: reason === 'guard restores' ? [{ kind: 'defer', rate: 0.1, deferred: 0.08, milliseconds_per_image: 3.25 }] : verdict === 'deploy with guards' ? [{ kind: 'classes', classes: names }] : [],
        passed_over: ["the certificate: 'labels' has changed since; certify anew"] });
    });
    for (const lang of LANGUAGES) {
      const { page, faults, close } = await opened('forty', { lang, file });
      const text = await page.innerText('#decision');
      assert.doesNotMatch(text, /\{\w+\}|undefined|NaN|null/, reason);
      assert.equal(await page.locator('.guards').count(), verdict === 'deploy with guards' ? 1 : 0);
      if (lang === 'ja') {
        assert.match(await page.textContent('.verdict-reason'), /[ぁ-ん].*。$/s, reason);
        assert.deepEqual(await page.evaluate(leftInEnglish), [], reason);
        assert.ok(names.length === 0 || ['nothing judged', 'no intervals', 'no sparsity', 'certified too little', 'guard restores'].includes(reason) || text.includes(reason === 'shown loss' ? 'ほか4件' : 'ほか3件'), reason); // five are named; macro AP is one of them
      } else {
        assert.equal(await page.textContent('.verdict-reason'), 'As the program says it.');
      }
      assert.deepEqual(faults, []);
      await close();
    }
  }
});

// --- return on investment ---

const TYPED = { machineHour: 3, imagesADay: 250, denseMilliseconds: 40, prunedMilliseconds: 10, deferralRate: 20, reviewMinutes: 1.5, readerHour: 90, switching: 5000, missed: 40 };

async function typeAll(page) {
  for (const [key, value] of Object.entries(TYPED)) {
    await page.fill(`#roi-${key}`, String(value));
  }
}

/** As the formulas on the page have it, written anew: sums of 1,000 images. */
function expected({ economics }) {
  const counted = economics.classes.filter((of) => of.enough_patients && of.sensitivity_dense !== null && of.sensitivity_pruned !== null && of.prevalence !== null);
  const rate = TYPED.deferralRate / 100;
  const missedOf = (sensitivity) => counted.reduce((sum, of) => sum + 1000 * of.prevalence * (1 - sensitivity(of)) * TYPED.missed, 0);
  const machine = (ms) => ((1000 * ms) / 3.6e6) * TYPED.machineHour;
  return {
    dense: machine(TYPED.denseMilliseconds) + missedOf((of) => of.sensitivity_dense),
    pruned: machine(TYPED.prunedMilliseconds) + missedOf((of) => of.sensitivity_pruned),
    guarded: machine(TYPED.prunedMilliseconds + rate * TYPED.denseMilliseconds) + 1000 * rate * (TYPED.reviewMinutes / 60) * TYPED.readerHour +
      missedOf((of) => of.sensitivity_pruned + rate * (of.sensitivity_dense - of.sensitivity_pruned)),
    counted,
  };
}

const amount = (text) => Number(text.replace(/[^\d.\u2212-]/g, '').replace('\u2212', '-'));

test('the costs are those of the formulas, and follow what is typed', async () => {
  const document = decision('study');
  const { inputs } = document.economics;
  const { page, faults, close } = await opened('study');
  assert.equal(Number(await page.inputValue('#roi-machineHour')), inputs.machine_hour, 'as the recipe has it');
  assert.equal(Number(await page.inputValue('#roi-imagesADay')), inputs.images_a_day);
  assert.ok(Math.abs(Number(await page.inputValue('#roi-denseMilliseconds')) / document.economics.milliseconds_per_image.dense - 1) < 1e-5, 'as it was measured');
  await typeAll(page);
  const wanted = expected(document);
  const totals = await page.locator('.results table').first().locator('tbody tr').last().locator('td').allTextContents();
  ['dense', 'pruned', 'guarded'].forEach((system, at) => assert.ok(Math.abs(amount(totals[at]) - wanted[system]) < 0.006, `${system}: ${totals[at]}, not ${wanted[system]}`));
  assert.ok(totals[0].includes(inputs.currency));
  for (const system of ['pruned', 'guarded']) {
    const text = await page.textContent(`.balance[data-system="${system}"]`);
    const saved = wanted.dense - wanted[system];
    assert.ok(Math.abs(amount(text.match(/cost ([\d,.]+)/)[1]) - Math.abs(saved)) < 0.006 && text.includes(saved >= 0 ? 'less' : 'more'), text);
    assert.ok(saved > 0 ? text.replace(/,/g, '').includes(`${Math.ceil((TYPED.switching / saved) * 1000)} images`) : text.includes('never'), text);
  }
  const swings = await csvOf(page, 'tornado-pruned.csv');
  const machineSaving = wanted.dense - wanted.pruned;
  const halved = swings.find((row) => row.get('input') === 'missedCosts');
  const moreMissed = wanted.counted.reduce((sum, of) => sum + 1000 * of.prevalence * (of.sensitivity_dense - of.sensitivity_pruned) * TYPED.missed, 0);
  if (halved !== undefined) {
    assert.ok(Math.abs(Number(halved.get('halved')) - (machineSaving + moreMissed / 2)) < 1e-6);
    assert.ok(Math.abs(Number(halved.get('doubled')) - (machineSaving - moreMissed)) < 1e-6);
  }
  const widths = swings.map((row) => Math.abs(Number(row.get('doubled')) - Number(row.get('halved'))));
  assert.deepEqual(widths, [...widths].sort((a, b) => b - a), 'widest first');
  await openFolded(page, '.results');
  const missed = await csvOf(page, 'missed-findings.csv');
  assert.deepEqual(missed.map((row) => [row.get('class'), row.get('prevalence'), row.get('sensitivity_dense'), row.get('sensitivity_pruned')]),
    wanted.counted.map((of) => [of.class, written(of.prevalence), written(of.sensitivity_dense), written(of.sensitivity_pruned)]));
  for (const of of document.economics.classes.filter(({ enough_patients: enough }) => !enough)) {
    assert.ok((await page.textContent('.results .insufficient')).match(/classes|クラス/) || (await page.textContent('.results .insufficient')).includes(of.class), of.class);
  }
  const { text: picture } = await taken(page, page.locator('button[data-file="tornado-guarded.svg"]'));
  assert.ok(picture.includes('<svg') && picture.includes('<title>'));
  // The class's own cost goes before the common one; the other language keeps what was typed; then all is as it was.
  await openFolded(page, '.inputs');
  await page.locator('[id^="roi-missed-"]').first().fill('7');
  assert.equal(await page.inputValue('#roi-missed'), '', 'they are no longer alike');
  await page.click('.languages [lang="ja"]');
  assert.equal(await page.inputValue('#roi-machineHour'), '3');
  assert.equal(await page.inputValue('#rollout-imagesADay'), '250');
  await page.click('.reset');
  assert.equal(Number(await page.inputValue('#roi-machineHour')), inputs.machine_hour);
  assert.deepEqual(faults, []);
  await close();
});

test('a measured guard is told by its own sensitivities, and what cannot be read is no input', async () => {
  const file = variant('study', 'measured-guard', ({ economics }) => {
    for (const of of economics.classes) {
      Object.assign(of, { enough_patients: true, prevalence: 0.1, sensitivity_dense: 0.9, sensitivity_pruned: 0.7, sensitivity_guarded: [[0.1, 0.8], [0.3, 0.88]] });
    }
    economics.classes.length = 1;
  });
  const { page, faults, close } = await opened('study', { file });
  await typeAll(page);
  await page.fill('#roi-machineHour', '');
  await page.fill('#roi-readerHour', '');
  const row = async (index) => page.locator('.results table').first().locator('tbody tr').nth(index).locator('td').allTextContents();
  assert.deepEqual((await row(0)).map((text) => text), ['not given', 'not given', 'not given']);
  // Half way between 10% and 30%: 0.84.
  assert.deepEqual((await row(2)).map(amount), [1000 * 0.1 * 0.1 * 40, 1000 * 0.1 * 0.3 * 40, 1000 * 0.1 * 0.16 * 40].map((value) => Number(value.toFixed(2))));
  assert.match(await page.innerText('#return-on-investment'), /guard\u2019s sensitivities are measured/);
  await page.fill('#roi-deferralRate', '120');
  assert.equal(await page.getAttribute('#roi-deferralRate', 'aria-invalid'), 'true');
  assert.equal(await page.locator('.balance[data-system="guarded"]').count(), 0);
  await page.fill('#roi-deferralRate', '-1');
  assert.equal(await page.getAttribute('#roi-deferralRate', 'aria-invalid'), 'true');
  await page.fill('#roi-deferralRate', '30');
  assert.equal(await page.getAttribute('#roi-deferralRate', 'aria-invalid'), 'false');
  assert.doesNotMatch(await page.innerText('#return-on-investment'), /NaN|Infinity|undefined/);
  assert.deepEqual(faults, []);
  await close();
});

// --- the roll-out plan ---

test('the roll-out plan is that of decision.json, and its days follow the images a day', async () => {
  const { rollout: plan } = decision('study');
  const { page, faults, close } = await opened('study');
  const rows = async () => csvOf(page, 'roll-out.csv');
  const days = (of, phase, images) => (of.images === null ? '' : String(Math.ceil(of.images / (images * plan.shares[phase]))));
  assert.deepEqual((await rows()).map((row) => ['class', 'positive_patients', 'prevalence', 'prevalence_low', 'images', 'images_low', 'images_high', 'days_shadow', 'days_limited', 'days_full'].map((key) => row.get(key))),
    plan.classes.map((of) => [of.class, written(of.positive_patients), written(of.prevalence), written(of.prevalence_interval?.[0]), written(of.images), written(of.images_interval?.[0]), written(of.images_interval?.[1]), ...of.days.map(written)]));
  await page.fill('#rollout-imagesADay', '77');
  assert.deepEqual((await rows()).map((row) => [row.get('days_shadow'), row.get('days_full')]), plan.classes.map((of) => [days(of, 0, 77), days(of, 2, 77)]));
  assert.equal(await page.inputValue('#roi-imagesADay'), '77', 'one number for both');
  const stop = await page.locator('#roll-out table', { has: page.locator('caption', { hasText: /^Stop rules$/ }) }).locator('tbody tr').evaluateAll((all) => all.map((row) => [...row.children].map((cell) => Number(cell.textContent))));
  assert.deepEqual(stop, plan.stop.map((rule) => [rule.found, rule.missed_at_any_look, rule.missed_at_the_end]));
  const text = await page.innerText('#roll-out');
  assert.ok(text.includes(`${plan.patients_with_the_finding} patients with the finding`));
  for (const said of ['Shadow', 'Limited', 'Full', 'Reading physicians', 'Quality officer', 'Head of department']) {
    assert.ok(text.includes(said), said);
  }
  assert.deepEqual(faults, []);
  await close();
});

test('axe has no complaint about a page with everything typed in', async () => {
  for (const [lang, scheme, width] of [['en', 'light', 1280], ['ja', 'dark', 390]]) {
    const { page, faults, close } = await opened('study', { lang, scheme, width });
    await typeAll(page);
    await page.fill('#roi-deferralRate', '120');
    await openFolded(page, '#return-on-investment');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= width);
    await page.evaluate(axeSource);
    const complaints = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ['violations'] })).violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)} ${nodes[0].failureSummary}`));
    assert.deepEqual(complaints, [], `${lang} ${scheme}`);
    assert.deepEqual(faults, []);
    await close();
  }
});
