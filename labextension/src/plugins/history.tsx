/** The History section of the sidebar, its commands, and `%revisions` in notebooks. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, InputDialog, Notification } from '@jupyterlab/apputils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { REVISIONS_MIME, type RevisionTable } from '../api/generated';
import { useModel } from '../components/common/useModel';
import { HistoryPanel } from '../components/history/HistoryPanel';
import { RevisionTableView } from '../components/history/RevisionTableView';
import type {
  IHistoryActions,
  IRevisionActions,
  ISearchActions
} from '../components/history/types';
import { HistoryModel } from '../model/history';
import { HistorySearchModel } from '../model/historySearch';
import type { Recorders } from '../model/snapshots';
import {
  CommandIDs,
  INbtrackChanges,
  INbtrackRecorders,
  INbtrackRestore,
  INbtrackSettings,
  INbtrackSidebar
} from '../tokens';

const TAB_ID = 'history';

class HistoryWidget extends ReactWidget {
  constructor(
    private readonly model: HistoryModel,
    private readonly search: HistorySearchModel,
    private readonly restore: INbtrackRestore,
    private readonly actions: IHistoryActions
  ) {
    super();
    this.id = 'nbtrack-history';
    this.addClass('nbt-history-widget');
    this.node.tabIndex = -1;
    restore.lastChanged.connect(() => this.update());
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    const row = this.node.querySelector<HTMLElement>(
      '[data-revision-id][tabindex="0"]'
    );
    (row ?? this.node).focus();
  }

  protected render(): JSX.Element {
    return (
      <History
        model={this.model}
        search={this.search}
        restore={this.restore}
        actions={this.actions}
      />
    );
  }
}

interface IHistoryProps {
  model: HistoryModel;
  search: HistorySearchModel;
  restore: INbtrackRestore;
  actions: IHistoryActions;
}

function History({ model, search, restore, actions }: IHistoryProps): JSX.Element {
  useModel(model);
  useModel(search);
  return (
    <HistoryPanel
      view={model.view}
      search={search.view}
      restored={restore.last}
      actions={actions}
    />
  );
}

/** What rows do, wherever they are shown. */
function revisionActions(commands: JupyterFrontEnd['commands']): IRevisionActions {
  const run = (command: string, args: Record<string, string>) =>
    void commands.execute(command, args);
  return {
    compare: ({ revision_id }) => run(CommandIDs.openRevision, { revision_id }),
    restore: ({ revision_id }) => run(CommandIDs.restoreRevision, { revision_id }),
    restoreCell: ({ revision_id }, cell_id) =>
      run(CommandIDs.restoreCell, { revision_id, cell_id }),
    openBeside: ({ revision_id }) =>
      run(CommandIDs.openRevisionBeside, { revision_id }),
    openRun: run_id => run(CommandIDs.openRun, { run_id }),
    comparisons: [
      {
        id: 'compare-before',
        label: 'Compare with the one before',
        isShown: ({ parent_id }) => parent_id !== null,
        onSelect: ({ revision_id, parent_id }) =>
          run(CommandIDs.openRevision, {
            revision_id: parent_id ?? revision_id,
            against: revision_id
          })
      },
      {
        id: 'compare-other',
        label: 'Compare with another…',
        onSelect: ({ revision_id }) => run(CommandIDs.compareRevisions, { revision_id })
      }
    ],
    files: [
      {
        id: 'save-as',
        label: 'Save as new notebook…',
        onSelect: ({ revision_id }) => run(CommandIDs.saveRevisionAs, { revision_id })
      },
      {
        id: 'export',
        label: 'Export…',
        onSelect: ({ revision_id }) => run(CommandIDs.exportRevision, { revision_id })
      }
    ]
  };
}

function searchActions(
  search: HistorySearchModel,
  commands: JupyterFrontEnd['commands']
): ISearchActions {
  return {
    search: text => search.setText(text),
    setEverywhere: everywhere => search.setEverywhere(everywhere),
    searchAgain: () => search.refresh(),
    moreMatches: () => void search.more(),
    openMatch: ({ notebook_id, cell_id, found_number }) =>
      void commands.execute(CommandIDs.cellHistory, {
        notebook_id,
        cell_id,
        number: found_number
      }),
    compareMatch: ({ found_id }) =>
      void commands.execute(CommandIDs.openRevision, { revision_id: found_id })
  };
}

/** Follow the notebook one works in: which one, under which path, at which cell. */
function follow(
  notebooks: INotebookTracker,
  recorders: Recorders,
  model: HistoryModel
): void {
  let shown: NotebookPanel | null = null;
  const pathOf = (panel: NotebookPanel) => recorders.pathOf(panel.context);
  const renamed = () => {
    if (shown) {
      model.rename(pathOf(shown));
    }
  };
  notebooks.currentChanged.connect((_, panel) => {
    shown?.context.pathChanged.disconnect(renamed);
    shown = panel;
    panel?.context.pathChanged.connect(renamed);
    model.show(panel ? pathOf(panel) : null);
  });
  notebooks.activeCellChanged.connect((_, cell) => {
    model.setActiveCell(cell?.model.id ?? null);
  });
  if (notebooks.currentWidget) {
    shown = notebooks.currentWidget;
    shown.context.pathChanged.connect(renamed);
    model.show(pathOf(shown));
  }
}

class RevisionTableRenderer extends ReactWidget implements IRenderMime.IRenderer {
  constructor(private readonly actions: IRevisionActions) {
    super();
    this.addClass('nbt-output');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.table = model.data[REVISIONS_MIME] as unknown as RevisionTable;
    this.update();
    return this.renderPromise ?? Promise.resolve();
  }

  protected render(): JSX.Element | null {
    return this.table ? (
      <RevisionTableView table={this.table} actions={this.actions} />
    ) : null;
  }

  private table: RevisionTable | null = null;
}

export const historyPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbtrack:history',
  description: 'Shows the history of the notebook in the sidebar.',
  autoStart: true,
  requires: [
    INotebookTracker,
    INbtrackSidebar,
    INbtrackSettings,
    INbtrackChanges,
    INbtrackRecorders,
    INbtrackRestore
  ],
  optional: [ICommandPalette, IRenderMimeRegistry],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    sidebar: INbtrackSidebar,
    settings: INbtrackSettings,
    changes: INbtrackChanges,
    recorders: Recorders,
    restore: INbtrackRestore,
    palette: ICommandPalette | null,
    rendermime: IRenderMimeRegistry | null
  ): void => {
    const { commands } = app;
    const model = new HistoryModel();
    const actions = revisionActions(commands);
    const checkpoint = async (label: string): Promise<void> => {
      const panel = notebooks.currentWidget;
      const recorder = panel && recorders.find(panel.context);
      if (!recorder) {
        throw new Error('Open a notebook, with history switched on in the settings.');
      }
      await recorder.record({ reason: 'checkpoint', label });
    };
    const search = new HistorySearchModel();
    model.changed.connect((_, { path }) => search.setPath(path));
    const widget = new HistoryWidget(model, search, restore, {
      ...actions,
      ...searchActions(search, commands),
      openFigures: () => void commands.execute(CommandIDs.figures),
      rename: ({ revision_id }, label) => model.setLabel(revision_id, label),
      setFilter: patch => model.setFilter(patch),
      look: (first, last) => model.look(first, last),
      refresh: () => void model.refresh(),
      checkpoint,
      openSettings: () =>
        void commands.execute('settingeditor:open', { query: 'nbtrack' })
    });
    sidebar.addTab({ id: TAB_ID, label: 'History', rank: 20, widget });

    follow(notebooks, recorders, model);
    changes.changed.connect((_, change) => model.noteChange(change));
    recorders.recorded.connect((_, { reply }) => {
      if (reply.created && reply.notebook_id) {
        model.noteChange({
          run_ids: [],
          notebook_ids: [reply.notebook_id],
          everything: false
        });
      }
    });
    const applyVisible = () => model.setVisible(sidebar.visibleTab === TAB_ID);
    sidebar.visibleTabChanged.connect(applyVisible);
    applyVisible();
    const applySettings = () => model.setRecording(settings.current.captureSnapshots);
    settings.changed.connect(applySettings);
    applySettings();

    commands.addCommand(CommandIDs.showHistory, {
      label: 'Show history',
      caption: 'Show the revisions of this notebook',
      execute: () => sidebar.open(TAB_ID)
    });
    commands.addCommand(CommandIDs.checkpoint, {
      label: 'Name the present state…',
      caption: 'Record the notebook as it is now as a named checkpoint',
      isEnabled: () => notebooks.currentWidget !== null,
      execute: async args => {
        const label =
          typeof args['label'] === 'string' ? args['label'] : await askName();
        if (label) {
          await checkpoint(label).catch((error: unknown) => {
            const text = error instanceof Error ? error.message : String(error);
            Notification.error(text, { autoClose: 12_000 });
          });
        }
      }
    });
    for (const command of [CommandIDs.showHistory, CommandIDs.checkpoint]) {
      palette?.addItem({ command, category: 'nbtrack' });
    }
    rendermime?.addFactory(
      {
        safe: true,
        mimeTypes: [REVISIONS_MIME],
        createRenderer: () => new RevisionTableRenderer(actions)
      },
      0
    );
  }
};

async function askName(): Promise<string | null> {
  const answer = await InputDialog.getText({
    title: 'Name the present state',
    placeholder: 'Such as “works on all data”',
    okLabel: 'Name this state'
  });
  return answer.button.accept ? (answer.value?.trim() ?? null) : null;
}
