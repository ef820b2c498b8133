/** A run's state as a small sign: told by shape and label, not by colour alone. */

import * as React from 'react';

import { type RunState, STATE_LABELS } from '../../model/runsLook';

const SIGNS: Record<Exclude<RunState, 'running'>, string> = {
  scheduled: 'M8 4.5V8l2.3 1.5',
  finished: 'M4.8 8.3l2.2 2.2 4.3-4.7',
  failed: 'M5.5 5.5l5 5M10.5 5.5l-5 5',
  killed: 'M5.5 5.5h5v5h-5z',
  interrupted: 'M8 4.5v4.3M8 11v.2'
};

export function StateDot({ state }: { state: RunState }): JSX.Element {
  const label = STATE_LABELS[state];
  return (
    <span
      className={`nbt-state nbt-state-${state}`}
      role="img"
      aria-label={label}
      title={label}
    >
      <svg width="14" height="14" viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.3" />
        {state === 'running' ? (
          <path d="M8 1.7A6.3 6.3 0 0 1 14.3 8" />
        ) : (
          <path d={SIGNS[state]} />
        )}
      </svg>
    </span>
  );
}
