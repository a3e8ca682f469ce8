// A drawing of this page as a file of its own: what the style sheet says of it is written into it, in the light colours.
import { drawn } from './dom';
import { inLight } from './theme';

const WRITTEN = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linejoin', 'opacity', 'font-size', 'font-weight', 'text-anchor'];
const USUAL: Record<string, string> = {
  'fill-opacity': '1', 'stroke': 'none', 'stroke-width': '1px', 'stroke-dasharray': 'none', 'stroke-linejoin': 'miter', 'opacity': '1', 'font-weight': '400', 'text-anchor': 'start',
};

function writeStyle(from: Element, to: Element): void {
  const style = getComputedStyle(from);
  for (const name of WRITTEN) {
    const value = style.getPropertyValue(name);
    if (value !== '' && value !== USUAL[name] && !(name.startsWith('font') && from.localName !== 'text')) {
      to.setAttribute(name, value);
    }
  }
  to.removeAttribute('class');
}

export function standaloneSvg(svg: SVGElement, title: string): string {
  const hidden = !svg.isConnected;
  if (hidden) {
    document.body.append(svg); // styles are computed for what is in the page only
  }
  const copy = svg.cloneNode(true) as SVGElement;
  inLight(() => {
    const originals = [svg, ...svg.querySelectorAll('*')];
    const copies = [copy, ...copy.querySelectorAll('*')];
    originals.forEach((original, index) => {
      const target = copies[index];
      if (target) {
        writeStyle(original, target);
      }
    });
  });
  if (hidden) {
    svg.remove();
  }
  const [, , width = '600', height = '400'] = (svg.getAttribute('viewBox') ?? '').split(' ');
  copy.setAttribute('width', width);
  copy.setAttribute('height', height);
  copy.setAttribute('font-family', 'sans-serif');
  copy.prepend(drawn('title', {}, document.createTextNode(title)),
    drawn('rect', { width: '100%', height: '100%', fill: '#ffffff' }));
  return new XMLSerializer().serializeToString(copy);
}
