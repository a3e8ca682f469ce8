// The page's data: what report_html() writes into <script type="application/json">. The audit's keys are those of
// audit.json.
import type { Decision, Economics, Rollout } from './decision_data';
import type { Strata } from './strata_data';

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

/** Over resamples of the patients: absent without a bootstrap. */
export interface MacroPoint {
  sparsity: number;
  auroc: Figure;
  ap: Figure;
  f1: Figure;
  auroc_low?: Figure;
  auroc_high?: Figure;
  ap_low?: Figure;
  ap_high?: Figure;
  f1_low?: Figure;
  f1_high?: Figure;
}

export interface GlobalLoss {
  within_tolerance: { tolerance: number; sparsity: Figure; shown: Figure };
  delta_ap: { values: Figure[]; intervals: Interval[] | null; band: Interval[] | null };
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
  delta_ap: Interval[] | null; // one a sparsity above 0
  delta_ap_band: Interval[] | null; // the same, holding for all of them at once
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
  row?: number; // in the label file; where ids are shown
  id: string;
  correlation: number;
  dense: number[];
  pruned: number[];
  curve?: Figure[]; // the correlation at every sparsity above 0
  largest_fall?: { class: string; fall: Figure };
  flips?: Flip[];
}

/** A call at the operating point that pruning turned, in more than half of the seeds. */
export interface Flip {
  class: string;
  direction: 'lost' | 'gained';
  seeds: number;
}

export interface ExemplarCount {
  exemplars: number;
  patients: number; // whom these exemplars show
}

export interface Enrichment {
  ratio_low?: Figure;
  ratio_high?: Figure;
  fisher_p: Figure;
}

export interface Exemplars {
  sparsity: number;
  count: number;
  threshold: Figure;
  class_ratio: Record<string, Figure>;
  findings_ratio: ({ findings: string; ratio: Figure } & ExemplarCount & Enrichment)[];
  class_counts: Record<string, ExemplarCount>;
  class_enrichment: Record<string, Enrichment>;
  constant_order: Figure;
  images: ExemplarImage[];
}

/** What is lost of a class on images with its companions and without, and the difference. Above 0: worse with them. */
export interface CompanionLoss {
  dense_with: Figure;
  dense_without: Figure;
  pruned_with: Figure;
  pruned_without: Figure;
  loss_with: Figure;
  loss_without: Figure;
  excess: Figure;
  excess_low?: Figure;
  excess_high?: Figure;
  p: Figure;
  holm: Figure;
}

export interface CompanionEffect {
  rank: number;
  class: string;
  given: string[];
  images_with: number;
  images_without: number;
  patients_with: number;
  patients_without: number;
  recall: CompanionLoss;
  ap: CompanionLoss;
}

/** `..._not_shown` are in audit.json and not on this page, which holds the first ranks. */
export interface Companions {
  sparsity: number;
  pairs: CompanionEffect[];
  pairs_left_out: number;
  pairs_not_shown?: number;
  triples: CompanionEffect[];
  triples_left_out: number;
  triples_not_shown?: number;
}

export interface MethodAudit {
  sparsities: number[];
  macro: MacroPoint[];
  global: GlobalLoss;
  classes: ClassCurve[];
  frequency: { first_drop: Correlation; delta_ap_at_max: Correlation; delta_auroc_at_max: Correlation };
  pairs: ClassPair[];
  cooccurrence: { fcd_vs_log_frequency_gap: Correlation; fcd_vs_iou_fourth_root: Correlation };
  companions: Companions;
  exemplars: Exemplars;
  strata?: Strata; // where groups of images were compared
  operating_points: { seed: number; class: string; threshold: Figure }[];
}

export interface AuditOptions {
  exemplar_sparsity: number;
  exemplar_fraction: number;
  drop: number;
  threshold: number;
  tolerance: number;
  minimum_patients: number;
  bootstrap: number; // resamples; 0: none
  operating_point: string | null; // the rule; null: the threshold for all
}

export interface Audit {
  cohort: { images: number; patients: number; classes: CohortClass[] };
  seeds: number[];
  options: AuditOptions;
  methods: Record<string, MethodAudit>;
  notes: { where: string; reason: string }[];
}

export type NetworkRole = 'dense' | 'pruned' | 'another training';

/** What in a picture speaks for a class, by one network (docs/explain.md). */
export interface AttentionMap {
  probability: number;
  flat: boolean; // nothing speaks for it
  correlation: Figure; // with the dense network's map
  picture: string | null; // null where flat
}

export interface MappedImage {
  class: string;
  maps: AttentionMap[]; // one a network
}

/** The maps of one method's exemplars; no images where they are stale. */
export interface MethodMaps {
  method: string;
  stale: 'networks' | 'data' | 'sparsity' | null; // what has changed since they were made
  kind: 'grad-cam' | 'occlusion';
  networks: { role: NetworkRole; seed: number; layer: string | null; rows: number; columns: number }[];
  images: Record<string, MappedImage>;
}

export type MapsOfMethod = Omit<MethodMaps, 'images'> & { images: Map<string, MappedImage> };

export interface ReportData {
  title: string;
  warnings: string[];
  facts: { name: string; value: string }[];
  recipe: string;
  pictures: Record<string, string>;
  findings: Record<string, string[]>;
  sites: Record<string, string>; // of the exemplars, where the cohort says it
  maps: MethodMaps[]; // of those methods of which some were made
  image_ids: 'shown' | 'hashed' | 'left out';
  model_card?: boolean; // model-card.md and model-card.json lie beside the page
  decision: Decision;
  rollout: Rollout;
  economics: Economics;
  audit: Audit;
}

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
  sites: Map<string, string>;
  maps: Map<string, MapsOfMethod>; // by method
}

/** A class that fewer patients of the test cohort have gets figures but no verdict. */
export function enoughPatients(report: Report): number {
  return report.data.audit.options.minimum_patients;
}

function methodOf(name: string, audit: MethodAudit, cohort: CohortClass[], minimum: number): Method {
  const pruned = audit.sparsities.filter((sparsity) => sparsity > 0);
  const classes = audit.classes.map((curve, index) => {
    const counted = cohort[index] ?? { name: curve.name, positives: 0, train_positives: null, unknown: 0, positive_patients: 0 };
    const enough = counted.positive_patients >= minimum && curve.evidence.verdict !== 'insufficient evidence';
    const learned = curve.auroc_dense === null || curve.auroc_dense >= LEARNED_AUROC;
    return { ...counted, curve, enough, learned, judged: enough && learned };
  });
  return { name, audit, classes, pruned, highest: pruned[pruned.length - 1] ?? null };
}

export function readReport(): Report {
  const data = JSON.parse(document.getElementById('data')?.textContent ?? '') as ReportData;
  return {
    data,
    methods: Object.entries(data.audit.methods).map(([name, audit]) => methodOf(name, audit, data.audit.cohort.classes, data.audit.options.minimum_patients)),
    pictures: new Map(Object.entries(data.pictures)),
    findings: new Map(Object.entries(data.findings)),
    sites: new Map(Object.entries(data.sites)),
    maps: new Map(data.maps.map((of) => [of.method, { ...of, images: new Map(Object.entries(of.images)) }])),
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
  return curve.delta_ap[stepAt(method, sparsity)] ?? null;
}

/** Where the step of this sparsity stands in curves over the sparsities above 0; -1 where the grid does not have it. */
export function stepAt(method: Method, sparsity: number | null): number {
  return sparsity === null ? -1 : method.pruned.findIndex((value) => Math.abs(value - sparsity) < 1e-9);
}

/** [low, high] of two figures, or null where one is missing. */
export function intervalOf(low: Figure | undefined, high: Figure | undefined): Interval {
  return low === null || low === undefined || high === null || high === undefined ? null : [low, high];
}
