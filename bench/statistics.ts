/** The middle of some numbers; NaN of none. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  const high = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return (low + high) / 2;
}

/** With which power of the size something grows: 1 is linear, 2 quadratic. */
export function growth(small: Point, large: Point): number {
  return Math.log(large.cost / small.cost) / Math.log(large.size / small.size);
}

export interface Point {
  readonly size: number;
  readonly cost: number;
}
