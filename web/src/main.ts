import { sweepCharts, watchTheme } from './chart';
import { classSection } from './classes';
import { combinationSection } from './combinations';
import { leadingMethod, readReport, type Method, type Report } from './data';
import { drawn, element, fragment } from './dom';
import { plural } from './format';
import { imageSection } from './images';
import { methodSection } from './method';
import { overallSection } from './overall';
import { summarySection } from './summary';

interface Section {
  id: string;
  title: string;
  content: (report: Report, method: Method) => Node;
  follows: boolean; // changes with the chosen method
}

const SECTIONS: Section[] = [
  { id: 'summary', title: 'Summary', content: summarySection, follows: true },
  { id: 'overall', title: 'Overall', content: (report) => overallSection(report), follows: false },
  { id: 'classes', title: 'Classes', content: classSection, follows: true },
  { id: 'combinations', title: 'Combinations', content: (_, method) => combinationSection(method), follows: true },
  { id: 'images', title: 'Images', content: imageSection, follows: true },
  { id: 'method', title: 'Method', content: (report) => methodSection(report), follows: false },
];

/** A pruned pine: three pads of needles on a leaning trunk. */
function emblem(): SVGElement {
  return drawn('svg', { class: 'emblem', viewBox: '0 0 64 64', 'aria-hidden': 'true' },
    drawn('path', { class: 'trunk', d: 'M30 60c2-10-4-14-2-22s10-8 8-20' }),
    drawn('path', { class: 'trunk', d: 'M29 42c-6-1-9-3-12-6M33 34c6 0 10-1 14-4' }),
    drawn('path', { class: 'pad', d: 'M20 20c0-9 8-13 15-13s15 5 15 13c0 3-30 3-30 0Z' }),
    drawn('path', { class: 'pad', d: 'M4 37c0-7 6-10 12-10s12 4 12 10c0 3-24 3-24 0Z' }),
    drawn('path', { class: 'pad', d: 'M38 32c0-6 5-9 11-9s12 4 12 9c0 3-23 3-23 0Z' }));
}

function heading(report: Report): HTMLElement {
  const { cohort, seeds } = report.data.audit;
  const size = [plural(cohort.images, 'test image'), plural(cohort.patients, 'patient'), plural(cohort.classes.length, 'class', 'classes'),
    plural(report.methods.length, 'pruning method'), plural(seeds.length, 'seed')].join(' \u00b7 ');
  return element('header', { class: 'top' }, emblem(),
    element('div', {}, element('p', { class: 'brand' }, 'Niwaki \u00b7 what pruning forgot'),
      element('h1', {}, element('bdi', {}, report.data.title)), element('p', { class: 'size' }, size)));
}

function warnings(report: Report): HTMLElement | false {
  const { warnings: texts } = report.data;
  return texts.length > 0 && element('section', { class: 'warnings', 'aria-label': 'Warnings' },
    element('h2', {}, texts.length === 1 ? 'Please note' : `Please note (${texts.length})`),
    element('ul', {}, ...texts.map((text) => element('li', {}, element('bdi', {}, text)))));
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
  return element('nav', { 'aria-label': 'Sections' },
    element('ul', {}, ...SECTIONS.map(({ id, title }) => element('li', {}, element('a', { href: `#${id}` }, title)))),
    report.methods.length > 1 && element('label', { class: 'choose', for: 'chosen-method' }, element('span', {}, 'Method'), select));
}

function page(report: Report, method: Method): Node {
  const bodies = SECTIONS.map((section) => element('div', {}, section.content(report, method)));
  const sections = SECTIONS.map(({ id, title }, index) =>
    element('section', { id, 'aria-labelledby': `${id}-title` },
      element('h2', { id: `${id}-title` }, title), bodies[index]));
  const choose = (chosen: Method): void => {
    SECTIONS.forEach((section, index) => {
      if (section.follows) {
        bodies[index]?.replaceChildren(section.content(report, chosen));
      }
    });
    sweepCharts();
  };
  return fragment(heading(report), navigation(report, method, choose),
    element('main', {}, warnings(report), ...sections),
    element('footer', {}, 'Made by Niwaki. Everything on this page is inside this one file; it asks nothing of the network.'));
}

function start(): void {
  const report = readReport();
  const method = leadingMethod(report.methods);
  const root = document.getElementById('page');
  if (!root) {
    return;
  }
  root.replaceChildren(method
    ? page(report, method)
    : fragment(heading(report), element('main', {}, warnings(report), element('p', { class: 'absent' }, 'The audit holds no pruning method, so there is nothing to compare.'),
        element('section', {}, element('h2', {}, 'Method'), methodSection(report)))));
  watchTheme();
}

start();
