import { say } from './language';

// Elements made in code: every name from the data becomes a text node, never markup.
export type Child = Node | string | null | undefined | false;

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

export function drawn(tag: string, attributes: Record<string, string | number> = {}, ...children: Node[]): SVGElement {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/** Text in the reader's direction whatever the name's own (a right-to-left class name must not reorder the sentence). */
export function named(name: string): HTMLElement {
  return element('bdi', {}, name);
}

export function strong(text: string): HTMLElement {
  return element('strong', {}, element('bdi', {}, text));
}

/** "a, b and c" with each part an element. */
export function listed(parts: Node[]): DocumentFragment {
  const fragment = document.createDocumentFragment();
  parts.forEach((part, index) => {
    if (index > 0) {
      fragment.append(index === parts.length - 1 ? say(' and ', '、') : say(', ', '、'));
    }
    fragment.append(part);
  });
  return fragment;
}

/** "A: 3, B: 4" of plain texts. */
export function joined(parts: string[]): string {
  return parts.join(say(', ', '、'));
}

/**
 * A sentence with elements in it, in the order that each language wants: told('{name} has changed', '{name}が変化した', { name }).
 * A part stands at most once in a text; what no part is called stays as it is.
 */
export function told(english: string, japanese: string, parts: Record<string, Child>): DocumentFragment {
  return fragment(...say(english, japanese).split(/\{(\w+)\}/).map((piece, index) =>
    index % 2 === 0 ? piece : piece in parts ? parts[piece] : `{${piece}}`));
}

export function fragment(...children: Child[]): DocumentFragment {
  const made = document.createDocumentFragment();
  made.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
  return made;
}
