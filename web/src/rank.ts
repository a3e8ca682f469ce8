/** Ranks from 1; tied values share the mean of their ranks. */
export function ranks(values: number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const first = new Map<number, number>();
  const many = new Map<number, number>();
  sorted.forEach((value, index) => {
    first.set(value, first.get(value) ?? index + 1);
    many.set(value, (many.get(value) ?? 0) + 1);
  });
  return values.map((value) => (first.get(value) ?? 0) + ((many.get(value) ?? 1) - 1) / 2);
}

/** Spearman's correlation; null where one side is constant. */
export function spearman(x: number[], y: number[]): number | null {
  const centre = (x.length + 1) / 2;
  const a = ranks(x).map((rank) => rank - centre);
  const b = ranks(y).map((rank) => rank - centre);
  const product = (left: number[], right: number[]): number => left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
  const spread = product(a, a) * product(b, b);
  return spread > 0 ? product(a, b) / Math.sqrt(spread) : null;
}
