import type { ClassRow, Interval, Method, Report } from './data';
import { say } from './language';

/** What a curve's band shows: other patients (resampled) or other trainings (seeds). */
export type Band = 'patients' | 'seeds';

export function bandOf(row: ClassRow, band: Band): Interval[] {
  const { evidence, delta_ap_low: low, delta_ap_high: high } = row.curve;
  if (band === 'patients') {
    return evidence.delta_ap_band ?? [];
  }
  return low === null || high === null ? [] : low.map((value, step): Interval => {
    const upper = high[step] ?? null;
    return value === null || upper === null ? null : [value, upper];
  });
}

/** The bands that this study has. */
export function bandsOf(report: Report, method: Method): Band[] {
  const has = (band: Band): boolean => method.classes.some((row) => bandOf(row, band).some((value) => value !== null));
  return (['patients', 'seeds'] as const).filter((band) => has(band) && (band === 'patients' || report.data.audit.seeds.length > 1));
}

export function bandText(band: Band | undefined): string {
  return band === 'patients' ? say('95% over patients, for all sparsities at once', '患者に関する95%同時信頼帯')
    : band === 'seeds' ? say('first to third quartile over seeds', 'シード間の第1～第3四分位')
      : say('none: one seed and no bootstrap', 'なし（シード1個、ブートストラップなし）');
}
