import type { Figure, Interval } from './data';
import { say } from './language';

const MINUS = '\u2212';
export const ABSENT = '\u2013';

export function signed(text: string): string {
  return text.replace('-', MINUS);
}

/** A score such as AP or AUROC: three decimals. */
export function score(value: Figure): string {
  return value === null ? ABSENT : signed(value.toFixed(3));
}

/** A sparsity: "45%", "97.5%". */
export function percent(value: Figure): string {
  return value === null ? ABSENT : `${Number((value * 100).toFixed(1))}%`;
}

/** A relative change: "+3%", "\u221235%", "\u22120.4%". */
export function change(value: Figure): string {
  if (value === null) {
    return ABSENT;
  }
  const digits = Math.abs(value) < 0.0995 ? 1 : 0;
  const text = (value * 100).toFixed(digits);
  return Number(text) === 0 ? '0%' : signed(`${value > 0 ? '+' : ''}${text}%`);
}

export function count(value: Figure): string {
  return value === null ? ABSENT : value.toLocaleString('en-US');
}

/** "3.2\u00d7" */
export function times(value: Figure): string {
  if (value === null) {
    return ABSENT;
  }
  return value > 0 && value < 0.1 ? 'under 0.1\u00d7' : `${value.toFixed(value < 9.95 ? 1 : 0)}\u00d7`;
}

export function coefficient(value: Figure): string {
  return value === null ? ABSENT : signed(value.toFixed(2));
}

/** "\u22120.12 to +0.03", each end written by `text`. */
export function interval(value: Interval | undefined, text: (end: number) => string): string {
  return value === null || value === undefined ? ABSENT : say(`${text(value[0])} to ${text(value[1])}`, `${text(value[0])} ～ ${text(value[1])}`);
}

const POINTS_FOR_P = 10;

/** "p = 0.03", "p < 0.001" */
export function pValue(value: Figure, classes: number): string {
  if (classes < POINTS_FOR_P) {
    return say('too few classes for a p-value', 'クラス数が少なくp値は示せない');
  }
  return pText(value);
}

export function pText(value: Figure): string {
  if (value === null) {
    return say('p not available', 'p値なし');
  }
  return value < 0.001 ? 'p < 0.001' : `p = ${value.toFixed(value < 0.1 ? 3 : 2)}`;
}

export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

// Counted things, in either language.
export const images = (number: number): string => say(plural(number, 'image'), `画像${count(number)}枚`);
export const patients = (number: number): string => say(plural(number, 'patient'), `患者${count(number)}人`);
export const classes = (number: number): string => say(plural(number, 'class', 'classes'), `${count(number)}クラス`);
export const pairs = (number: number): string => say(plural(number, 'pair'), `${count(number)}組`);
export const exemplars = (number: number): string => say(plural(number, 'exemplar'), `例示画像${count(number)}枚`);
export const seeds = (number: number): string => say(plural(number, 'seed'), `シード${count(number)}個`);

/** "12 of 250" */
export function outOf(part: number, whole: number): string {
  return say(`${count(part)} of ${count(whole)}`, `${count(part)}／${count(whole)}`);
}
