/** Records every open notebook while “Record the notebook's history” is on. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';

import { Recorders } from '../model/snapshots';
import { INbtrackRecorders, INbtrackSettings } from '../tokens';

/** Drives that are another door to the server's own files. */
const LOCAL_DRIVES = new Set(['', 'RTC']);

/** A document's path as the contents API of the server names it. */
function contentsPath(contents: Contents.IManager, path: string): string {
  return LOCAL_DRIVES.has(contents.driveName(path)) ? contents.localPath(path) : path;
}

export const snapshotsPlugin: JupyterFrontEndPlugin<Recorders> = {
  id: 'nbtrack:snapshots',
  description:
    'Records the state of open notebooks, unsaved text included, as cells run.',
  autoStart: true,
  requires: [INotebookTracker, INbtrackSettings],
  provides: INbtrackRecorders,
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    settings: INbtrackSettings
  ): Recorders => {
    const { contents } = app.serviceManager;
    const recorders = new Recorders(context => contentsPath(contents, context.path));
    notebooks.forEach(panel => recorders.add(panel.context));
    notebooks.widgetAdded.connect((_, panel) => recorders.add(panel.context));
    const apply = () => recorders.setEnabled(settings.current.captureSnapshots);
    settings.changed.connect(apply);
    apply();
    return recorders;
  }
};
