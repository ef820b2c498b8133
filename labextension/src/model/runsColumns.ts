/** The columns of a run table: which there are, what they hold, how the server sorts by them. */

import type { MetricInfo, RunSummary } from '../api/generated';
import { isSystemMetric } from './runsLook';

export type ColumnKind = 'attribute' | 'param' | 'metric' | 'tag';

export interface IColumn {
  /** As the search grammar names it, such as `metrics.acc`. */
  id: string;
  kind: ColumnKind;
  key: string;
  label: string;
}

export interface IOrder {
  columnId: string;
  descending: boolean;
}

const PREFIXES: Record<ColumnKind, string> = {
  attribute: 'attributes',
  param: 'params',
  metric: 'metrics',
  tag: 'tags'
};

export function column(kind: ColumnKind, key: string, label = key): IColumn {
  return { id: `${PREFIXES[kind]}.${key}`, kind, key, label };
}

export const NAME = column('attribute', 'run_name', 'Name');
export const STARTED = column('attribute', 'start_time', 'Started');
export const DURATION = column('attribute', 'duration_s', 'Duration');

/** Attributes that can be added as columns; name, start and duration are always shown. */
const ATTRIBUTES = [
  column('attribute', 'status', 'Status'),
  column('attribute', 'experiment_name', 'Experiment'),
  column('attribute', 'user_id', 'Who'),
  column('attribute', 'source_name', 'Source'),
  column('attribute', 'revision_number', 'Revision')
];

/** A column that is this many times rarer than the most frequent must be asked for. */
const RARE = 10;

export const NEWEST_FIRST: IOrder = { columnId: STARTED.id, descending: true };

/** Every column the given runs could fill: params and metrics first, as logged. */
export function availableColumns(runs: readonly RunSummary[]): IColumn[] {
  const found = new Map<string, IColumn>();
  const add = (item: IColumn) => found.set(item.id, found.get(item.id) ?? item);
  runs.forEach(run => run.metrics.forEach(metric => add(column('metric', metric.key))));
  runs.forEach(run => run.params.forEach(param => add(column('param', param.key))));
  ATTRIBUTES.forEach(add);
  runs.forEach(run => Object.keys(run.tags).forEach(key => add(column('tag', key))));
  return [...found.values()];
}

/**
 * Metrics that most runs have, then params that differ: what one looks for first. Where no
 * param differs, as in a run alone, they are shown as they are.
 */
export function defaultColumns(runs: readonly RunSummary[]): IColumn[] {
  const columns = availableColumns(runs);
  const share = (item: IColumn) =>
    runs.filter(run => cellText(run, item) !== null).length;
  const frequent = (kind: ColumnKind) => {
    const counted = columns
      .filter(item => item.kind === kind)
      .map((item, index) => ({ item, index, count: share(item) }))
      .sort((a, b) => b.count - a.count || a.index - b.index);
    const most = counted[0]?.count ?? 0;
    return counted.filter(({ count }) => count * RARE >= most).map(({ item }) => item);
  };
  const params = frequent('param');
  const differing = params.filter(
    item => new Set(runs.flatMap(run => cellText(run, item) ?? [])).size > 1
  );
  const shown = differing.length ? differing : params;
  const metrics = frequent('metric').filter(item => !isSystemMetric(item.key));
  return [...metrics.slice(0, 3), ...shown.slice(0, 4)];
}

/** The chosen columns; ids of columns that no loaded run fills stay chosen. */
export function columnsById(ids: readonly string[]): IColumn[] {
  return ids.map(id => {
    const known = ATTRIBUTES.find(item => item.id === id);
    if (known) {
      return known;
    }
    const dot = id.indexOf('.');
    const prefix = id.slice(0, dot);
    const kind = (Object.keys(PREFIXES) as ColumnKind[]).find(
      name => PREFIXES[name] === prefix
    );
    return column(kind ?? 'tag', id.slice(dot + 1));
  });
}

export function metricOf(run: RunSummary, key: string): MetricInfo | undefined {
  return run.metrics.find(metric => metric.key === key);
}

/** What a run has in a column that is not a metric's, as text; null where it has nothing. */
export function cellText(run: RunSummary, item: IColumn): string | null {
  switch (item.kind) {
    case 'metric':
      return metricOf(run, item.key)?.last.toString() ?? null;
    case 'param':
      return run.params.find(param => param.key === item.key)?.value ?? null;
    case 'tag':
      return run.tags[item.key] ?? null;
    case 'attribute':
      return attributeText(run, item.key);
  }
}

function attributeText(run: RunSummary, key: string): string | null {
  switch (key) {
    case 'status':
      return run.status;
    case 'experiment_name':
      return run.experiment_name;
    case 'user_id':
      return run.user_id;
    case 'source_name':
      return run.notebook_path ?? run.source_name;
    case 'revision_number':
      return run.revision_number === null ? null : `r${run.revision_number}`;
    default:
      return null;
  }
}

/** The order as the server's clause: `metrics.acc DESC`. */
export function orderClause(order: IOrder): string {
  return `${quoteKey(order.columnId)} ${order.descending ? 'DESC' : 'ASC'}`;
}

function quoteKey(columnId: string): string {
  const dot = columnId.indexOf('.');
  const key = columnId.slice(dot + 1);
  return /^[A-Za-z_][\w.]*$/.test(key)
    ? columnId
    : `${columnId.slice(0, dot)}.\`${key}\``;
}

/** What a header does when it is clicked: metrics and times begin with the greatest. */
export function nextOrder(item: IColumn, order: IOrder): IOrder {
  if (order.columnId === item.id) {
    return { columnId: item.id, descending: !order.descending };
  }
  const texts = item.kind !== 'metric' && item !== STARTED && item !== DURATION;
  return { columnId: item.id, descending: !texts };
}

const GRAMMAR = /[<>=!]|\b(like|ilike|in|is|not)\b.*['"(\d]/i;

/** Plain words look for runs by name; anything with an operator is the search grammar. */
export function filterClause(text: string): string {
  const words = text.trim();
  if (!words || GRAMMAR.test(words)) {
    return words;
  }
  const escaped = words.replace(/\\/g, '\\\\').replace(/'/g, "''");
  return `attributes.run_name ILIKE '%${escaped}%'`;
}
