/** The sidebar's Runs section and the commands around it. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { IStateDB } from '@jupyterlab/statedb';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { type IRunActions } from '../components/common/actions';
import { useModel } from '../components/common/useModel';
import { RunsPanel } from '../components/runs/RunsPanel';
import { nbtrackIcon } from '../icons';
import { RunsModel } from '../model/runs';
import {
  CommandIDs,
  INbtrackChanges,
  INbtrackSettings,
  INbtrackSidebar
} from '../tokens';
import { runActions } from './runActions';

const TAB = 'runs';
const STATE_KEY = 'nbtrack:runs';

interface IRunsViewProps {
  model: RunsModel;
  actions: IRunActions;
  commands: CommandRegistry;
}

function RunsView({ model, actions, commands }: IRunsViewProps): JSX.Element {
  const state = useModel(model);
  const callbacks = React.useMemo(
    () => ({
      onScope: model.setScope.bind(model),
      onFilter: model.setFilter.bind(model),
      onInCode: model.setInCode.bind(model),
      onOrder: model.setOrder.bind(model),
      onColumns: model.setColumns.bind(model),
      onSelect: model.select.bind(model),
      onSelectAll: model.selectAll.bind(model),
      onClearSelection: model.clearSelection.bind(model),
      onRefresh: () => void model.refresh(),
      onLoadMore: () => void model.loadMore(),
      onDelete: (ids: readonly string[]) => void model.delete(ids),
      onUndoDelete: () => void model.undoDelete(),
      onForgetDeleted: model.forgetDeleted.bind(model),
      onTrackCell: () => void commands.execute(CommandIDs.trackCell)
    }),
    [model, commands]
  );
  return <RunsPanel state={state} actions={actions} {...callbacks} />;
}

export const runsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbtrack:runs',
  description: 'Lists the runs of the notebook in front, or all runs.',
  autoStart: true,
  requires: [INbtrackSidebar, INbtrackChanges, INbtrackSettings],
  optional: [INotebookTracker, IStateDB, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    sidebar: INbtrackSidebar,
    changes: INbtrackChanges,
    settings: INbtrackSettings,
    notebooks: INotebookTracker | null,
    stateDB: IStateDB | null,
    palette: ICommandPalette | null
  ) => {
    const model = new RunsModel(settings.current.runsPerPage);
    settings.changed.connect((_, { runsPerPage }) => {
      model.pageSize = runsPerPage;
    });
    changes.changed.connect(() => model.onChange());
    followNotebook(app, notebooks, model);
    if (stateDB) {
      keepView(stateDB, model);
    }
    const actions = runActions(app.commands);
    const widget = ReactWidget.create(
      <RunsView model={model} actions={actions} commands={app.commands} />
    );
    widget.addClass('nbt-tab-panel');
    sidebar.addTab({ id: TAB, label: 'Runs', rank: 10, widget });
    const look = () => model.setVisible(sidebar.visibleTab === TAB);
    sidebar.visibleTabChanged.connect(look);
    look();

    app.commands.addCommand(CommandIDs.showRuns, {
      label: args => (args.toolbar ? '' : 'Show runs'),
      caption: 'Show the runs of this notebook',
      icon: nbtrackIcon,
      execute: () => sidebar.open(TAB)
    });
    palette?.addItem({ command: CommandIDs.showRuns, category: 'nbtrack' });
  }
};

/** Keep the model at the notebook in front, also when that is renamed. */
function followNotebook(
  app: JupyterFrontEnd,
  notebooks: INotebookTracker | null,
  model: RunsModel
): void {
  const { contents } = app.serviceManager;
  let current: NotebookPanel | null = null;
  const follow = () => {
    const path = current?.context.path;
    model.setPath(path ? contents.localPath(path) : null);
  };
  const change = () => {
    current?.context.pathChanged.disconnect(follow);
    current = notebooks?.currentWidget ?? null;
    current?.context.pathChanged.connect(follow);
    follow();
  };
  notebooks?.currentChanged.connect(change);
  change();
}

/** The chosen columns outlive the page. */
function keepView(stateDB: IStateDB, model: RunsModel): void {
  const complain = (error: unknown) =>
    console.warn('The columns of the run table were not kept.', error);
  let kept: readonly string[] | null = null;
  stateDB
    .fetch(STATE_KEY)
    .then(value => {
      const columns = (value as { columns?: string[] } | undefined)?.columns;
      if (Array.isArray(columns)) {
        kept = columns;
        model.setColumns(columns);
      }
    }, complain)
    .finally(() => {
      model.changed.connect((_, { columns }) => {
        if (columns !== kept) {
          kept = columns;
          stateDB
            .save(STATE_KEY, { columns: columns ? [...columns] : null })
            .catch(complain);
        }
      });
    })
    .catch(complain);
}
