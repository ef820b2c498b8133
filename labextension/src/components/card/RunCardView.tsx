/** The compact card below a tracked cell: how the run stands, and what it gave. */

import * as React from 'react';

import type { RunCard } from '../../api/generated';
import { formatDuration, plural } from '../../model/format';
import { originText } from '../../model/origin';
import { type ICardState } from '../../model/runsCard';
import { runColor, runState, STATE_LABELS } from '../../model/runsLook';
import { type IRunActions } from '../common/actions';
import { Icon } from '../common/Icon';
import { StateDot } from '../common/StateDot';
import { useNow } from '../common/useNow';
import { CardMetric } from './CardMetric';
import { CardProgress } from './CardProgress';

export interface IRunCardViewProps {
  state: ICardState;
  /** Null where no host can open pages: then the card has no links. */
  actions: IRunActions | null;
}

const MOST_PARAMS = 12;
const MOST_METRICS = 8;

export function RunCardView({ state, actions }: IRunCardViewProps): JSX.Element {
  const { card, isDeleted } = state;
  const { revision_id: revisionId } = card;
  const isRunning = card.status === 'RUNNING';
  const now = useNow(isRunning);
  const elapsed = isRunning ? Math.max(0, now - state.receivedAt) / 1000 : 0;
  const stateName = runState(card);
  return (
    <section
      className="nbt-card"
      aria-label={`Run ${card.run_name}`}
      data-testid="nbtrack-run-card"
      data-run-id={card.run_id}
      data-state={stateName}
      style={{ '--nbt-run-color': runColor(card.run_id) } as React.CSSProperties}
    >
      <header className="nbt-card-head">
        <StateDot state={stateName} />
        {actions ? (
          <button
            type="button"
            className="nbt-link nbt-card-name"
            title="Open the run"
            onClick={() => actions.openRun(card.run_id)}
          >
            {card.run_name}
          </button>
        ) : (
          <strong className="nbt-card-name">{card.run_name}</strong>
        )}
        <span className="nbt-muted">
          {isDeleted ? 'Deleted' : STATE_LABELS[stateName]}
          {card.error_name ? ` with ${card.error_name}` : ''} ·{' '}
          {formatDuration(card.duration_s + elapsed)}
        </span>
        <span className="nbt-grow" />
        {actions && revisionId ? (
          <button
            type="button"
            className="nbt-link nbt-card-link"
            data-testid="nbtrack-card-revision"
            title="The notebook as it was"
            onClick={() => actions.openRevision(revisionId)}
          >
            <Icon name="history" />{' '}
            {card.revision_number === null ? 'Revision' : `r${card.revision_number}`}
          </button>
        ) : null}
        {actions ? (
          <button
            type="button"
            className="nbt-link nbt-card-link"
            data-testid="nbtrack-card-run"
            title="Params, curves, artifacts, environment and code"
            onClick={() => actions.openRun(card.run_id)}
          >
            <Icon name="link" /> Run
          </button>
        ) : null}
      </header>
      {isRunning && card.progress ? <CardProgress progress={card.progress} /> : null}
      <Metrics card={card} />
      <Params card={card} />
      {card.notes.map(note => (
        <div key={note} className="nbt-card-note nbt-muted">
          <Icon name="warning" /> {note}
        </div>
      ))}
    </section>
  );
}

function Metrics({ card }: { card: RunCard }): JSX.Element | null {
  if (card.metrics.length === 0) {
    return null;
  }
  const more = card.metrics.length - MOST_METRICS;
  return (
    <div className="nbt-card-metrics">
      {card.metrics.slice(0, MOST_METRICS).map(metric => (
        <CardMetric
          key={metric.key}
          metric={metric}
          previous={card.previous_run_name}
          color={runColor(card.run_id)}
        />
      ))}
      {more > 0 ? <span className="nbt-muted">and {more} more</span> : null}
    </div>
  );
}

function Params({ card }: { card: RunCard }): JSX.Element | null {
  const { params, artifact_count: artifacts } = card;
  if (params.length === 0 && artifacts === 0) {
    return null;
  }
  const more = params.length - MOST_PARAMS;
  return (
    <div className="nbt-card-params">
      {params.slice(0, MOST_PARAMS).map(({ key, value, origin }) => (
        <span
          key={key}
          className="nbt-chip"
          title={`${key} = ${value}\n${originText(origin)}`}
        >
          <span className="nbt-muted">{key}</span> {value}
        </span>
      ))}
      {more > 0 ? <span className="nbt-muted">and {more} more</span> : null}
      {artifacts > 0 ? (
        <span className="nbt-muted nbt-card-artifacts">
          {plural(artifacts, 'artifact')}
        </span>
      ) : null}
    </div>
  );
}
