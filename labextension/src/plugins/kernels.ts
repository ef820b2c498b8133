/**
 * Loads nbtrack in Python kernels whose environment does not do so by itself.
 *
 * `etc/ipython/ipython_kernel_config.json` loads it in every kernel of the environment it is
 * installed in, unless the user's own configuration replaced that list. This is the fallback:
 * one silent expression that leaves no name behind and does nothing where nbtrack is loaded
 * already or not installed at all.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { ISessionContext } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';

import { INbtrackSettings } from '../tokens';

const LOAD =
  "__import__('importlib.util').util.find_spec('nbtrack') and " +
  "get_ipython().extension_manager.load_extension('nbtrack')";

export const kernelsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbtrack:kernels',
  description: 'Loads nbtrack in Python kernels that did not load it by themselves.',
  autoStart: true,
  requires: [INotebookTracker, INbtrackSettings],
  activate: (
    _: JupyterFrontEnd,
    notebooks: INotebookTracker,
    settings: INbtrackSettings
  ) => {
    const load = (kernel: Kernel.IKernelConnection) => {
      if (settings.current.loadInKernels) {
        loadInto(kernel).catch((error: unknown) => {
          console.warn('nbtrack was not loaded in the kernel.', error);
        });
      }
    };
    notebooks.widgetAdded.connect((_, panel) => follow(panel.sessionContext, load));
  }
};

/** Call back for each kernel of the session, and again after each of its restarts. */
function follow(
  session: ISessionContext,
  load: (kernel: Kernel.IKernelConnection) => void
): void {
  let restarted = false;
  session.kernelChanged.connect((_, { newValue }) => {
    if (newValue) {
      load(newValue);
    }
  });
  session.statusChanged.connect((_, status) => {
    if (status === 'restarting' || status === 'autorestarting') {
      restarted = true;
    } else if (status === 'idle' && restarted) {
      restarted = false;
      const kernel = session.session?.kernel;
      if (kernel) {
        load(kernel);
      }
    }
  });
  const kernel = session.session?.kernel;
  if (kernel) {
    load(kernel);
  }
}

async function loadInto(kernel: Kernel.IKernelConnection): Promise<void> {
  const info = await kernel.info;
  if (info.language_info.name !== 'python' || kernel.isDisposed) {
    return;
  }
  const future = kernel.requestExecute({
    code: LOAD,
    silent: true,
    store_history: false,
    allow_stdin: false,
    stop_on_error: false
  });
  await future.done;
}
