// The page's data: what report_html() writes into <script type="application/json">. The audit's keys are those of
// audit.json.
export type Figure = number | null;

export interface Correlation {
  pearson: Figure;
  pearson_p: Figure;
  spearman: Figure;
  spearman_p: Figure;
  points: number;
}

export interface CohortClass {
  name: string;
  positives: number;
  train_positives: Figure;
  unknown: number;
  positive_patients: number;
}

export interface MacroPoint {
  sparsity: number;
  auroc: Figure;
  ap: Figure;
  f1: Figure;
}

export interface ClassCurve {
  name: string;
  first_drop: Figure;
  delta_ap: Figure[];
  delta_ap_low: Figure[] | null;
  delta_ap_high: Figure[] | null;
  ap_dense: Figure;
  auroc_dense: Figure;
  delta_auroc_at_max: Figure;
  evidence: Evidence;
}

/** [low, high] over resamples of the patients; null without a bootstrap. */
export type Interval = [number, number] | null;

/** What may be said of other patients (docs/audit.md). */
export interface Evidence {
  verdict: 'forgotten' | 'loses' | 'kept' | 'undecided' | 'hardly learned' | 'insufficient evidence' | null;
  loses_from: Figure;
  forgotten_from: Figure;
  kept_up_to: Figure;
  ap: Interval[] | null;
  auroc: Interval[] | null;
}

export interface ClassPair {
  a: string;
  b: string;
  together: number;
  fcd: Figure;
  iou: Figure;
  log_frequency_gap: Figure;
}

export interface ExemplarImage {
  rank: number;
  row: number;
  id: string;
  correlation: number;
  dense: number[];
  pruned: number[];
}

export interface ExemplarCount {
  exemplars: number;
  patients: number; // whom these exemplars show
}

export interface Exemplars {
  sparsity: number;
  count: number;
  threshold: Figure;
  class_ratio: Record<string, Figure>;
  findings_ratio: ({ findings: string; ratio: Figure } & ExemplarCount)[];
  class_counts: Record<string, ExemplarCount>;
  constant_order: Figure;
  images: ExemplarImage[];
}

export interface MethodAudit {
  sparsities: number[];
  macro: MacroPoint[];
  classes: ClassCurve[];
  frequency: { first_drop: Correlation; delta_ap_at_max: Correlation; delta_auroc_at_max: Correlation };
  pairs: ClassPair[];
  cooccurrence: { fcd_vs_log_frequency_gap: Correlation; fcd_vs_iou_fourth_root: Correlation };
  exemplars: Exemplars;
}

export interface Audit {
  cohort: { images: number; patients: number; classes: CohortClass[] };
  seeds: number[];
  options: { exemplar_sparsity: number; exemplar_fraction: number; drop: number; threshold: number };
  methods: Record<string, MethodAudit>;
  notes: { where: string; reason: string }[];
}

export interface ReportData {
  title: string;
  warnings: string[];
  facts: { name: string; value: string }[];
  recipe: string;
  pictures: Record<string, string>;
  findings: Record<string, string[]>;
  audit: Audit;
}

// A class with fewer patients who have it in the test cohort gets figures but no verdict.
export const ENOUGH_PATIENTS = 20;
// Below this dense AUROC there was hardly anything to forget.
export const LEARNED_AUROC = 0.6;
// A label is said to be frequent among exemplars only where it is on so many, of so many patients.
const ENOUGH_EXEMPLARS = 5;

/** One class as this page speaks of it: the cohort's counts beside one method's curve. */
export interface ClassRow extends CohortClass {
  curve: ClassCurve;
  enough: boolean; // patients for a verdict
  learned: boolean; // by the dense network
  judged: boolean; // both
}

/** One method, with its classes matched to the cohort's. */
export interface Method {
  name: string;
  audit: MethodAudit;
  classes: ClassRow[];
  pruned: number[]; // sparsities above 0, rising
  highest: number | null; // the highest of them
}

export interface Report {
  data: ReportData;
  methods: Method[];
  pictures: Map<string, string>;
  findings: Map<string, string[]>;
}

function methodOf(name: string, audit: MethodAudit, cohort: CohortClass[]): Method {
  const pruned = audit.sparsities.filter((sparsity) => sparsity > 0);
  const classes = audit.classes.map((curve, index) => {
    const counted = cohort[index] ?? { name: curve.name, positives: 0, train_positives: null, unknown: 0, positive_patients: 0 };
    const enough = counted.positive_patients >= ENOUGH_PATIENTS;
    const learned = curve.auroc_dense === null || curve.auroc_dense >= LEARNED_AUROC;
    return { ...counted, curve, enough, learned, judged: enough && learned };
  });
  return { name, audit, classes, pruned, highest: pruned[pruned.length - 1] ?? null };
}

export function readReport(): Report {
  const data = JSON.parse(document.getElementById('data')?.textContent ?? '') as ReportData;
  return {
    data,
    methods: Object.entries(data.audit.methods).map(([name, audit]) => methodOf(name, audit, data.audit.cohort.classes)),
    pictures: new Map(Object.entries(data.pictures)),
    findings: new Map(Object.entries(data.findings)),
  };
}

/** The audit's note on this figure. */
export function noteAt(report: Report, where: string): string | null {
  return report.data.audit.notes.find((note) => note.where === where)?.reason ?? null;
}

/** Why nothing can be said of what exemplars have in common: the pruned network orders all images alike. */
export function constantOrder(report: Report, method: Method): string | null {
  return noteAt(report, `methods.${method.name}.exemplars.constant_order`);
}

export function enoughExemplars(count: ExemplarCount | undefined): boolean {
  return count !== undefined && count.exemplars >= ENOUGH_EXEMPLARS && count.patients >= ENOUGH_EXEMPLARS;
}

/** Whether the median comes back above the line after the first drop. */
export function recovers(method: Method, row: ClassRow, drop: number): boolean {
  const first = row.curve.first_drop;
  return first !== null && row.curve.delta_ap.some((value, step) => (method.pruned[step] ?? 0) > first && value !== null && value > -drop);
}

/** Relative change of macro AP against the dense network, one a sparsity. */
export function macroChange(method: Method): { sparsity: number; change: Figure }[] {
  const dense = method.audit.macro[0]?.ap ?? null;
  return method.audit.macro.map(({ sparsity, ap }) => ({
    sparsity,
    change: ap === null || dense === null || dense === 0 ? null : (ap - dense) / dense,
  }));
}

/** Whether any pruned network's macro AP can be set against the dense one's. */
export function comparable(method: Method): boolean {
  return macroChange(method).some(({ sparsity, change }) => sparsity > 0 && change !== null);
}

/** The method that keeps most macro AP over its sparsities: the one shown first. */
export function leadingMethod(methods: Method[]): Method | undefined {
  const kept = (method: Method): number => {
    const figures = macroChange(method).flatMap(({ sparsity, change }) => (sparsity > 0 && change !== null ? [change] : []));
    return figures.length === 0 ? -Infinity : figures.reduce((sum, value) => sum + value, 0) / figures.length;
  };
  return methods.reduce<Method | undefined>((best, method) => (best && kept(best) >= kept(method) ? best : method), undefined);
}

/** The curve's value at this sparsity, or null where the grid does not have it. */
export function changeAt(method: Method, curve: ClassCurve, sparsity: number | null): Figure {
  const step = sparsity === null ? -1 : method.pruned.findIndex((value) => Math.abs(value - sparsity) < 1e-9);
  return curve.delta_ap[step] ?? null;
}
