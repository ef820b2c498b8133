/** Commands on a notebook's cells: track one, go to one. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

import { trackCellIcon } from '../icons';
import { isTracked, toggleTrack, TRACK_LINE } from '../model/trackLine';
import { CommandIDs } from '../tokens';

export const cellsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbtrack:cells',
  description: 'Tracks the active cell, and finds the cell a run came from.',
  autoStart: true,
  requires: [INotebookTracker, IDocumentManager],
  optional: [ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    documents: IDocumentManager,
    palette: ICommandPalette | null
  ) => {
    addTrackCell(app, notebooks);
    palette?.addItem({ command: CommandIDs.trackCell, category: 'nbtrack' });
    app.commands.addCommand(CommandIDs.jumpToCell, {
      label: 'Go to cell',
      execute: async args => {
        const path = args.path as string | null | undefined;
        const revisionId = args.revision_id as string | null | undefined;
        const panel = path ? await openNotebook(app, notebooks, documents, path) : null;
        if (panel && (await showCell(panel, String(args.cell_id)))) {
          return;
        }
        const message = panel
          ? 'This cell is no longer in the notebook.'
          : 'The notebook of this cell is not among the files of this server.';
        Notification.info(message, {
          autoClose: 8000,
          actions:
            revisionId && app.commands.hasCommand(CommandIDs.openRevision)
              ? [
                  {
                    label: 'Show its revision',
                    callback: () =>
                      void app.commands.execute(CommandIDs.openRevision, {
                        revision_id: revisionId
                      })
                  }
                ]
              : []
        });
      }
    });
  }
};

function addTrackCell(app: JupyterFrontEnd, notebooks: INotebookTracker): void {
  const activeCode = () => {
    const model = notebooks.activeCell?.model;
    return model?.type === 'code' ? model.sharedModel : null;
  };
  app.commands.addCommand(CommandIDs.trackCell, {
    label: args => (args.toolbar ? '' : 'Track this cell'),
    caption: `Put ${TRACK_LINE} at the top of the cell, or take it away`,
    icon: trackCellIcon,
    isEnabled: () => activeCode() !== null,
    isToggled: () => isTracked(activeCode()?.getSource() ?? ''),
    execute: () => {
      const cell = activeCode();
      if (!cell) {
        Notification.info('Select a code cell to track it.', { autoClose: 4000 });
        return;
      }
      const { start, end, text } = toggleTrack(cell.getSource());
      cell.updateSource(start, end, text);
      app.commands.notifyCommandChanged(CommandIDs.trackCell);
    }
  });
  notebooks.activeCellChanged.connect(() =>
    app.commands.notifyCommandChanged(CommandIDs.trackCell)
  );
}

async function openNotebook(
  app: JupyterFrontEnd,
  notebooks: INotebookTracker,
  documents: IDocumentManager,
  path: string
): Promise<NotebookPanel | null> {
  const { contents } = app.serviceManager;
  const opened = notebooks.find(
    ({ context }) => contents.localPath(context.path) === path
  );
  if (opened) {
    app.shell.activateById(opened.id);
    return opened;
  }
  const isThere = await contents.get(path, { content: false }).then(
    () => true,
    () => false
  );
  const widget = isThere ? documents.openOrReveal(path) : undefined;
  if (!(widget instanceof NotebookPanel)) {
    return null;
  }
  await widget.context.ready;
  await widget.revealed;
  return widget;
}

/** Activate and centre the cell; false where it is gone. */
async function showCell(panel: NotebookPanel, cellId: string): Promise<boolean> {
  const { content } = panel;
  const index = content.widgets.findIndex(cell => cell.model.id === cellId);
  const cell = content.widgets[index];
  if (!cell) {
    return false;
  }
  content.deselectAll();
  content.activeCellIndex = index;
  content.mode = 'command';
  await content.scrollToItem(index, 'center');
  cell.node.classList.add('nbt-found-cell');
  window.setTimeout(() => cell.node.classList.remove('nbt-found-cell'), 2000);
  return true;
}
