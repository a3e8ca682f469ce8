// What pruning costs and saves, by formulas that stand on the page (docs/report.md). Pure functions: nothing here
// knows the page. Held to an independent calculation by tests/end_to_end/decision_test.py.

/** How often a finding of one class is there, how often each network calls it, and what a missed one is taken to cost. */
export interface ClassRates {
  name: string;
  prevalence: number; // share of images that show it
  dense: number; // sensitivity: share of those that the dense network calls
  pruned: number;
  guarded: [number, number][]; // sensitivity under a measured guard, by the share of images handed on, rising
  cost: number; // of one that is missed
}

export interface Inputs {
  imagesADay: number;
  machineHour: number; // price
  denseMilliseconds: number; // an image
  prunedMilliseconds: number;
  reviewMinutes: number; // of a person, for each image that is handed on
  readerHour: number; // price
  deferralRate: number; // share of images that the guard hands on
  switching: number; // price, once
  classes: ClassRates[];
}

export type System = 'dense' | 'pruned' | 'guarded';
export const SYSTEMS: System[] = ['dense', 'pruned', 'guarded'];

/** Of 1,000 images, in the currency of the prices. */
export interface Cost {
  machine: number;
  review: number;
  missed: number;
  total: number;
}

export const IMAGES = 1000;
const MILLISECONDS_AN_HOUR = 3_600_000;

/** Milliseconds an image. An image that is handed on is seen by both networks. */
export function milliseconds(inputs: Inputs, system: System): number {
  return system === 'dense' ? inputs.denseMilliseconds
    : inputs.prunedMilliseconds + (system === 'guarded' ? inputs.deferralRate * inputs.denseMilliseconds : 0);
}

/**
 * Sensitivity where this share of the images is handed on: linear between the shares at which a guard was measured, from
 * the pruned network's at 0 to the dense network's at 1. Without a measured guard that is what handing on at random
 * gives; a guard that chooses well does better.
 */
export function guardedSensitivity(of: ClassRates, rate: number): number {
  const points: [number, number][] = [[0, of.pruned], ...of.guarded.filter(([at]) => at > 0 && at < 1), [1, of.dense]];
  for (let i = 1; i < points.length; ++i) {
    const [[from, low], [to, high]] = [points[i - 1] as [number, number], points[i] as [number, number]];
    if (rate <= to) {
      return low + ((rate - from) / (to - from)) * (high - low);
    }
  }
  return of.dense;
}

export function sensitivity(of: ClassRates, system: System, rate: number): number {
  return system === 'guarded' ? guardedSensitivity(of, rate) : of[system];
}

/** Findings of this class that 1,000 images show and the system does not call. */
export function missedFindings(of: ClassRates, system: System, rate: number): number {
  return IMAGES * of.prevalence * (1 - sensitivity(of, system, rate));
}

export function costOf(inputs: Inputs, system: System): Cost {
  const machine = ((IMAGES * milliseconds(inputs, system)) / MILLISECONDS_AN_HOUR) * inputs.machineHour;
  const review = system === 'guarded' ? IMAGES * inputs.deferralRate * (inputs.reviewMinutes / 60) * inputs.readerHour : 0;
  const missed = inputs.classes.reduce((sum, of) => sum + missedFindings(of, system, inputs.deferralRate) * of.cost, 0);
  return { machine, review, missed, total: machine + review + missed };
}

/** What 1,000 images cost less than with the dense network; below 0: more. */
export function saving(inputs: Inputs, system: System): number {
  return costOf(inputs, 'dense').total - costOf(inputs, system).total;
}

export interface BreakEven {
  images: number | null; // until the price of the switch is earned back; null: never
  days: number | null;
  /** The factor on every cost of a missed finding at which the system costs as much as the dense network; null: none. */
  costFactor: number | null;
}

export function breakEven(inputs: Inputs, system: System): BreakEven {
  const gained = saving(inputs, system);
  const images = gained > 0 ? (inputs.switching / gained) * IMAGES : null;
  const dense = costOf(inputs, 'dense');
  const other = costOf(inputs, system);
  const lessWork = dense.machine + dense.review - other.machine - other.review;
  const moreMissed = other.missed - dense.missed;
  return {
    images,
    days: images === null || inputs.imagesADay <= 0 ? null : images / inputs.imagesADay,
    costFactor: moreMissed !== 0 && lessWork / moreMissed > 0 ? lessWork / moreMissed : null,
  };
}

/** The saving on 1,000 images when half of an input and twice of it is put in, all others held. */
export interface Swing {
  input: SwingInput;
  low: number;
  high: number;
}

export type SwingInput = 'machineHour' | 'denseMilliseconds' | 'prunedMilliseconds' | 'reviewMinutes' | 'readerHour' | 'deferralRate' | 'missedCosts' | 'moreMissed';
const SWINGS: SwingInput[] = ['machineHour', 'denseMilliseconds', 'prunedMilliseconds', 'reviewMinutes', 'readerHour', 'deferralRate', 'missedCosts', 'moreMissed'];

/** The inputs with one of them multiplied. `moreMissed` is how much sensitivity is lost or gained on the dense network. */
export function scaled(inputs: Inputs, input: SwingInput, factor: number): Inputs {
  switch (input) {
    case 'missedCosts':
      return { ...inputs, classes: inputs.classes.map((of) => ({ ...of, cost: of.cost * factor })) };
    case 'moreMissed':
      return { ...inputs, classes: inputs.classes.map((of) => {
        const further = (value: number): number => within(of.dense + (value - of.dense) * factor);
        return { ...of, pruned: further(of.pruned), guarded: of.guarded.map(([rate, value]): [number, number] => [rate, further(value)]) };
      }) };
    case 'deferralRate':
      return { ...inputs, deferralRate: within(inputs.deferralRate * factor) };
    default:
      return { ...inputs, [input]: inputs[input] * factor };
  }
}

function within(share: number): number {
  return Math.min(1, Math.max(0, share));
}

/** Widest first; inputs that change nothing are left out. */
export function tornado(inputs: Inputs, system: System): Swing[] {
  return SWINGS.map((input) => ({
    input, low: saving(scaled(inputs, input, 0.5), system), high: saving(scaled(inputs, input, 2), system),
  })).filter(({ low, high }) => low !== high).sort((a, b) => Math.abs(b.high - b.low) - Math.abs(a.high - a.low));
}
