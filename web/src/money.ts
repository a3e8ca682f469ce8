import { signed } from './format';
import type { System } from './economics';
import { say } from './language';

/** Two decimals from 1 on; below, three digits that count. */
export function money(value: number, currency: string): string {
  const size = Math.abs(value);
  const text = size === 0 ? '0' : size >= 1 ? value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 }) : String(Number(value.toPrecision(3)));
  return signed(currency === '' ? text : `${text} ${currency}`);
}

export function systemName(system: System): string {
  return { dense: say('Dense', 'プルーニング前'), pruned: say('Pruned', 'プルーニング後'), guarded: say('Guarded', '安全策併用') }[system];
}
