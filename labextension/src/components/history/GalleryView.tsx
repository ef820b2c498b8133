/** Every picture that a notebook showed. Arrow keys move between them, Enter opens one. */

import * as React from 'react';

import type { FigureInfo } from '../../api/generated';
import { formatAge, formatInstant } from '../../model/format';
import type { IGalleryState } from '../../model/gallery';
import { Button } from '../common/Button';
import { Loading, Message } from '../common/Message';
import { NearEnd } from '../common/NearEnd';
import { useNow } from '../common/useNow';

export interface IGalleryActions {
  /** Where a picture can be read from. */
  url: (figure: FigureInfo) => string;
  open: (figure: FigureInfo) => void;
  openRevision: (figure: FigureInfo) => void;
  more: () => void;
  refresh: () => void;
}

export interface IGalleryProps {
  state: IGalleryState;
  actions: IGalleryActions;
}

export function GalleryView({ state, actions }: IGalleryProps): JSX.Element {
  const { figures, status } = state;
  const now = useNow(false);
  const grid = React.useRef<HTMLDivElement>(null);
  const [current, setCurrent] = React.useState<string | null>(null);
  const stop = figures.some(({ digest }) => digest === current)
    ? current
    : figures[0]?.digest;

  const onKeyDown = (event: React.KeyboardEvent): void => {
    const tiles = [
      ...(grid.current?.querySelectorAll<HTMLElement>('[data-figure]') ?? [])
    ];
    const index = tiles.indexOf(event.target as HTMLElement);
    if (index < 0) {
      return;
    }
    const row = columns(tiles);
    const moves: Record<string, number> = {
      ArrowRight: index + 1,
      ArrowLeft: index - 1,
      ArrowDown: index + row,
      ArrowUp: index - row,
      Home: 0,
      End: tiles.length - 1
    };
    const target = moves[event.key];
    if (target === undefined) {
      return;
    }
    tiles[target]?.focus();
    tiles[target]?.scrollIntoView({ block: 'nearest' });
    event.preventDefault();
    event.stopPropagation();
  };

  if (figures.length === 0) {
    return <NoFigures state={state} actions={actions} />;
  }
  return (
    <div className="nbt-gallery" data-testid="nbtrack-gallery">
      {status === 'error' ? (
        <Message kind="error" title="The figures could not be read anew">
          <p>{state.error}</p>
          <Button onClick={actions.refresh}>Try again</Button>
        </Message>
      ) : null}
      <div
        ref={grid}
        className="nbt-gallery-grid"
        role="group"
        aria-label="Figures, newest first"
        aria-busy={status === 'loading'}
        onKeyDown={onKeyDown}
      >
        {figures.map(figure => (
          <Tile
            key={figure.digest}
            figure={figure}
            now={now}
            isCurrent={figure.digest === stop}
            actions={actions}
            onFocus={() => setCurrent(figure.digest)}
          />
        ))}
      </div>
      {state.nextPageToken === null ? null : (
        <NearEnd
          label="Show older figures"
          loading={status === 'loading'}
          count={figures.length}
          onNear={actions.more}
        />
      )}
    </div>
  );
}

function NoFigures({ state, actions }: IGalleryProps): JSX.Element {
  if (state.status === 'loading') {
    return <Loading label="Reading the figures" />;
  }
  if (state.status === 'error') {
    return (
      <Message kind="error" title="The figures could not be read">
        <p>{state.error}</p>
        <Button onClick={actions.refresh}>Try again</Button>
      </Message>
    );
  }
  return (
    <Message title="No figures yet" testId="nbtrack-gallery-empty">
      <p>Each picture that a cell shows is kept here, from the first run on.</p>
    </Message>
  );
}

interface ITileProps {
  figure: FigureInfo;
  now: number;
  isCurrent: boolean;
  actions: IGalleryActions;
  onFocus: () => void;
}

function Tile({ figure, now, isCurrent, actions, onFocus }: ITileProps): JSX.Element {
  const [failed, setFailed] = React.useState(false);
  const name = `Figure of r${figure.number}, ${formatInstant(figure.shown_at)}`;
  return (
    <figure className="nbt-tile">
      <button
        type="button"
        className="nbt-tile-picture"
        aria-label={name}
        title={`${name}: show the versions of its cell`}
        tabIndex={isCurrent ? 0 : -1}
        data-figure={figure.digest}
        data-testid="nbtrack-figure"
        onFocus={onFocus}
        onClick={() => actions.open(figure)}
      >
        {failed ? (
          <span className="nbt-muted">The picture can’t be read</span>
        ) : (
          <img
            src={actions.url(figure)}
            alt=""
            loading="lazy"
            decoding="async"
            onError={() => setFailed(true)}
          />
        )}
      </button>
      <figcaption>
        <button
          type="button"
          className="nbt-tile-revision"
          tabIndex={-1}
          title={`Open r${figure.number} as read-only beside`}
          onClick={() => actions.openRevision(figure)}
        >
          r{figure.number}
        </button>
        <time dateTime={figure.shown_at} title={formatInstant(figure.shown_at)}>
          {formatAge(figure.shown_at, now)}
        </time>
      </figcaption>
    </figure>
  );
}

/** How many tiles stand beside each other. */
function columns(tiles: readonly HTMLElement[]): number {
  const top = tiles[0]?.getBoundingClientRect().top;
  const next = tiles.findIndex(tile => tile.getBoundingClientRect().top !== top);
  return next < 0 ? tiles.length : next;
}
