/** How far the run's outermost loop is. */

import * as React from 'react';

import type { Progress } from '../../api/generated';
import { formatDuration } from '../../model/format';

export function CardProgress({ progress }: { progress: Progress }): JSX.Element {
  const { done, total, eta_s: eta, label } = progress;
  return (
    <div className="nbt-card-progress">
      <div
        className="nbt-progress"
        role="progressbar"
        aria-label={label || 'Progress'}
        aria-valuemin={0}
        aria-valuemax={total ?? undefined}
        aria-valuenow={total === null ? undefined : done}
      >
        <div
          className={total === null ? 'nbt-progress-unknown' : undefined}
          style={{ width: total ? `${Math.min(100, (done / total) * 100)}%` : '100%' }}
        />
      </div>
      <span className="nbt-muted nbt-number">
        {label ? `${label} ` : ''}
        {done}
        {total === null ? '' : ` of ${total}`}
        {eta === null ? '' : ` · ${formatDuration(eta)} left`}
      </span>
    </div>
  );
}
