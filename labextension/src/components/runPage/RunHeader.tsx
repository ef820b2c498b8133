/** The page's head: name, state, and what can be done with the run. */

import * as React from 'react';

import type { RunSummary } from '../../api/generated';
import { formatAge, formatDuration, formatInstant } from '../../model/format';
import { runColor, runDuration, runState, STATE_LABELS } from '../../model/runsLook';
import { type IRunActions } from '../common/actions';
import { Icon, IconButton, type IconName } from '../common/Icon';
import { StateDot } from '../common/StateDot';
import { useNow } from '../common/useNow';

export interface IRunHeaderProps {
  run: RunSummary;
  actions: IRunActions;
  onRename: (name: string) => void;
  onDelete: () => void;
  onRefresh: () => void;
}

export function RunHeader(props: IRunHeaderProps): JSX.Element {
  const { run, actions } = props;
  const { cell_id: cellId, revision_id: revisionId } = run;
  const now = useNow(run.status === 'RUNNING');
  const duration = runDuration(run, now);
  const state = runState(run);
  return (
    <header
      className="nbt-page-head"
      style={{ '--nbt-run-color': runColor(run.run_id) } as React.CSSProperties}
    >
      <RunName name={run.run_name} onRename={props.onRename} />
      <div className="nbt-page-line">
        <StateDot state={state} />
        <span data-testid="nbtrack-run-state">{STATE_LABELS[state]}</span>
        {duration === null ? null : <span>· {formatDuration(duration)}</span>}
        <span>
          ·{' '}
          <time dateTime={run.started_at} title={formatInstant(run.started_at)}>
            {formatAge(run.started_at, now)}
          </time>
        </span>
        <span>· {run.user_id}</span>
        <span>· {run.experiment_name}</span>
      </div>
      <div className="nbt-page-actions" role="toolbar" aria-label="Run">
        {cellId === null ? null : (
          <Action
            icon="cell"
            text="Go to cell"
            testId="nbtrack-go-to-cell"
            onClick={() => actions.jumpToCell({ ...run, cell_id: cellId })}
          />
        )}
        {revisionId === null ? null : (
          <Action
            icon="history"
            text={
              run.revision_number === null
                ? 'Revision'
                : `Revision r${run.revision_number}`
            }
            testId="nbtrack-go-to-revision"
            onClick={() => actions.openRevision(revisionId)}
          />
        )}
        <Action
          icon="refresh"
          text="Refresh"
          testId="nbtrack-run-refresh"
          onClick={props.onRefresh}
        />
        {run.lifecycle_stage === 'active' ? (
          <Action
            icon="trash"
            text="Delete"
            testId="nbtrack-run-delete"
            onClick={props.onDelete}
          />
        ) : null}
      </div>
    </header>
  );
}

function Action(props: {
  icon: IconName;
  text: string;
  testId: string;
  onClick: () => void;
}): JSX.Element {
  return (
    <button
      type="button"
      className="nbt-button nbt-button-plain"
      data-testid={props.testId}
      onClick={props.onClick}
    >
      <Icon name={props.icon} /> {props.text}
    </button>
  );
}

function RunName(props: {
  name: string;
  onRename: (name: string) => void;
}): JSX.Element {
  const [text, setText] = React.useState<string | null>(null);
  if (text === null) {
    return (
      <h1 className="nbt-page-title">
        <span data-testid="nbtrack-run-title">{props.name}</span>
        <IconButton
          icon="edit"
          label="Rename run"
          testId="nbtrack-rename"
          onClick={() => setText(props.name)}
        />
      </h1>
    );
  }
  const save = (): void => {
    const name = text.trim();
    if (name && name !== props.name) {
      props.onRename(name);
    }
    setText(null);
  };
  return (
    <input
      className="nbt-input nbt-page-title"
      aria-label="Run name"
      data-testid="nbtrack-rename-input"
      autoFocus
      value={text}
      onFocus={event => event.target.select()}
      onChange={event => setText(event.target.value)}
      onBlur={save}
      onKeyDown={event => {
        if (event.key === 'Enter') {
          save();
        } else if (event.key === 'Escape') {
          setText(null);
        }
      }}
    />
  );
}
