/** What the Runs section says when there is no run to show. */

import * as React from 'react';

import { type IRunsState, type RunScope } from '../../model/runs';
import { Button } from '../common/Button';
import { Message } from '../common/Message';

export interface IEmptyRunsProps {
  state: IRunsState;
  onScope: (scope: RunScope) => void;
  onFilter: (filter: string) => void;
  onTrackCell: () => void;
}

export function EmptyRuns(props: IEmptyRunsProps): JSX.Element | null {
  const { state } = props;
  if (state.scope === 'notebook' && state.path === null) {
    return (
      <Message title="No notebook is open" testId="nbtrack-empty-no-notebook">
        <p>Open a notebook to see its runs.</p>
        <Button onClick={() => props.onScope('all')}>Show all runs</Button>
      </Message>
    );
  }
  if (state.runs === null || state.error || state.filterError) {
    return null;
  }
  if (state.filter.trim()) {
    return (
      <Message
        title={
          state.inCode
            ? 'No run has these words in its code'
            : 'No run matches the filter'
        }
        testId="nbtrack-empty-filter"
      >
        <Button onClick={() => props.onFilter('')}>Clear filter</Button>
      </Message>
    );
  }
  return (
    <Message
      title={state.scope === 'all' ? 'No runs yet' : 'No runs in this notebook yet'}
      testId="nbtrack-empty-no-runs"
    >
      <p>
        Put this line at the top of a cell that trains or measures something, and run
        the cell:
      </p>
      <pre className="nbt-snippet">%%track</pre>
      {state.path === null ? null : (
        <Button
          kind="primary"
          testId="nbtrack-insert-track"
          onClick={props.onTrackCell}
        >
          Track the selected cell
        </Button>
      )}
      {state.scope === 'notebook' ? (
        <Button onClick={() => props.onScope('all')}>Show all runs</Button>
      ) : null}
    </Message>
  );
}
