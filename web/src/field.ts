// A number that a reader types.
import { element } from './dom';

export interface NumberField {
  id: string;
  label: string;
  unit: string;
  value: number | null;
  most?: number;
  onType: (value: number | null) => void; // null: nothing, or nothing that is a number from 0 to `most`
}

export function numberText(value: number | null): string {
  return value === null ? '' : String(Number(value.toPrecision(6)));
}

function readNumber(text: string, most: number): number | null {
  const value = Number(text);
  return text.trim() === '' || !Number.isFinite(value) || value < 0 || value > most ? null : value;
}

export function numberInput(field: NumberField): HTMLInputElement {
  const most = field.most ?? 1e12;
  const input = element('input', { id: field.id, type: 'number', min: '0', max: String(most), step: 'any', inputmode: 'decimal', value: numberText(field.value) });
  input.addEventListener('input', () => {
    const value = readNumber(input.value, most);
    input.setAttribute('aria-invalid', String(value === null && (input.value !== '' || input.validity.badInput)));
    field.onType(value);
  });
  return input;
}

/** With its name above and its unit beside it. */
export function numberField(field: NumberField): HTMLElement {
  return element('div', { class: 'field' }, element('label', { for: field.id }, field.label),
    element('span', {}, numberInput(field), field.unit !== '' && element('span', { class: 'unit' }, element('bdi', {}, field.unit))));
}
