// methods.<method>.strata of audit.json.
import type { Figure } from './data';

/** A figure by name, and its interval as <name>_low and <name>_high. */
export type StratumFigures = Record<string, Figure>;

export interface StratumMeasure {
  dense: Figure;
  pruned: Figure;
  change: Figure;
  /** The group's figure less that of all others. */
  gap: {
    dense: Figure;
    pruned: Figure;
    change: Figure;
    change_low: Figure;
    change_high: Figure;
    p: Figure;
    holm: Figure;
    verdict: 'insufficient evidence' | 'not shown' | 'loses more' | 'loses less';
    widens: boolean | null;
  };
}

export interface Calls {
  sensitivity: Figure;
  specificity: Figure;
}

export interface StratumThresholds {
  dense: { carried: Calls; retuned: Calls; gain: Figure };
  pruned: { carried: Calls; retuned: Calls; gain: Figure };
}

export interface Stratum {
  name: string;
  images: number;
  patients: number;
  classes_compared: number;
  auroc: StratumMeasure;
  ap: StratumMeasure;
  thresholds: StratumThresholds;
  classes: { name: string; positives: number; positive_patients: number; negative_patients: number; auroc: StratumMeasure; ap: StratumMeasure }[];
}

export interface StrataColumn {
  column: string;
  images_without: number; // in no group
  strata: Stratum[];
}

export interface Strata {
  sparsity: number;
  columns: StrataColumn[];
}
