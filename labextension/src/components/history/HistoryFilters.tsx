/** Which revisions are listed, as chips that are pressed; one more takes all of them away. */

import * as React from 'react';

import { Icon } from '../common/Icon';
import { plural } from '../../model/format';
import {
  type IHistoryActions,
  type IHistoryView,
  isFiltered,
  NO_FILTER
} from './types';

export interface IHistoryFiltersProps {
  view: IHistoryView;
  actions: Pick<IHistoryActions, 'setFilter'>;
}

type Switch = 'cell' | 'runs' | 'errors' | 'named';

const SWITCHES: readonly [Switch, string, string][] = [
  ['cell', 'This cell', 'Only revisions that changed the selected cell'],
  ['runs', 'With runs', 'Only revisions that runs ran from'],
  ['errors', 'With errors', 'Only revisions that a cell failed from'],
  ['named', 'Checkpoints', 'Only named revisions']
];

export function HistoryFilters({ view, actions }: IHistoryFiltersProps): JSX.Element {
  const { filter, timeline } = view;
  return (
    <div
      className="nbt-history-filters"
      role="group"
      aria-label="Which revisions"
      data-testid="nbtrack-history-filters"
    >
      {SWITCHES.map(([name, label, title]) => (
        <button
          key={name}
          type="button"
          className="nbt-filter-chip"
          aria-pressed={filter[name]}
          title={title}
          disabled={name === 'cell' && !filter.cell && !view.hasCell}
          data-testid={`nbtrack-filter-${name}`}
          onClick={() => actions.setFilter({ [name]: !filter[name] })}
        >
          {label}
        </button>
      ))}
      <AuthorChip view={view} actions={actions} />
      {isFiltered(filter) ? (
        <span className="nbt-history-found">
          <span role="status" data-testid="nbtrack-history-found">
            {timeline
              ? `${timeline.numbers.length} of ${plural(view.total, 'revision')}`
              : 'Looking…'}
          </span>
          <button
            type="button"
            className="nbt-filter-chip nbt-filter-chip-clear"
            data-testid="nbtrack-filter-clear"
            onClick={() => actions.setFilter(NO_FILTER)}
          >
            <Icon name="close" /> Clear
          </button>
        </span>
      ) : null}
    </div>
  );
}

/** Nothing to choose where one person made all revisions. */
function AuthorChip({ view, actions }: IHistoryFiltersProps): JSX.Element | null {
  const { author } = view.filter;
  const authors = view.timeline?.authors ?? (author === null ? [] : [author]);
  if (authors.length < 2 && author === null) {
    return null;
  }
  return (
    <select
      className="nbt-filter-chip nbt-filter-chip-select"
      aria-label="By whom"
      data-testid="nbtrack-filter-author"
      data-pressed={author !== null}
      value={author ?? ''}
      onChange={event => actions.setFilter({ author: event.target.value || null })}
    >
      <option value="">By anyone</option>
      {authors.map(name => (
        <option key={name} value={name}>
          By {name}
        </option>
      ))}
    </select>
  );
}
