/**
 * Tells the kernel the tags of cells, saved or not, before it runs them.
 *
 * An execute request carries no tags. What is sent on the kernel's shell channel arrives in
 * order, so a comm message that leaves when a cell is scheduled is there before its code is.
 * Nothing is sent for notebooks without such tags.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, type Notebook, NotebookActions } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';

import { sameTags, toldTags } from '../model/cellTags';

/** What `nbtrack/kernel/tags.py` listens to. */
const COMM_TARGET = 'nbtrack.cells';

type Tags = Record<string, string[]>;

export const cellTagsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbtrack:cell-tags',
  description: 'Tells the kernel which cells are tagged for nbtrack.',
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_: JupyterFrontEnd, notebooks: INotebookTracker) => {
    const told = new WeakMap<Kernel.IKernelConnection, Tags>();
    notebooks.widgetAdded.connect((_, { sessionContext }) => {
      sessionContext.statusChanged.connect((_, status) => {
        const kernel = sessionContext.session?.kernel;
        // A kernel that restarts knows nothing any more.
        if (kernel && (status === 'restarting' || status === 'autorestarting')) {
          told.delete(kernel);
        }
      });
    });
    NotebookActions.executionScheduled.connect((_, { notebook }) => {
      const panel = notebooks.find(({ content }) => content === notebook);
      const kernel = panel?.sessionContext.session?.kernel;
      if (!kernel || panel.model?.defaultKernelLanguage !== 'python') {
        return;
      }
      const tags = tagsOf(notebook);
      if (!sameTags(told.get(kernel) ?? {}, tags)) {
        told.set(kernel, tags);
        kernel.createComm(COMM_TARGET).open({ cells: tags });
      }
    });
  }
};

function tagsOf(notebook: Notebook): Tags {
  return toldTags(
    notebook.widgets.map(({ model }) => ({
      id: model.id,
      tags: model.getMetadata('tags') as unknown
    }))
  );
}
