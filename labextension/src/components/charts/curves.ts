/** Curves as numbers: from the wire, over step or time, smoothed. No drawing. */

import type { SeriesInfo } from '../../api/generated';
import { toNumber } from '../../model/format';

export type CurveAxis = 'step' | 'time';

export interface ICurve {
  id: string;
  name: string;
  color: string;
  /** 0 solid, 1 dashed, 2 dotted. */
  dash: number;
  series: SeriesInfo;
}

export interface ICurveView {
  axis: CurveAxis;
  log: boolean;
  /** 0 none … 0.99. */
  smoothing: number;
}

export const PLAIN_VIEW: ICurveView = { axis: 'step', log: false, smoothing: 0 };

export type Point = [x: number, y: number];

/** Points in order of x; time counts seconds from the curve's first point. NaN stays: a gap. */
export function curvePoints(series: SeriesInfo, axis: CurveAxis): Point[] {
  const start = series.timestamps_ms[0] ?? 0;
  const points = series.values.map((value, index): Point => {
    const x =
      axis === 'step'
        ? (series.steps[index] ?? index)
        : ((series.timestamps_ms[index] ?? start) - start) / 1000;
    return [x, toNumber(value)];
  });
  return points.sort((a, b) => a[0] - b[0]);
}

/** Exponential moving average, corrected for its start; gaps are kept. */
export function smooth(points: readonly Point[], weight: number): Point[] {
  let average = 0;
  let count = 0;
  return points.map(([x, y]): Point => {
    if (!Number.isFinite(y)) {
      return [x, NaN];
    }
    count += 1;
    average = average * weight + (1 - weight) * y;
    return [x, average / (1 - weight ** count)];
  });
}
