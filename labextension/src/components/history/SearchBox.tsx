/** What to look for in the history, and in which notebooks. */

import * as React from 'react';

import { IconButton } from '../common/Icon';
import type { ISearchActions, ISearchView } from './types';

export interface ISearchBoxProps {
  view: ISearchView;
  actions: ISearchActions;
}

export function SearchBox({ view, actions }: ISearchBoxProps): JSX.Element {
  const input = React.useRef<HTMLInputElement>(null);
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.key === 'Escape') {
      actions.search('');
    } else if (event.key === 'ArrowDown') {
      input.current
        ?.closest('.nbt-history')
        ?.querySelector<HTMLElement>('[data-match], [data-line][tabindex="0"]')
        ?.focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="nbt-search" role="search">
      <div className="nbt-search-line">
        <input
          ref={input}
          className="nbt-input nbt-search-input"
          type="search"
          value={view.text}
          placeholder="Search all versions"
          aria-label="Search code, text and outputs of all versions"
          data-testid="nbtrack-history-search"
          onChange={event => actions.search(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {view.text ? (
          <IconButton
            icon="close"
            label="Clear the search"
            testId="nbtrack-history-search-clear"
            onClick={() => {
              actions.search('');
              input.current?.focus();
            }}
          />
        ) : null}
      </div>
      {view.text ? (
        <div className="nbt-history-filters" role="group" aria-label="Where to search">
          <button
            type="button"
            className="nbt-filter-chip"
            aria-pressed={view.everywhere}
            title="Also in the histories of all other notebooks"
            data-testid="nbtrack-search-everywhere"
            onClick={() => actions.setEverywhere(!view.everywhere)}
          >
            All notebooks
          </button>
        </div>
      ) : null}
    </div>
  );
}
