// decision.json: the verdict, the roll-out plan, and what the return on investment is computed from.
import type { Figure, Interval } from './data';

export interface NetworkChoice {
  method: string; // empty: another system, which `name` tells
  name: string;
  sparsity: Figure;
}

export type RequirementStatus = 'kept' | 'lost' | 'not shown' | 'few patients' | 'hardly learned' | 'no band' | 'not asked';

/** One thing that the policy asks, of the considered network; without a class: macro AP. */
export interface Requirement {
  class: string | null;
  patients: Figure;
  tolerance: Figure;
  status: RequirementStatus;
  change: Figure;
  band: Interval;
}

export type Pair = { dense: number; pruned: number } | null;

export interface Gains {
  file_bytes: Pair;
  milliseconds_per_image: Pair;
  images_per_second: Pair;
  peak_bytes: Pair;
  machine: { processor: string; threads: number; engine: string; batch: number } | null;
}

export interface RiskyCombination {
  class: string;
  given: string[];
  patients_with: number;
  recall_excess: Figure;
  recall_holm: Figure;
  ap_excess: Figure;
  ap_holm: Figure;
}

export interface Risks {
  losing: string[];
  companion_sparsity: number;
  companions: RiskyCombination[];
  strata: { column: string; stratum: string }[];
  exemplar_sparsity: number;
  exemplars: number;
  exemplars_losing: number;
}

export type Guard =
  | { kind: 'defer'; rate: number; deferred: Figure; milliseconds_per_image: Figure }
  | { kind: 'classes'; classes: string[] };

export type Verdict = 'deploy' | 'deploy with guards' | 'do not deploy' | 'insufficient evidence';

export type Reason =
  | 'holds' | 'holds for the known' | 'guard restores' | 'certified' | 'certificate exceeded' | 'certificate refused' | 'certified too little'
  | 'shown loss' | 'not shown' | 'unknown classes' | 'nothing judged' | 'no intervals' | 'no sparsity';

export interface Decision {
  verdict: Verdict;
  headline: string; // in English
  reason: Reason;
  sentence: string; // in English
  names: string[]; // what the reason is about
  macro: boolean; // macro AP too
  recommended: NetworkChoice | null;
  considered: NetworkChoice | null;
  chosen_among: number;
  policy: {
    macro_loss: number;
    classes: { class: string; tolerance: Figure }[];
    unknown_classes: 'block' | 'report';
    least_sparsity: number;
    method: string | null;
    sparsity: Figure;
  };
  requirements: Requirement[];
  unknown: string[];
  guards: Guard[];
  gains: Gains;
  risks: Risks;
  certificate: 'granted' | 'refused' | null;
  guard: { method: string; sparsity: number; signal: string } | null;
  passed_over: string[];
}

export interface RolloutClass {
  class: string;
  positive_patients: number;
  prevalence: Figure; // of patients
  prevalence_interval: Interval;
  few_patients: boolean;
  images: Figure;
  images_interval: Interval;
  days: Figure[]; // one a phase
}

export interface Rollout {
  loss: number;
  found: number;
  significance: number;
  power: number;
  shares: number[]; // of the images on which the networks are compared, one a phase
  longest_days: number;
  images_a_day: Figure;
  patients_with_the_finding: Figure;
  reached_power: Figure;
  images_per_patient: number;
  false_stops: number;
  classes: RolloutClass[];
  stop: { found: number; missed_at_any_look: number; missed_at_the_end: number }[];
}

/** 0: not given. */
export interface EconomicInputs {
  currency: string;
  images_a_day: number;
  machine_hour: number;
  review_minutes: number;
  reader_hour: number;
  deferral_rate: number;
  switching: number;
}

export interface Economics {
  inputs: EconomicInputs;
  network: NetworkChoice | null;
  operating_points_chosen: boolean;
  milliseconds_per_image: Pair;
  guard_rate: Figure; // of the recommended guard
  classes: {
    class: string;
    enough_patients: boolean;
    prevalence: Figure; // of images
    sensitivity_dense: Figure;
    sensitivity_pruned: Figure;
    sensitivity_guarded: [number, Figure][]; // by rate
    missed_cost: number;
  }[];
}
