/** How far the run's outermost loop is. */

import * as React from 'react';

import type { Progress } from '../../api/generated';
import { formatDuration } from '../../model/format';

export function CardProgress({ progress }: { progress: Progress }): JSX.Element {
  const { done, total, eta_s: eta, label } = progress;
  return (
    <div className="nbt-card-progress">
      <progress
        aria-label={label || 'Progress'}
        max={total ?? undefined}
        value={total === null ? undefined : done}
      />
      <span className="nbt-muted nbt-number">
        {label ? `${label} ` : ''}
        {done}
        {total === null ? '' : ` of ${total}`}
        {eta === null ? '' : ` · ${formatDuration(eta)} left`}
      </span>
    </div>
  );
}
