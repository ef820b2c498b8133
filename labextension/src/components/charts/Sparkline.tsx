/** A curve the size of a word. */

import * as React from 'react';

export interface ISparklineProps {
  /** May hold NaN: a gap. */
  values: readonly number[];
  color: string;
  width?: number;
  height?: number;
  label: string;
}

const PAD = 2;

export function Sparkline(props: ISparklineProps): JSX.Element | null {
  const { values, width = 72, height = 20 } = props;
  const path = sparkPath(values, width, height);
  if (!path) {
    return null;
  }
  return (
    <svg
      className="nbt-sparkline"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={props.label}
    >
      <path
        d={path}
        fill="none"
        stroke={props.color}
        strokeWidth="1.5"
        strokeLinejoin="round"
      />
    </svg>
  );
}

/** The SVG path, with a gap at each value that is not finite; empty for less than two points. */
export function sparkPath(
  values: readonly number[],
  width: number,
  height: number
): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length < 2) {
    return '';
  }
  const low = Math.min(...finite);
  const span = Math.max(...finite) - low;
  let pen = 'M';
  let path = '';
  values.forEach((value, index) => {
    if (!Number.isFinite(value)) {
      pen = 'M';
      return;
    }
    const x = PAD + (index / (values.length - 1)) * (width - 2 * PAD);
    const share = span === 0 ? 0.5 : (value - low) / span;
    const y = height - PAD - share * (height - 2 * PAD);
    path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = 'L';
  });
  return path;
}
