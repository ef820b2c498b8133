/** Params, metrics and the rest, one row each over the runs. */

import * as React from 'react';

import type { ComparedRow, Comparison, RunSummary } from '../../api/generated';
import {
  byKey,
  formatChange,
  formatDuration,
  formatInstant,
  formatNumber,
  plural,
  toNumber
} from '../../model/format';
import {
  type IRunLook,
  isSystemMetric,
  runState,
  STATE_LABELS
} from '../../model/runsLook';
import { type IRunActions } from '../common/actions';
import { Icon, IconButton } from '../common/Icon';
import { StateDot } from '../common/StateDot';

export interface ICompareTableProps {
  comparison: Comparison;
  looks: ReadonlyMap<string, IRunLook>;
  actions: IRunActions;
  onRemove: (runId: string) => void;
}

type GroupKind = ComparedRow['kind'] | 'system';

const GROUPS: readonly [GroupKind, string][] = [
  ['metric', 'Metrics'],
  ['param', 'Params'],
  ['data', 'Data read'],
  ['module', 'Local modules'],
  ['package', 'Packages'],
  ['environment', 'Environment'],
  ['tag', 'Tags'],
  ['attribute', 'About the run'],
  ['system', 'System metrics']
];

function groupOf({ kind, key }: ComparedRow): GroupKind {
  return kind === 'metric' && isSystemMetric(key) ? 'system' : kind;
}

const ATTRIBUTE_LABELS: Readonly<Record<string, string>> = {
  status: 'Status',
  started_at: 'Started',
  duration: 'Duration',
  experiment: 'Experiment',
  source: 'Source',
  user: 'Who',
  cell: 'Cell id',
  revision: 'Revision',
  error: 'Error'
};

const ENVIRONMENT_LABELS: Readonly<Record<string, string>> = {
  python: 'Python',
  platform: 'Platform',
  cpu_count: 'Processors',
  git_commit: 'Git commit',
  git_branch: 'Git branch',
  uncommitted: 'Uncommitted changes'
};

/** Kinds whose order the server knows better: attributes, and packages that were imported. */
const ORDERED: ReadonlySet<ComparedRow['kind']> = new Set(['attribute', 'package']);

export function CompareTable(props: ICompareTableProps): JSX.Element {
  const { runs } = props.comparison;
  const rows = withoutCellIds(props.comparison.rows);
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
              rows={inOrder(shown.filter(row => groupOf(row) === kind))}
              runs={runs}
            />
          ))}
        </table>
        {shown.length ? null : (
          <p className="nbt-muted">Nothing that was recorded of these runs differs.</p>
        )}
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
      style={
        { '--nbt-run-color': props.looks.get(run.run_id)?.color } as React.CSSProperties
      }
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
  runs: readonly RunSummary[];
}

function Group({ title, rows, runs }: IGroupProps): JSX.Element | null {
  if (rows.length === 0) {
    return null;
  }
  return (
    <tbody>
      <tr className="nbt-compare-group">
        <th scope="colgroup" className="nbt-compare-key">
          {title}
        </th>
        <td colSpan={runs.length} />
      </tr>
      {rows.map(row => (
        <tr
          key={row.key}
          className={row.differs ? 'nbt-differs' : undefined}
          data-testid={`nbtrack-compare-row-${row.kind}-${row.key}`}
        >
          <th scope="row" className="nbt-compare-key">
            {rowLabel(row)}
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
          {runs.map((run, index) => (
            <Value key={run.run_id} row={row} run={run} index={index} />
          ))}
        </tr>
      ))}
    </tbody>
  );
}

/** A cell's id says nothing to people, unless it is all that tells the runs apart. */
function withoutCellIds(rows: readonly ComparedRow[]): readonly ComparedRow[] {
  const readable = rows.filter(
    row => !(row.kind === 'attribute' && row.key === 'cell')
  );
  return readable.some(row => row.differs) ? readable : rows;
}

/** Names that were logged are sorted as people count. */
function inOrder(rows: ComparedRow[]): ComparedRow[] {
  return rows[0] && ORDERED.has(rows[0].kind)
    ? rows
    : rows.sort((a, b) => Number(b.differs) - Number(a.differs) || byKey(a, b));
}

function rowLabel({ kind, key }: ComparedRow): string {
  const labels = { attribute: ATTRIBUTE_LABELS, environment: ENVIRONMENT_LABELS }[
    kind as string
  ];
  return labels?.[key] ?? key;
}

function attributeText(key: string, value: string, run: RunSummary): string {
  switch (key) {
    case 'status':
      return STATE_LABELS[runState(run)];
    case 'started_at':
      return formatInstant(value);
    case 'duration':
      return run.duration_s === null ? value : formatDuration(run.duration_s);
    default:
      return value;
  }
}

interface IValueProps {
  row: ComparedRow;
  run: RunSummary;
  index: number;
}

function Value({ row, run, index }: IValueProps): JSX.Element {
  const value = row.values[index] ?? null;
  if (value === null) {
    return (
      <td className="nbt-muted" aria-label="none">
        –
      </td>
    );
  }
  if (row.kind !== 'metric') {
    const plain = String(value);
    const text = row.kind === 'attribute' ? attributeText(row.key, plain, run) : plain;
    return <td title={text}>{text}</td>;
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
