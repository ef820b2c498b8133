/** Restores and checkpoints that are asked for outside of this page: by kernels and the server. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import type { Event } from '@jupyterlab/services';

import { answerAsk } from '../api/client';
import { type Ask, ASK_SCHEMA_ID, type AskAnswer } from '../api/generated';
import type { Recorders } from '../model/snapshots';
import { INbtrackRecorders, INbtrackRestore } from '../tokens';

/** The kernel's `%revert` and `%checkpoint` open a comm with this name. */
const COMM_TARGET = 'nbtrack.commands';

type Wish = Pick<Ask, 'command' | 'revision_id' | 'cell_id' | 'outputs' | 'label'>;

/** Does what is asked of an open notebook; gives the revision that was made, if one was. */
type Act = (panel: NotebookPanel, wish: Wish) => Promise<AskAnswer>;

export const asksPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbtrack:asks',
  description: 'Restores and records open notebooks for kernels and the command line.',
  autoStart: true,
  requires: [INotebookTracker, INbtrackRecorders, INbtrackRestore],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    recorders: Recorders,
    restore: INbtrackRestore
  ): void => {
    const act: Act = async (panel, wish) => {
      if (wish.command === 'checkpoint') {
        const recorder = recorders.find(panel.context);
        if (!recorder) {
          throw new Error('History is switched off in nbtrack’s settings.');
        }
        const facts = { reason: 'checkpoint', label: wish.label } as const;
        const { revision } = await recorder.record(facts);
        return { error: null, revision_id: revision?.revision_id ?? null, masked: [] };
      }
      const done = await restore.restoreInto(panel, {
        revisionId: wish.revision_id ?? '',
        cellId: wish.cell_id,
        outputs: wish.outputs
      });
      return {
        error: null,
        revision_id: done.made?.revision_id ?? null,
        masked: [...done.masked]
      };
    };
    answerKernels(notebooks, act, restore);
    const onEvent = (_: unknown, event: Event.Emission): void => {
      if (event['schema_id'] === ASK_SCHEMA_ID) {
        const ask = event as unknown as Ask;
        const context = recorders.findDocument(ask.document_id)?.context;
        const panel = context && notebooks.find(open => open.context === context);
        if (panel) {
          void act(panel, ask)
            .catch((error: unknown) => ({
              error: error instanceof Error ? error.message : String(error),
              revision_id: null,
              masked: []
            }))
            .then(answer => answerAsk(ask.ask_id, answer))
            .catch((error: unknown) =>
              console.warn('nbtrack could not answer:', error)
            );
        }
      }
    };
    app.serviceManager.events.stream.connect(onEvent);
  }
};

/** Let the kernel of each notebook ask for something to be done to that notebook. */
function answerKernels(
  notebooks: INotebookTracker,
  act: Act,
  restore: INbtrackRestore
): void {
  const listen = (panel: NotebookPanel) => {
    const onData = (data: unknown): void => {
      const wish = wishOf(data);
      if (wish) {
        act(panel, wish).catch((error: unknown) => restore.complain(error));
      }
    };
    const register = () => {
      panel.sessionContext.session?.kernel?.registerCommTarget(
        COMM_TARGET,
        (comm, open) => {
          comm.onMsg = message => onData(message.content.data);
          onData(open.content.data);
        }
      );
    };
    panel.sessionContext.kernelChanged.connect(register);
    register();
  };
  notebooks.forEach(listen);
  notebooks.widgetAdded.connect((_, panel) => listen(panel));
}

/** What a kernel asks; null where it is not understood. */
function wishOf(data: unknown): Wish | null {
  const given = (data ?? {}) as Record<string, unknown>;
  const text = (key: string): string | null => {
    const value = given[key];
    return typeof value === 'string' ? value : null;
  };
  const wish = {
    revision_id: text('revision_id'),
    cell_id: text('cell_id'),
    label: text('label'),
    outputs: given['outputs'] === true
  };
  switch (given['command']) {
    case 'restore':
      return wish.revision_id === null ? null : { ...wish, command: 'restore' };
    case 'checkpoint':
      return wish.label === null ? null : { ...wish, command: 'checkpoint' };
    default:
      return null;
  }
}
