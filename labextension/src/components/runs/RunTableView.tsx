/** The table `%runs` shows: the runs of one payload, sorted here. */

import * as React from 'react';

import type { RunTable as RunTablePayload } from '../../api/generated';
import { plural } from '../../model/format';
import { defaultColumns, NEWEST_FIRST } from '../../model/runsColumns';
import { NOTHING_SELECTED, select } from '../../model/runsSelection';
import { sortRuns } from '../../model/runsSort';
import { type IRunActions } from '../common/actions';
import { Button } from '../common/Button';
import { RunTable } from './RunTable';

export interface IRunTableViewProps {
  table: RunTablePayload;
  actions: IRunActions;
}

export function RunTableView({ table, actions }: IRunTableViewProps): JSX.Element {
  const [order, setOrder] = React.useState(NEWEST_FIRST);
  const [selection, setSelection] = React.useState(NOTHING_SELECTED);
  const runs = React.useMemo(() => sortRuns(table.runs, order), [table.runs, order]);
  const columns = React.useMemo(() => defaultColumns(table.runs), [table.runs]);
  const ids = runs.map(run => run.run_id);
  const chosen = [...selection.selected];
  return (
    <section
      className="nbt-runs-output"
      aria-label={table.title}
      data-testid="nbtrack-runs-output"
    >
      <header className="nbt-bar">
        <strong>{table.title}</strong>
        <span className="nbt-muted">
          {runs.length < table.total
            ? `${runs.length} of ${plural(table.total, 'run')}`
            : plural(runs.length, 'run')}
        </span>
        <span className="nbt-grow" />
        {chosen.length > 1 ? (
          <Button kind="primary" onClick={() => actions.compare(chosen)}>
            Compare {chosen.length}
          </Button>
        ) : null}
      </header>
      {runs.length ? (
        <div className="nbt-scroll" tabIndex={-1}>
          <RunTable
            runs={runs}
            columns={columns}
            order={order}
            selected={selection.selected}
            label={table.title}
            onOrder={setOrder}
            onSelect={(id, mode) => setSelection(select(ids, selection, id, mode))}
            onClearSelection={() => setSelection(NOTHING_SELECTED)}
            onOpen={actions.openRun}
          />
        </div>
      ) : (
        <p className="nbt-muted">No runs.</p>
      )}
    </section>
  );
}
