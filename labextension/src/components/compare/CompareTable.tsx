/** Params, metrics and the rest, one row each over the runs. */

import * as React from 'react';

import type { ComparedRow, Comparison, RunSummary } from '../../api/generated';
import { formatChange, formatNumber, plural, toNumber } from '../../model/format';
import { runColor, runState } from '../../model/runsLook';
import { type IRunActions } from '../common/actions';
import { Icon, IconButton } from '../common/Icon';
import { StateDot } from '../common/StateDot';

export interface ICompareTableProps {
  comparison: Comparison;
  actions: IRunActions;
  onRemove: (runId: string) => void;
}

const GROUPS: readonly [ComparedRow['kind'], string][] = [
  ['metric', 'Metrics'],
  ['param', 'Params'],
  ['attribute', 'About the run'],
  ['tag', 'Tags'],
  ['package', 'Packages']
];

export function CompareTable(props: ICompareTableProps): JSX.Element {
  const { runs, rows } = props.comparison;
  const [onlyDifferences, setOnlyDifferences] = React.useState(true);
  const same = rows.filter(row => !row.differs).length;
  const shown = onlyDifferences ? rows.filter(row => row.differs) : rows;
  return (
    <section aria-label="Differences">
      <div className="nbt-curve-controls">
        <label className="nbt-check">
          <input
            type="checkbox"
            checked={onlyDifferences}
            data-testid="nbtrack-only-differences"
            onChange={event => setOnlyDifferences(event.target.checked)}
          />
          <span>Only differences</span>
        </label>
        <span className="nbt-muted">
          {onlyDifferences && same ? `${plural(same, 'equal row')} hidden` : null}
        </span>
      </div>
      <div className="nbt-scroll nbt-compare" tabIndex={0}>
        <table className="nbt-table" data-testid="nbtrack-compare-table">
          <thead>
            <tr>
              <td className="nbt-compare-key" />
              {runs.map(run => (
                <RunHead key={run.run_id} run={run} {...props} />
              ))}
            </tr>
          </thead>
          {GROUPS.map(([kind, title]) => (
            <Group
              key={kind}
              title={title}
              rows={shown.filter(row => row.kind === kind)}
              width={runs.length}
            />
          ))}
        </table>
        {shown.length ? null : <p className="nbt-muted">These runs do not differ.</p>}
      </div>
    </section>
  );
}

function RunHead(props: ICompareTableProps & { run: RunSummary }): JSX.Element {
  const { run } = props;
  return (
    <th
      scope="col"
      className="nbt-compare-run"
      style={{ '--nbt-run-color': runColor(run.run_id) } as React.CSSProperties}
    >
      <span className="nbt-compare-head">
        <StateDot state={runState(run)} />
        <button
          type="button"
          className="nbt-link nbt-run-name"
          title={`Open ${run.run_name}`}
          onClick={() => props.actions.openRun(run.run_id)}
        >
          {run.run_name}
        </button>
        <IconButton
          icon="close"
          label={`Take ${run.run_name} out of the comparison`}
          onClick={() => props.onRemove(run.run_id)}
        />
      </span>
    </th>
  );
}

interface IGroupProps {
  title: string;
  rows: readonly ComparedRow[];
  width: number;
}

function Group({ title, rows, width }: IGroupProps): JSX.Element | null {
  if (rows.length === 0) {
    return null;
  }
  return (
    <tbody>
      <tr className="nbt-compare-group">
        <th scope="colgroup" className="nbt-compare-key">
          {title}
        </th>
        <td colSpan={width} />
      </tr>
      {rows.map(row => (
        <tr
          key={row.key}
          className={row.differs ? 'nbt-differs' : undefined}
          data-testid={`nbtrack-compare-row-${row.kind}-${row.key}`}
        >
          <th scope="row" className="nbt-compare-key">
            {row.key}
            {row.direction ? (
              <span
                className="nbt-muted"
                title={
                  row.direction === 'max' ? 'Greater is better' : 'Smaller is better'
                }
              >
                {row.direction === 'max' ? ' ↑' : ' ↓'}
              </span>
            ) : null}
          </th>
          {row.values.map((_, index) => (
            <Value key={index} row={row} index={index} />
          ))}
        </tr>
      ))}
    </tbody>
  );
}

function Value({ row, index }: { row: ComparedRow; index: number }): JSX.Element {
  const value = row.values[index] ?? null;
  if (value === null) {
    return (
      <td className="nbt-muted" aria-label="none">
        –
      </td>
    );
  }
  if (row.kind !== 'metric') {
    return <td title={String(value)}>{String(value)}</td>;
  }
  const number = toNumber(value as Parameters<typeof toNumber>[0]);
  const isBest = row.best === index;
  const best = row.best === null ? null : row.values[row.best];
  const change = typeof best === 'number' && !isBest ? number - best : 0;
  return (
    <td className="nbt-number" title={String(value)}>
      <span className={isBest ? 'nbt-best' : undefined}>
        {isBest ? (
          <span className="nbt-best-mark" role="img" aria-label="best" title="Best">
            <Icon name="star" />
          </span>
        ) : null}
        {formatNumber(number)}
      </span>
      {Number.isFinite(change) && change !== 0 ? (
        <span className="nbt-change nbt-muted" title="Against the best">
          {' '}
          {formatChange(change)}
        </span>
      ) : null}
    </td>
  );
}
