// The inputs of the return on investment: as the recipe gives them, until the reader types others. They outlast a switch
// of the language, and the roll-out plan takes its images a day from them.
import type { ClassRates, Inputs } from './economics';
import type { Report } from './data';
import type { Economics } from './decision_data';

export type NumberKey = Exclude<keyof Inputs, 'classes'>;

/** What is typed: null where nothing is given, and then what hangs on it is not computed. */
export interface Typed {
  numbers: Record<NumberKey, number | null>;
  costs: (number | null)[]; // of a missed finding, one a class
}

/** A class whose missed findings can be counted, or why they cannot. */
export type ClassState = 'counted' | 'few patients' | 'no sensitivity';

export function classState(of: Economics['classes'][number]): ClassState {
  return !of.enough_patients ? 'few patients' : of.prevalence === null || of.sensitivity_dense === null || of.sensitivity_pruned === null ? 'no sensitivity' : 'counted';
}

const given = (value: number): number | null => (value > 0 ? value : null);

export function recipeInputs(economics: Economics): Typed {
  const { inputs, milliseconds_per_image: times } = economics;
  return {
    numbers: {
      imagesADay: given(inputs.images_a_day), machineHour: given(inputs.machine_hour),
      denseMilliseconds: times?.dense ?? null, prunedMilliseconds: times?.pruned ?? null,
      reviewMinutes: given(inputs.review_minutes), readerHour: given(inputs.reader_hour),
      deferralRate: given(inputs.deferral_rate) ?? economics.guard_rate, switching: given(inputs.switching),
    },
    costs: economics.classes.map(({ missed_cost: cost }) => given(cost)),
  };
}

let typed: Typed | null = null;
const listeners = new Set<() => void>();

export function currentInputs(report: Report): Typed {
  typed ??= recipeInputs(report.data.economics);
  return typed;
}

export function typeInputs(changed: Typed): void {
  typed = changed;
  listeners.forEach((listener) => listener());
}

/** `act` runs after each change, as long as `host` is on the page. */
export function onInputs(host: HTMLElement, act: () => void): void {
  let seen = false;
  const listener = (): void => {
    seen ||= host.isConnected;
    if (seen && !host.isConnected) {
      listeners.delete(listener);
    } else {
      act();
    }
  };
  listeners.add(listener);
}

/** What of the answer can be computed from what is given. */
export interface Known {
  machine: boolean;
  review: boolean;
  guarded: boolean; // some share is handed on
  missed: boolean;
}

export function knownOf(economics: Economics, { numbers, costs }: Typed): Known {
  const guarded = numbers.deferralRate !== null && numbers.deferralRate > 0;
  return {
    machine: numbers.machineHour !== null && numbers.denseMilliseconds !== null && numbers.prunedMilliseconds !== null,
    review: guarded && numbers.reviewMinutes !== null && numbers.readerHour !== null,
    guarded,
    missed: economics.classes.some((of, index) => classState(of) === 'counted' && costs[index] !== null),
  };
}

/** For the formulas: what is not given counts as 0, and is not shown. */
export function formulaInputs(economics: Economics, state: Typed): Inputs {
  const { numbers, costs } = state;
  const known = knownOf(economics, state);
  const orNone = (key: NumberKey): number => numbers[key] ?? 0;
  const classes = economics.classes.flatMap((of, index): ClassRates[] => (classState(of) !== 'counted' ? [] : [{
    name: of.class, prevalence: of.prevalence ?? 0, dense: of.sensitivity_dense ?? 0, pruned: of.sensitivity_pruned ?? 0,
    guarded: of.sensitivity_guarded.flatMap(([rate, value]): [number, number][] => (value === null ? [] : [[rate, value]])),
    cost: costs[index] ?? 0,
  }]));
  return {
    imagesADay: orNone('imagesADay'), switching: orNone('switching'), deferralRate: orNone('deferralRate'),
    machineHour: known.machine ? orNone('machineHour') : 0, denseMilliseconds: orNone('denseMilliseconds'), prunedMilliseconds: orNone('prunedMilliseconds'),
    reviewMinutes: orNone('reviewMinutes'), readerHour: known.review ? orNone('readerHour') : 0, classes,
  };
}

/** Whether the guard's sensitivities were measured, or are what handing on at random gives. */
export function guardMeasured(economics: Economics): boolean {
  return economics.classes.some(({ sensitivity_guarded: points }) => points.length > 0);
}

