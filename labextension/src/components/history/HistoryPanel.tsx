/** The History section of the sidebar. */

import * as React from 'react';

import { Button } from '../common/Button';
import { IconButton } from '../common/Icon';
import { Loading, Message } from '../common/Message';
import { useNow } from '../common/useNow';
import { NameForm } from './NameForm';
import { RevisionList } from './RevisionList';
import type {
  HistoryFilter,
  IHistoryActions,
  IHistoryView,
  IRestoredNotice
} from './types';

export interface IHistoryPanelProps {
  view: IHistoryView;
  /** The last restore, while it can be taken back. */
  restored: IRestoredNotice | null;
  actions: IHistoryActions;
}

const FILTERS: readonly [HistoryFilter, string][] = [
  ['all', 'All'],
  ['runs', 'With runs'],
  ['cell', 'This cell'],
  ['named', 'Named']
];

export function HistoryPanel({
  view,
  restored,
  actions
}: IHistoryPanelProps): JSX.Element {
  return (
    <div className="nbt-history" data-testid="nbtrack-history">
      {view.path !== null ? <Toolbar view={view} actions={actions} /> : null}
      {restored ? <RestoredBar {...restored} /> : null}
      {view.path !== null && !view.recording ? (
        <Message title="New states are not recorded">
          <Button onClick={actions.openSettings}>Open settings</Button>
        </Message>
      ) : null}
      <Body view={view} actions={actions} />
    </div>
  );
}

type IViewProps = Pick<IHistoryPanelProps, 'view' | 'actions'>;

function Toolbar({ view, actions }: IViewProps): JSX.Element {
  const [naming, setNaming] = React.useState(false);
  const close = React.useCallback(() => setNaming(false), []);
  return (
    <div className="nbt-history-toolbar">
      <div className="nbt-history-tools">
        <select
          className="nbt-history-select"
          aria-label="Which revisions"
          data-testid="nbtrack-history-filter"
          value={view.filter}
          onChange={event => actions.setFilter(event.target.value as HistoryFilter)}
        >
          {FILTERS.map(([id, label]) => (
            <option key={id} value={id} disabled={id === 'cell' && !view.hasCell}>
              {label}
            </option>
          ))}
        </select>
        <IconButton
          icon="refresh"
          label="Refresh the history"
          testId="nbtrack-history-refresh"
          onClick={actions.refresh}
        />
        <Button
          testId="nbtrack-checkpoint"
          title="Name the present state of the notebook"
          onClick={() => setNaming(true)}
        >
          Checkpoint…
        </Button>
      </div>
      {naming ? (
        <NameForm
          label="Name of the checkpoint"
          placeholder="Such as “works on all data”"
          submit="Name this state"
          onSubmit={actions.checkpoint}
          onClose={close}
        />
      ) : null}
    </div>
  );
}

function RestoredBar({ text, undo, dismiss }: IRestoredNotice): JSX.Element {
  return (
    <div className="nbt-restored" role="status" data-testid="nbtrack-restored">
      <span>{text}</span>
      <Button testId="nbtrack-undo-restore" onClick={undo}>
        Undo restore
      </Button>
      <IconButton icon="close" label="Dismiss" onClick={dismiss} />
    </div>
  );
}

function Body({ view, actions }: IViewProps): JSX.Element {
  const now = useNow(false);
  if (view.path === null) {
    return (
      <Message title="No notebook is open" testId="nbtrack-history-empty">
        <p>
          Open a notebook: from then on, each state that runs or is saved is kept here.
        </p>
      </Message>
    );
  }
  if (view.status === 'error' && view.revisions.length === 0) {
    return (
      <Message
        kind="error"
        title="The history could not be read"
        testId="nbtrack-history-error"
      >
        <p>{view.error}</p>
        <Button testId="nbtrack-history-retry" onClick={actions.refresh}>
          Try again
        </Button>
      </Message>
    );
  }
  if (view.status === 'loading' && view.revisions.length === 0) {
    return <Loading label="Reading the history" />;
  }
  if (view.revisions.length === 0 && !view.loadingMore) {
    return <Nothing view={view} actions={actions} />;
  }
  return (
    <div className="nbt-history-scroll">
      {view.status === 'error' ? (
        <Message kind="error" title="The newest revisions could not be read">
          <p>{view.error}</p>
          <Button onClick={actions.refresh}>Try again</Button>
        </Message>
      ) : null}
      <RevisionList revisions={view.revisions} now={now} actions={actions} />
      {view.hasMore ? (
        <div className="nbt-history-more">
          <Button
            testId="nbtrack-history-more"
            disabled={view.loadingMore}
            onClick={actions.loadMore}
          >
            {view.loadingMore ? 'Loading…' : 'Load more'}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

const NOTHING: Record<HistoryFilter, string> = {
  all: 'Run a cell or save the notebook: its state is then kept here.',
  runs: 'Put %%track on the first line of a cell and run it: its revision then appears here.',
  cell: 'This cell did not change in what is recorded. Select another cell, or show all revisions.',
  named:
    'Choose “Checkpoint…” to name the present state, or “Name…” in the menu of a revision.'
};

function Nothing({ view, actions }: IViewProps): JSX.Element {
  const filtered = view.filter !== 'all' && view.hasAny;
  return (
    <Message
      title={filtered ? 'No such revision' : 'No revisions yet'}
      testId="nbtrack-history-empty"
    >
      <p>{NOTHING[filtered ? view.filter : 'all']}</p>
      {filtered ? (
        <Button onClick={() => actions.setFilter('all')}>Show all revisions</Button>
      ) : null}
    </Message>
  );
}
