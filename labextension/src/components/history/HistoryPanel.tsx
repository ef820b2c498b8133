/** The History section of the sidebar. */

import * as React from 'react';

import { Button } from '../common/Button';
import { IconButton } from '../common/Icon';
import { Loading, Message } from '../common/Message';
import { useNow } from '../common/useNow';
import { HistoryFilters } from './HistoryFilters';
import { NameForm } from './NameForm';
import { RevisionList } from './RevisionList';
import { SearchBox } from './SearchBox';
import { SearchResults } from './SearchResults';
import {
  type IHistoryActions,
  type IHistoryView,
  type IRestoredNotice,
  type ISearchView,
  isFiltered,
  NO_FILTER
} from './types';

export interface IHistoryPanelProps {
  view: IHistoryView;
  search: ISearchView;
  /** The last restore, while it can be taken back. */
  restored: IRestoredNotice | null;
  actions: IHistoryActions;
}

export function HistoryPanel({
  view,
  search,
  restored,
  actions
}: IHistoryPanelProps): JSX.Element {
  const searching = search.status !== 'idle';
  return (
    <div className="nbt-history" data-testid="nbtrack-history">
      <div className="nbt-history-toolbar">
        <SearchBox view={search} actions={actions} />
        {view.path !== null && !searching ? (
          <Toolbar view={view} actions={actions} />
        ) : null}
      </div>
      {restored ? <RestoredBar {...restored} /> : null}
      {view.path !== null && !view.recording ? (
        <Message title="New states are not recorded">
          <Button onClick={actions.openSettings}>Open settings</Button>
        </Message>
      ) : null}
      {searching ? (
        <SearchResults view={search} actions={actions} />
      ) : (
        <Body view={view} actions={actions} />
      )}
    </div>
  );
}

type IViewProps = Pick<IHistoryPanelProps, 'view' | 'actions'>;

function Toolbar({ view, actions }: IViewProps): JSX.Element {
  const [naming, setNaming] = React.useState(false);
  const close = React.useCallback(() => setNaming(false), []);
  return (
    <>
      <div className="nbt-history-tools">
        <IconButton
          icon="image"
          label="Show all figures of this notebook"
          testId="nbtrack-history-figures"
          onClick={actions.openFigures}
        />
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
      <HistoryFilters view={view} actions={actions} />
      {naming ? (
        <NameForm
          label="Name of the checkpoint"
          placeholder="Such as “works on all data”"
          submit="Name this state"
          onSubmit={actions.checkpoint}
          onClose={close}
        />
      ) : null}
    </>
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
  const { timeline } = view;
  return (
    <>
      {view.status === 'error' ? (
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
      ) : null}
      {timeline === null ? (
        view.status === 'error' ? null : (
          <Loading label="Reading the history" />
        )
      ) : timeline.numbers.length === 0 ? (
        <Nothing view={view} actions={actions} />
      ) : (
        <div
          className="nbt-history-scroll"
          key={`${view.path} ${JSON.stringify(view.filter)}`}
        >
          <RevisionList
            timeline={timeline}
            details={view.details}
            now={now}
            actions={actions}
            onLook={actions.look}
          />
        </div>
      )}
    </>
  );
}

const NOTHING: Record<'cell' | 'runs' | 'errors' | 'named', string> = {
  cell: 'This cell did not change in what is recorded.',
  runs: 'Put %%track on the first line of a cell and run it: its revision then appears here.',
  errors: 'No cell that ran from a recorded state failed.',
  named:
    'Choose “Checkpoint…” to name the present state, or “Name…” in the menu of a revision.'
};

function Nothing({ view, actions }: IViewProps): JSX.Element {
  if (!isFiltered(view.filter)) {
    return (
      <Message title="No revisions yet" testId="nbtrack-history-empty">
        <p>Run a cell or save the notebook: its state is then kept here.</p>
      </Message>
    );
  }
  const { filter } = view;
  const asked = (['cell', 'runs', 'errors', 'named'] as const).filter(
    name => filter[name]
  );
  const hint =
    asked.length === 1 && filter.author === null
      ? NOTHING[asked[0]!]
      : 'No revision is all of this at once.';
  return (
    <Message title="No such revision" testId="nbtrack-history-empty">
      <p>{hint}</p>
      <Button onClick={() => actions.setFilter(NO_FILTER)}>Show all revisions</Button>
    </Message>
  );
}
