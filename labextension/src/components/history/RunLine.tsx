/** A run that used a revision: state, name and key metric; opens the run. */

import * as React from 'react';

import type { RunMark } from '../../api/generated';
import { formatNumber, toNumber } from '../../model/format';
import { runState } from '../../model/runsLook';
import { StateDot } from '../common/StateDot';

export interface IRunLineProps {
  run: RunMark;
  onOpen: (runId: string) => void;
}

export function RunLine({ run, onOpen }: IRunLineProps): JSX.Element {
  return (
    <button
      type="button"
      className="nbt-run-line"
      title={`Open run ${run.run_name}`}
      data-testid="nbtrack-revision-run"
      onClick={event => {
        event.stopPropagation();
        onOpen(run.run_id);
      }}
    >
      <StateDot state={runState(run)} />
      <span className="nbt-run-line-name">{run.run_name}</span>
      {run.metric ? (
        <span className="nbt-run-line-metric">
          {run.metric.key} <b>{formatNumber(toNumber(run.metric.last))}</b>
        </span>
      ) : null}
    </button>
  );
}
