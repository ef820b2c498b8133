/** How curves are looked at: axis, scale, smoothing. */

import * as React from 'react';

import { type CurveAxis, type ICurveView } from './curves';

export interface ICurveControlsProps {
  view: ICurveView;
  onView: (view: ICurveView) => void;
}

const AXES: readonly [CurveAxis, string][] = [
  ['step', 'Step'],
  ['time', 'Time']
];

export function CurveControls({ view, onView }: ICurveControlsProps): JSX.Element {
  return (
    <div className="nbt-curve-controls">
      <div className="nbt-segments" role="group" aria-label="Horizontal axis">
        {AXES.map(([axis, label]) => (
          <button
            key={axis}
            type="button"
            className="nbt-segment"
            aria-pressed={view.axis === axis}
            onClick={() => onView({ ...view, axis })}
          >
            {label}
          </button>
        ))}
      </div>
      <label className="nbt-check">
        <input
          type="checkbox"
          checked={view.log}
          onChange={event => onView({ ...view, log: event.target.checked })}
        />
        <span>Log scale</span>
      </label>
      <label className="nbt-check">
        <span>Smoothing</span>
        <input
          type="range"
          min="0"
          max="0.99"
          step="0.01"
          value={view.smoothing}
          onChange={event => onView({ ...view, smoothing: Number(event.target.value) })}
        />
        <span className="nbt-muted nbt-number">{view.smoothing.toFixed(2)}</span>
      </label>
    </div>
  );
}
