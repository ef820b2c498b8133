/** One run as a row: who it is and how it stands, then its columns. */

import * as React from 'react';

import type { RunSummary } from '../../api/generated';
import {
  formatAge,
  formatChange,
  formatDuration,
  formatInstant,
  formatNumber,
  toNumber
} from '../../model/format';
import { type IBest } from '../../model/runsBest';
import { cellText, type IColumn, metricOf } from '../../model/runsColumns';
import { runColor, runDuration, runState } from '../../model/runsLook';
import { type SelectMode } from '../../model/runsSelection';
import { Icon } from '../common/Icon';
import { StateDot } from '../common/StateDot';

export interface IRunRowProps {
  run: RunSummary;
  /** Its place among all rows, the head included, from 1. */
  rowIndex: number;
  columns: readonly IColumn[];
  best: ReadonlyMap<string, IBest>;
  now: number;
  isSelected: boolean;
  tabIndex: number;
  onFocus: (runId: string) => void;
  onSelect?: (runId: string, mode: SelectMode) => void;
  onOpen: (runId: string) => void;
}

export function RunRow(props: IRunRowProps): JSX.Element {
  const { run, isSelected, onSelect } = props;
  const duration = runDuration(run, props.now);
  // First, or a narrow sidebar cuts it off; how a stopped run was stopped is no fault.
  const fault = run.status === 'FAILED' ? run.error_name : null;
  const onClick = (event: React.MouseEvent): void => {
    const toggles = event.ctrlKey || event.metaKey;
    onSelect?.(run.run_id, event.shiftKey ? 'range' : toggles ? 'toggle' : 'only');
  };
  return (
    <tr
      className={isSelected ? 'nbt-run-row nbt-selected' : 'nbt-run-row'}
      aria-selected={isSelected}
      aria-rowindex={props.rowIndex}
      data-run-id={run.run_id}
      data-testid="nbtrack-run-row"
      data-state={runState(run)}
      tabIndex={props.tabIndex}
      onClick={onClick}
      onDoubleClick={() => props.onOpen(run.run_id)}
      onFocus={() => props.onFocus(run.run_id)}
      onMouseDown={event => {
        // A range is not a text selection.
        if (event.shiftKey) {
          event.preventDefault();
        }
      }}
    >
      <td
        className="nbt-run-cell-name"
        style={{ '--nbt-run-color': runColor(run.run_id) } as React.CSSProperties}
      >
        <div className="nbt-run-identity">
          {onSelect ? (
            <input
              type="checkbox"
              tabIndex={-1}
              checked={isSelected}
              aria-label={`Select ${run.run_name}`}
              onClick={event => event.stopPropagation()}
              onChange={() => onSelect(run.run_id, 'toggle')}
            />
          ) : null}
          <StateDot state={runState(run)} />
          <div className="nbt-run-text">
            <button
              type="button"
              tabIndex={-1}
              className="nbt-link nbt-run-name"
              title={`Open ${run.run_name}`}
              onClick={event => {
                event.stopPropagation();
                props.onOpen(run.run_id);
              }}
            >
              {run.run_name}
            </button>
            <div className="nbt-run-when nbt-muted">
              {run.parent_run_id === null ? null : (
                <span role="img" aria-label="child run" title="Child run">
                  ↳{' '}
                </span>
              )}
              {fault ? (
                <span className="nbt-error-text" title={run.error_message ?? undefined}>
                  {fault} ·{' '}
                </span>
              ) : null}
              <time dateTime={run.started_at} title={formatInstant(run.started_at)}>
                {formatAge(run.started_at, props.now)}
              </time>
              {duration === null ? null : <span> · {formatDuration(duration)}</span>}
            </div>
          </div>
        </div>
      </td>
      {props.columns.map(item =>
        item.kind === 'metric' ? (
          <MetricCell
            key={item.id}
            run={run}
            metric={item.key}
            best={props.best.get(item.id)}
          />
        ) : (
          <TextCell key={item.id} run={run} column={item} />
        )
      )}
    </tr>
  );
}

function TextCell({ run, column }: { run: RunSummary; column: IColumn }): JSX.Element {
  const text = cellText(run, column);
  return (
    <td className={`nbt-run-cell-${column.kind}`} title={text ?? undefined}>
      {text ?? <Absent />}
    </td>
  );
}

function MetricCell(props: {
  run: RunSummary;
  metric: string;
  best: IBest | undefined;
}): JSX.Element {
  const { run, best } = props;
  const metric = metricOf(run, props.metric);
  if (!metric) {
    return (
      <td className="nbt-run-cell-metric">
        <Absent />
      </td>
    );
  }
  const value = toNumber(metric.last);
  const isBest = best?.runId === run.run_id;
  const change = best && !isBest ? value - best.value : NaN;
  return (
    <td className="nbt-run-cell-metric" title={`${props.metric}: ${value}`}>
      <div className={isBest ? 'nbt-best' : undefined}>
        {isBest ? (
          <span
            className="nbt-best-mark"
            role="img"
            aria-label="best"
            title="Best of these runs"
          >
            <Icon name="star" />
          </span>
        ) : null}
        {formatNumber(value)}
      </div>
      {Number.isFinite(change) && change !== 0 ? (
        <div className="nbt-change nbt-muted" title="Against the best of these runs">
          {formatChange(change)}
        </div>
      ) : null}
    </td>
  );
}

function Absent(): JSX.Element {
  return (
    <span className="nbt-muted" aria-label="none">
      –
    </span>
  );
}
