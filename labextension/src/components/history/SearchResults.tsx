/** Cells that at some time held what was looked for. Arrow keys move, Enter opens. */

import * as React from 'react';

import type { HistoryMatchInfo } from '../../api/generated';
import { formatAge, formatInstant, plural } from '../../model/format';
import { Button } from '../common/Button';
import { IconButton } from '../common/Icon';
import { Loading, Message } from '../common/Message';
import { NearEnd } from '../common/NearEnd';
import { useNow } from '../common/useNow';
import type { ISearchActions, ISearchView } from './types';

export interface ISearchResultsProps {
  view: ISearchView;
  actions: ISearchActions;
}

export function SearchResults({ view, actions }: ISearchResultsProps): JSX.Element {
  const list = React.useRef<HTMLDivElement>(null);
  const now = useNow(false);
  const { matches, status } = view;

  const onKeyDown = (event: React.KeyboardEvent): void => {
    const rows = [
      ...(list.current?.querySelectorAll<HTMLElement>('[data-match]') ?? [])
    ];
    const index = rows.indexOf(event.target as HTMLElement);
    const match = matches[index];
    if (!match) {
      return;
    }
    const moves: Record<string, number> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      Home: 0,
      End: rows.length - 1
    };
    const target = moves[event.key];
    if (target !== undefined) {
      rows[target]?.focus();
    } else if (event.key === 'Enter' || event.key === ' ') {
      actions.openMatch(match);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  if (status === 'error') {
    return (
      <Message kind="error" title="The search failed" testId="nbtrack-search-error">
        <p>{view.error}</p>
        <Button onClick={actions.searchAgain}>Try again</Button>
      </Message>
    );
  }
  if (matches.length === 0) {
    return status === 'loading' ? (
      <Loading label="Searching" />
    ) : (
      <Message title="Nothing found" testId="nbtrack-search-empty">
        <p>
          {view.everywhere
            ? 'No cell of any notebook ever held these words.'
            : 'No cell of this notebook ever held these words.'}
        </p>
        {view.everywhere ? null : (
          <Button onClick={() => actions.setEverywhere(true)}>
            Search all notebooks
          </Button>
        )}
      </Message>
    );
  }
  return (
    <div
      ref={list}
      className="nbt-history-scroll"
      role="list"
      aria-label="Found in the history"
      aria-busy={status === 'loading'}
      data-testid="nbtrack-search-results"
      onKeyDown={onKeyDown}
    >
      {matches.map((match, index) => (
        <Match
          key={`${match.notebook_id} ${match.cell_id} ${match.part}`}
          match={match}
          now={now}
          isFirst={index === 0}
          showsNotebook={view.everywhere}
          actions={actions}
        />
      ))}
      {view.hasMore ? (
        <NearEnd
          label="Show more"
          loading={status === 'loading'}
          count={matches.length}
          onNear={actions.moreMatches}
        />
      ) : null}
    </div>
  );
}

interface IMatchProps {
  match: HistoryMatchInfo;
  now: number;
  isFirst: boolean;
  showsNotebook: boolean;
  actions: ISearchActions;
}

const ROLES: Record<string, string> = {
  code: 'Code',
  markdown: 'Text',
  raw: 'Raw',
  output: 'Output',
  error: 'Error'
};

function Match({
  match,
  now,
  isFirst,
  showsNotebook,
  actions
}: IMatchProps): JSX.Element {
  const { first_number: first, last_number: last } = match;
  return (
    <div
      className="nbt-match"
      role="listitem"
      tabIndex={isFirst ? 0 : -1}
      aria-label={`${ROLES[match.role] ?? match.role}: ${match.snippet}`}
      data-match={match.cell_id}
      data-testid="nbtrack-match"
      onClick={() => actions.openMatch(match)}
    >
      <div className="nbt-match-head">
        <span className={`nbt-badge nbt-match-${match.role}`}>
          {ROLES[match.role] ?? match.role}
        </span>
        <span>
          {first === last ? `r${first}` : `r${first} – r${last}`}
          {match.is_present ? '' : ', gone'}
        </span>
        <time dateTime={match.found_at} title={formatInstant(match.found_at)}>
          {formatAge(match.found_at, now)}
        </time>
        <span className="nbt-match-tools" onClick={event => event.stopPropagation()}>
          <IconButton
            icon="compare"
            label={`Compare r${match.found_number} with now`}
            tabIndex={-1}
            onClick={() => actions.compareMatch(match)}
          />
        </span>
      </div>
      <code className="nbt-match-line">
        <Marked text={match.snippet} marks={match.marks} />
      </code>
      {match.version_count > 1 || showsNotebook ? (
        <div className="nbt-muted nbt-small">
          {[
            showsNotebook ? (match.notebook_path ?? 'a deleted notebook') : null,
            match.version_count > 1 ? plural(match.version_count, 'version') : null
          ]
            .filter(Boolean)
            .join(', ')}
        </div>
      ) : null}
    </div>
  );
}

/** A text with stretches marked; places count code points. */
function Marked(props: { text: string; marks: readonly number[][] }): JSX.Element {
  const letters = [...props.text];
  const parts: React.ReactNode[] = [];
  let place = 0;
  props.marks.forEach(([start, end], index) => {
    parts.push(letters.slice(place, start).join(''));
    parts.push(<mark key={index}>{letters.slice(start, end).join('')}</mark>);
    place = end ?? place;
  });
  parts.push(letters.slice(place).join(''));
  return <>{parts}</>;
}
