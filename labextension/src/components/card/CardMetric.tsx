/** One metric on the card: value, change against the previous run, best badge, curve. */

import * as React from 'react';

import type { MetricCard } from '../../api/generated';
import { formatChange, formatNumber, toNumber } from '../../model/format';
import { Sparkline } from '../charts/Sparkline';
import { Icon } from '../common/Icon';

export interface ICardMetricProps {
  metric: MetricCard;
  previous: string | null;
  color: string;
}

export function CardMetric({ metric, previous, color }: ICardMetricProps): JSX.Element {
  const { key, is_best: isBest, change_best: changeBest } = metric;
  const behind = changeBest === null ? NaN : toNumber(changeBest);
  return (
    <div className="nbt-card-metric" data-testid={`nbtrack-card-metric-${key}`}>
      <div className="nbt-card-metric-text">
        <div className="nbt-muted nbt-card-metric-key" title={key}>
          {key}
          {isBest ? (
            <span className="nbt-best-mark" title="Best run of this cell so far">
              <Icon name="star" /> best
            </span>
          ) : null}
        </div>
        <div className="nbt-card-metric-value" title={String(metric.last)}>
          {formatNumber(toNumber(metric.last))}
          <Change metric={metric} previous={previous} />
        </div>
        {Number.isFinite(behind) && behind !== 0 && !isBest ? (
          <div className="nbt-muted nbt-small">
            {formatChange(behind)} against the best
          </div>
        ) : null}
      </div>
      <Sparkline
        values={metric.values.map(toNumber)}
        color={color}
        label={`Curve of ${key}, ${metric.count} points`}
      />
    </div>
  );
}

function Change(props: {
  metric: MetricCard;
  previous: string | null;
}): JSX.Element | null {
  const { direction, change_previous: previous } = props.metric;
  const change = previous === null ? NaN : toNumber(previous);
  if (!Number.isFinite(change)) {
    return null;
  }
  const isBetter = direction === null ? null : change > 0 === (direction === 'max');
  const tone =
    change === 0 || isBetter === null ? 'same' : isBetter ? 'better' : 'worse';
  const arrow = change === 0 ? '=' : change > 0 ? '▲' : '▼';
  const against = props.previous ?? 'the previous run';
  return (
    <span
      className={`nbt-delta nbt-delta-${tone}`}
      title={`${formatChange(change)} against ${against}${tone === 'same' ? '' : `, ${tone}`}`}
    >
      <span aria-hidden="true">{arrow}</span>{' '}
      {change === 0 ? '' : formatNumber(Math.abs(change), 3)}
      <span className="nbt-hidden-text">
        {change === 0 ? 'as in' : change > 0 ? 'more than in' : 'less than in'}{' '}
        {against}
      </span>
    </span>
  );
}
