/**
 * All versions of one cell, newest first: what changed in the text, and what it showed.
 *
 * Arrow keys, Home and End move between versions; Enter compares one with now; R restores it.
 */

import * as React from 'react';

import type { CellFrame, RevisionInfo } from '../../api/generated';
import { formatAge, formatInstant, plural } from '../../model/format';
import type { IFilmstripState } from '../../model/filmstrip';
import { Button } from '../common/Button';
import { Icon } from '../common/Icon';
import { Loading, Message } from '../common/Message';
import { NearEnd } from '../common/NearEnd';
import { Rendered, type RenderOutput } from '../common/Rendered';
import { useNow } from '../common/useNow';
import { useSeen } from '../common/useSeen';
import type { Output } from '../diff/Outputs';
import { Source, SourceDiff } from '../diff/SourceDiff';
import type { Highlight } from '../diff/types';
import { LoadedNote, useLoaded } from '../diff/useLoaded';
import { Avatar } from './Avatar';
import { describeReason } from './describe';
import { RunLine } from './RunLine';

export interface IFilmstripActions {
  compare: (revision: RevisionInfo) => void;
  openBeside: (revision: RevisionInfo) => void;
  restore: (revision: RevisionInfo) => void;
  openRun: (runId: string) => void;
  outputs: (revision: RevisionInfo) => Promise<readonly Output[]>;
  more: () => void;
  refresh: () => void;
  showNewest: () => void;
}

export interface IFilmstripProps {
  state: IFilmstripState;
  highlight: Highlight;
  render: RenderOutput;
  actions: IFilmstripActions;
}

export function FilmstripView(props: IFilmstripProps): JSX.Element {
  const { state, actions } = props;
  const { frames } = state;
  const now = useNow(false);
  const list = React.useRef<HTMLDivElement>(null);
  const [current, setCurrent] = React.useState<string | null>(null);
  const stop = frames.some(({ revision }) => revision.revision_id === current)
    ? current
    : frames[0]?.revision.revision_id;

  const onKeyDown = (event: React.KeyboardEvent): void => {
    const shown = [
      ...(list.current?.querySelectorAll<HTMLElement>('[data-frame]') ?? [])
    ];
    const index = shown.indexOf(event.target as HTMLElement);
    const frame = frames[index];
    if (!frame || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const moves: Record<string, number> = {
      ArrowDown: index + 1,
      PageDown: index + 1,
      ArrowUp: index - 1,
      PageUp: index - 1,
      Home: 0,
      End: shown.length - 1
    };
    const target = moves[event.key];
    if (target !== undefined) {
      shown[target]?.focus();
      shown[target]?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      actions.compare(frame.revision);
    } else if (event.key === 'r' && !frame.is_deleted) {
      actions.restore(frame.revision);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  if (frames.length === 0) {
    return <NoFrames state={state} actions={actions} />;
  }
  return (
    <div className="nbt-filmstrip" data-testid="nbtrack-filmstrip">
      {state.status === 'error' ? (
        <Message kind="error" title="The versions could not be read anew">
          <p>{state.error}</p>
          <Button onClick={actions.refresh}>Try again</Button>
        </Message>
      ) : null}
      {state.isPart ? (
        <div className="nbt-filmstrip-part">
          <Button testId="nbtrack-filmstrip-newest" onClick={actions.showNewest}>
            Show newer versions
          </Button>
        </div>
      ) : null}
      <div
        ref={list}
        role="feed"
        aria-label="Versions of the cell, newest first"
        aria-busy={state.status === 'loading' || state.loadingMore}
        onKeyDown={onKeyDown}
      >
        {frames.map((frame, index) => (
          <Frame
            key={frame.revision.revision_id}
            {...props}
            frame={frame}
            older={frames[index + 1] ?? null}
            isOldest={index === frames.length - 1 && state.nextBefore === null}
            place={index + 1}
            now={now}
            isCurrent={frame.revision.revision_id === stop}
            onFocus={() => setCurrent(frame.revision.revision_id)}
          />
        ))}
      </div>
      {state.nextBefore === null ? null : (
        <NearEnd
          label="Show older versions"
          loading={state.loadingMore}
          count={frames.length}
          onNear={actions.more}
        />
      )}
    </div>
  );
}

function NoFrames({
  state,
  actions
}: Pick<IFilmstripProps, 'state' | 'actions'>): JSX.Element {
  if (state.status === 'loading') {
    return <Loading label="Reading the versions of this cell" />;
  }
  if (state.status === 'error') {
    return (
      <Message kind="error" title="The versions of this cell could not be read">
        <p>{state.error}</p>
        <Button onClick={actions.refresh}>Try again</Button>
      </Message>
    );
  }
  return (
    <Message title="No versions of this cell yet" testId="nbtrack-filmstrip-empty">
      <p>Run it or save the notebook: each text of the cell is then kept here.</p>
    </Message>
  );
}

interface IFrameProps extends IFilmstripProps {
  frame: CellFrame;
  older: CellFrame | null;
  isOldest: boolean;
  place: number;
  now: number;
  isCurrent: boolean;
  onFocus: () => void;
}

const RUNS_SHOWN = 3;

function Frame(props: IFrameProps): JSX.Element {
  const { frame, actions } = props;
  const { revision, runs } = frame;
  const title = `frame-${revision.revision_id}`;
  return (
    <article
      className={revision.label ? 'nbt-frame nbt-mod-named' : 'nbt-frame'}
      tabIndex={props.isCurrent ? 0 : -1}
      aria-posinset={props.place}
      aria-setsize={-1}
      aria-labelledby={title}
      data-frame={revision.number}
      data-testid="nbtrack-frame"
      onFocus={props.onFocus}
    >
      <header className="nbt-frame-header">
        <Avatar author={revision.author} />
        <div className="nbt-frame-title" id={title}>
          <b>r{revision.number}</b>
          {revision.label ? (
            <span className="nbt-revision-label">
              <Icon name="star" />
              <span>{revision.label}</span>
            </span>
          ) : null}
          <span>{describeReason(revision)}</span>
          <time
            dateTime={revision.created_at}
            title={formatInstant(revision.created_at)}
          >
            {formatAge(revision.created_at, props.now)}
          </time>
        </div>
        <div className="nbt-frame-buttons">
          <Button onClick={() => actions.compare(revision)}>Compare with now</Button>
          <Button onClick={() => actions.openBeside(revision)}>Open</Button>
          {frame.is_deleted ? null : (
            <Button
              testId="nbtrack-frame-restore"
              title="Put this text back into the cell"
              onClick={() => actions.restore(revision)}
            >
              Restore…
            </Button>
          )}
        </div>
      </header>
      {runs.slice(-RUNS_SHOWN).map(run => (
        <RunLine key={run.run_id} run={run} onOpen={actions.openRun} />
      ))}
      {runs.length > RUNS_SHOWN ? (
        <span className="nbt-muted nbt-small">
          and {plural(runs.length - RUNS_SHOWN, 'earlier run')}
        </span>
      ) : null}
      {frame.is_deleted ? (
        <div className="nbt-muted">The cell was deleted.</div>
      ) : (
        <div className="nbt-frame-body">
          <FrameText {...props} />
          {frame.output_count > 0 ? (
            <FrameOutputs {...props} />
          ) : frame.cell_type === 'code' ? (
            <div className="nbt-frame-outputs nbt-muted">No output</div>
          ) : null}
        </div>
      )}
    </article>
  );
}

function FrameText({ frame, older, isOldest, highlight }: IFrameProps): JSX.Element {
  const common = { cellType: frame.cell_type, highlight };
  return (
    <div className="nbt-frame-text">
      {older && !older.is_deleted && older.source !== frame.source ? (
        <SourceDiff before={older.source} after={frame.source} {...common} />
      ) : (
        <Source
          source={frame.source}
          kind={isOldest || older?.is_deleted ? 'added' : 'same'}
          isShort={older?.source === frame.source}
          {...common}
        />
      )}
    </div>
  );
}

function FrameOutputs({ frame, actions, render }: IFrameProps): JSX.Element {
  const place = React.useRef<HTMLDivElement>(null);
  const seen = useSeen(place);
  return (
    <div ref={place} className="nbt-frame-outputs">
      {seen ? (
        <LoadedOutputs
          revision={frame.revision}
          load={actions.outputs}
          render={render}
        />
      ) : null}
    </div>
  );
}

function LoadedOutputs(props: {
  revision: RevisionInfo;
  load: IFilmstripActions['outputs'];
  render: RenderOutput;
}): JSX.Element {
  const { load } = props;
  const { revision_id, number } = props.revision;
  const revision = React.useRef(props.revision);
  const loadThese = React.useCallback(
    () => load({ ...revision.current, revision_id }),
    [load, revision_id]
  );
  const loaded = useLoaded(loadThese);
  return loaded.value ? (
    <Rendered
      outputs={loaded.value}
      render={props.render}
      label={`Outputs in r${number}`}
    />
  ) : (
    <LoadedNote {...loaded} />
  );
}
