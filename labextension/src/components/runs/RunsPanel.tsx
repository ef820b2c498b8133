/** The sidebar's Runs section: scope, filter, columns, the table, and what can be done. */

import * as React from 'react';

import { plural } from '../../model/format';
import { type IRunsState, type RunScope } from '../../model/runs';
import {
  availableColumns,
  columnsById,
  defaultColumns,
  type IOrder
} from '../../model/runsColumns';
import { type SelectMode } from '../../model/runsSelection';
import { type IRunActions } from '../common/actions';
import { Button } from '../common/Button';
import { IconButton } from '../common/Icon';
import { Loading } from '../common/Message';
import { ColumnChooser } from './ColumnChooser';
import { EmptyRuns } from './EmptyRuns';
import { FilterBox } from './FilterBox';
import { RunTable } from './RunTable';

export interface IRunsPanelProps {
  state: IRunsState;
  actions: IRunActions;
  onScope: (scope: RunScope) => void;
  onFilter: (filter: string) => void;
  onInCode: (inCode: boolean) => void;
  onOrder: (order: IOrder) => void;
  onColumns: (ids: readonly string[] | null) => void;
  onSelect: (runId: string, mode: SelectMode) => void;
  onSelectAll: () => void;
  onClearSelection: () => void;
  onRefresh: () => void;
  onLoadMore: () => void;
  onDelete: (runIds: readonly string[]) => void;
  onUndoDelete: () => void;
  onForgetDeleted: () => void;
  onTrackCell: () => void;
}

/** How long the panel offers to undo a deletion. */
const UNDO_MS = 20_000;

const SCOPES: readonly [RunScope, string][] = [
  ['notebook', 'This notebook'],
  ['all', 'All runs']
];

export function RunsPanel(props: IRunsPanelProps): JSX.Element {
  const { state } = props;
  const [choosing, setChoosing] = React.useState(false);
  const tools = React.useRef<HTMLDivElement>(null);
  const closeChooser = React.useCallback(() => {
    setChoosing(false);
    tools.current?.querySelector<HTMLElement>('[aria-expanded]')?.focus();
  }, []);
  const runs = React.useMemo(() => state.runs ?? [], [state.runs]);
  const columns = React.useMemo(
    () => (state.columns ? columnsById(state.columns) : defaultColumns(runs)),
    [state.columns, runs]
  );
  return (
    <div className="nbt-runs" data-testid="nbtrack-runs-panel">
      <div ref={tools} className="nbt-bar">
        <div className="nbt-segments" role="group" aria-label="Which runs">
          {SCOPES.map(([scope, label]) => (
            <button
              key={scope}
              type="button"
              className="nbt-segment"
              aria-pressed={state.scope === scope}
              data-testid={`nbtrack-scope-${scope}`}
              onClick={() => props.onScope(scope)}
            >
              {label}
            </button>
          ))}
        </div>
        <span className="nbt-grow" />
        <IconButton
          icon="columns"
          label="Choose columns"
          testId="nbtrack-columns"
          expanded={choosing}
          onClick={() => setChoosing(!choosing)}
        />
        <IconButton
          icon="refresh"
          label="Refresh runs"
          testId="nbtrack-refresh"
          onClick={props.onRefresh}
        />
      </div>
      <FilterBox
        filter={state.filter}
        inCode={state.inCode}
        error={state.filterError}
        isLoading={state.isLoading}
        onFilter={props.onFilter}
        onInCode={props.onInCode}
      />
      {choosing ? (
        <ColumnChooser
          available={availableColumns(runs)}
          shown={columns}
          isAutomatic={state.columns === null}
          onChange={props.onColumns}
          onClose={closeChooser}
        />
      ) : null}
      <SelectionBar {...props} />
      <div className="nbt-runs-body">
        {state.error ? (
          <div
            className="nbt-banner nbt-banner-error"
            role="alert"
            data-testid="nbtrack-error"
          >
            <span>{state.error}</span>
            <Button onClick={props.onRefresh}>Try again</Button>
          </div>
        ) : null}
        {runs.length ? (
          <RunTable
            runs={runs}
            columns={columns}
            order={state.order}
            selected={state.selection.selected}
            label={state.scope === 'all' ? 'All runs' : 'Runs of this notebook'}
            onOrder={props.onOrder}
            onSelect={props.onSelect}
            onSelectAll={props.onSelectAll}
            onClearSelection={props.onClearSelection}
            onOpen={props.actions.openRun}
            onDelete={props.onDelete}
            onNearEnd={props.onLoadMore}
          />
        ) : (
          <EmptyRuns {...props} />
        )}
        {runs.length === 0 && state.runs === null && state.isLoading ? (
          <Loading label="Reading runs" />
        ) : null}
        {state.nextPageToken && runs.length ? (
          <div className="nbt-more">
            <Button
              onClick={props.onLoadMore}
              disabled={state.isLoading}
              testId="nbtrack-more"
            >
              Load more
            </Button>
            <span className="nbt-muted">
              {runs.length} of {state.total}
            </span>
          </div>
        ) : null}
      </div>
      <UndoBar {...props} />
    </div>
  );
}

function SelectionBar(props: IRunsPanelProps): JSX.Element | null {
  const { runs, total, selection } = props.state;
  const selected = [...selection.selected];
  if (selected.length === 0) {
    // It keeps its place: rows must not move under the pointer when the first is selected.
    return runs?.length ? (
      <div className="nbt-bar nbt-selection-bar nbt-muted">{plural(total, 'run')}</div>
    ) : null;
  }
  const isPair = selected.length > 1;
  return (
    <div
      className="nbt-bar nbt-selection-bar"
      role="toolbar"
      aria-label="Selected runs"
    >
      <span aria-live="polite">{selected.length} selected</span>
      <span className="nbt-grow" />
      <Button
        kind="primary"
        disabled={!isPair}
        title={isPair ? undefined : 'Select two or more runs'}
        testId="nbtrack-compare"
        onClick={() => props.actions.compare(selected)}
      >
        Compare
      </Button>
      <IconButton
        icon="trash"
        label={`Delete ${plural(selected.length, 'run')}`}
        testId="nbtrack-delete"
        onClick={() => props.onDelete(selected)}
      />
      <IconButton
        icon="close"
        label="Clear selection"
        onClick={props.onClearSelection}
      />
    </div>
  );
}

function UndoBar(props: IRunsPanelProps): JSX.Element | null {
  const { deleted } = props.state;
  const { onForgetDeleted } = props;
  const [first] = deleted;
  React.useEffect(() => {
    if (deleted.length === 0) {
      return undefined;
    }
    const timer = window.setTimeout(onForgetDeleted, UNDO_MS);
    return () => window.clearTimeout(timer);
  }, [deleted, onForgetDeleted]);
  if (!first) {
    return null;
  }
  const what = deleted.length === 1 ? first.run_name : plural(deleted.length, 'run');
  return (
    <div className="nbt-toast" role="status" data-testid="nbtrack-undo-bar">
      <span>Deleted {what}.</span>
      <span className="nbt-grow" />
      <Button testId="nbtrack-undo-delete" onClick={props.onUndoDelete}>
        Undo
      </Button>
      <IconButton icon="close" label="Dismiss" onClick={onForgetDeleted} />
    </div>
  );
}
