import { sweepCharts, watchTheme } from './chart';
import { leadingMethod, readReport, type Method, type Report } from './data';
import { decisionSection } from './decision';
import { drawn, element, fragment } from './dom';
import { count, plural } from './format';
import { language, say, setLanguage, type Language } from './language';
import { methodSection } from './method';
import { reason } from './reasons';
import { SECTIONS } from './sections';

/** A pruned pine: three pads of needles on a leaning trunk. */
function emblem(): SVGElement {
  return drawn('svg', { class: 'emblem', viewBox: '0 0 64 64', 'aria-hidden': 'true' },
    drawn('path', { class: 'trunk', d: 'M30 60c2-10-4-14-2-22s10-8 8-20' }),
    drawn('path', { class: 'trunk', d: 'M29 42c-6-1-9-3-12-6M33 34c6 0 10-1 14-4' }),
    drawn('path', { class: 'pad', d: 'M20 20c0-9 8-13 15-13s15 5 15 13c0 3-30 3-30 0Z' }),
    drawn('path', { class: 'pad', d: 'M4 37c0-7 6-10 12-10s12 4 12 10c0 3-24 3-24 0Z' }),
    drawn('path', { class: 'pad', d: 'M38 32c0-6 5-9 11-9s12 4 12 9c0 3-23 3-23 0Z' }));
}

const LANGUAGES: [Language, string][] = [['en', 'English'], ['ja', '日本語']];

/** Each language is named in itself, and the one in use is pressed. */
function languageSwitch(onSwitch: () => void): HTMLElement {
  return element('div', { class: 'languages', role: 'group', 'aria-label': 'Language / 言語' }, ...LANGUAGES.map(([code, name]) => {
    const button = element('button', { type: 'button', lang: code, 'aria-pressed': String(code === language()) }, name);
    button.addEventListener('click', () => {
      setLanguage(code);
      onSwitch();
      document.querySelector<HTMLElement>(`.languages [lang="${code}"]`)?.focus();
    });
    return button;
  }));
}

function heading(report: Report, onSwitch: () => void): HTMLElement {
  const { cohort, seeds } = report.data.audit;
  const size = say(
    [plural(cohort.images, 'test image'), plural(cohort.patients, 'patient'), plural(cohort.classes.length, 'class', 'classes'),
      plural(report.methods.length, 'pruning method'), plural(seeds.length, 'seed')].join(' \u00b7 '),
    `テスト画像${count(cohort.images)}枚 \u00b7 患者${count(cohort.patients)}人 \u00b7 ${count(cohort.classes.length)}クラス \u00b7 ` +
      `プルーニング手法${count(report.methods.length)}種 \u00b7 シード${count(seeds.length)}個`);
  return element('header', { class: 'top' }, emblem(),
    element('div', {}, element('p', { class: 'brand' }, say('Niwaki \u00b7 what pruning forgot', 'Niwaki \u00b7 プルーニングが忘れたもの')),
      element('h1', {}, element('bdi', {}, report.data.title)), element('p', { class: 'size' }, size)),
    languageSwitch(onSwitch));
}

function warnings(report: Report): HTMLElement | false {
  const { warnings: texts } = report.data;
  return texts.length > 0 && element('section', { class: 'warnings', 'aria-label': say('Warnings', '警告') },
    element('h2', {}, say(texts.length === 1 ? 'Please note' : `Please note (${texts.length})`, texts.length === 1 ? 'ご注意' : `ご注意（${texts.length}件）`)),
    element('ul', {}, ...texts.map((text) => element('li', {}, element('bdi', {}, reason(text))))));
}

function navigation(report: Report, chosen: Method, onChoose: (method: Method) => void): HTMLElement {
  const select = element('select', { id: 'chosen-method' }, ...report.methods.map((method, index) =>
    element('option', { value: String(index), ...(method === chosen ? { selected: '' } : {}) }, method.name)));
  select.addEventListener('change', () => {
    const method = report.methods[Number(select.value)];
    if (method) {
      onChoose(method);
    }
  });
  return element('nav', { 'aria-label': say('Sections', '目次') },
    element('ul', {}, ...SECTIONS.map(({ id, title }) => element('li', {}, element('a', { href: `#${id}` }, title())))),
    report.methods.length > 1 && element('label', { class: 'choose', for: 'chosen-method' }, element('span', {}, say('Method', '手法')), select));
}

/** What the reader has chosen; kept when the page is drawn again in the other language. */
interface Choice {
  method: Method | undefined;
}

function footer(): HTMLElement {
  return element('footer', {}, say(
    'Made by Niwaki. Everything on this page is inside this one file; it asks nothing of the network.',
    'Niwaki が作成した。このページの内容はすべてこの1つのファイルに収められており、ネットワークには一切接続しない。'));
}

function page(report: Report, choice: Choice, method: Method, onSwitch: () => void): Node {
  const bodies = SECTIONS.map((section) => element('div', {}, section.content(report, method)));
  const sections = SECTIONS.map(({ id, title }, index) =>
    element('section', { id, 'aria-labelledby': `${id}-title` },
      element('h2', { id: `${id}-title` }, title()), bodies[index]));
  const choose = (chosen: Method): void => {
    choice.method = chosen;
    SECTIONS.forEach((section, index) => {
      if (section.follows) {
        bodies[index]?.replaceChildren(section.content(report, chosen));
      }
    });
    sweepCharts();
  };
  return fragment(heading(report, onSwitch), navigation(report, method, choose),
    element('main', {}, warnings(report), ...sections), footer());
}

function emptyPage(report: Report, onSwitch: () => void): Node {
  return fragment(heading(report, onSwitch), element('main', {}, warnings(report),
    element('section', {}, element('h2', {}, say('Decision', '判定')), decisionSection(report)),
    element('p', { class: 'absent' }, say('The audit holds no pruning method, so there is nothing to compare.', '監査にプルーニング手法が含まれていないため、比較できるものがない。')),
    element('section', {}, element('h2', {}, say('Method', '方法')), methodSection(report))), footer());
}

function start(): void {
  const report = readReport();
  const choice: Choice = { method: leadingMethod(report.methods) };
  const root = document.getElementById('page');
  const draw = (): void => {
    root?.replaceChildren(choice.method ? page(report, choice, choice.method, draw) : emptyPage(report, draw));
    sweepCharts();
  };
  draw();
  watchTheme();
}

start();
