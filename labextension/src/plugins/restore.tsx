/** Restore commands: the question before, and the way back after. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import {
  Dialog,
  ICommandPalette,
  Notification,
  showDialog
} from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { type ISignal, Signal } from '@lumino/signaling';
import * as React from 'react';

import { getNotebook, getRevision } from '../api/client';
import type { RevisionInfo } from '../api/generated';
import type { IRestoredNotice } from '../components/history/types';
import { plural } from '../model/format';
import { TEXT_MASK } from '../model/masks';
import { Restorer, type Restored, type RestoreRequest } from '../model/restore';
import type { Recorders } from '../model/snapshots';
import { CommandIDs, INbtrackRecorders, INbtrackRestore } from '../tokens';
import { RevisionPicker } from './pickRevision';

type Args = ReadonlyPartialJSONObject;

interface RestoreArgs {
  revision_id: string;
  cell_id: string | null;
  into?: string;
  outputs: boolean;
  confirm: boolean;
}

class RestoreService implements INbtrackRestore {
  constructor(
    private readonly documents: IDocumentManager,
    private readonly notebooks: INotebookTracker,
    private readonly recorders: Recorders
  ) {
    this.restorer = new Restorer(recorders);
  }

  /** Of the notebook one works in. */
  get last(): IRestoredNotice | null {
    return this.notebooks.currentWidget === this.restoredPanel ? this._last : null;
  }

  get lastChanged(): ISignal<INbtrackRestore, void> {
    return this._lastChanged;
  }

  async findPanel(revision: RevisionInfo, activate: boolean): Promise<NotebookPanel> {
    const context = this.recorders.findNotebook(revision.notebook_id)?.context;
    const open = context && this.notebooks.find(panel => panel.context === context);
    if (open) {
      return open;
    }
    const { path } = await getNotebook(revision.notebook_id);
    const widget = this.documents.openOrReveal(path, 'Notebook', undefined, {
      activate
    });
    const panel = this.notebooks.find(candidate => candidate === widget);
    if (!panel) {
      throw new Error(`The notebook could not be opened: ${path}`);
    }
    await panel.context.ready;
    return panel;
  }

  /** Ask if needed, restore, and say how to take it back. Failures become notifications. */
  async restore(args: RestoreArgs): Promise<void> {
    try {
      const revision = await getRevision(args.revision_id);
      const outputs = args.confirm ? await this.ask(revision, args) : args.outputs;
      if (outputs === null) {
        return;
      }
      await this.restoreInto(await this.findPanel(revision, true), {
        revisionId: args.revision_id,
        cellId: args.cell_id,
        into: args.into,
        outputs
      });
    } catch (error) {
      this.complain(error);
    }
  }

  async restoreInto(panel: NotebookPanel, request: RestoreRequest): Promise<Restored> {
    const done = await this.restorer.restore(panel, request);
    this.tell(done);
    return done;
  }

  complain(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    Notification.error(text, { autoClose: 12_000 });
  }

  /** Take the last restore back. */
  async undo(): Promise<void> {
    const undo = this.undoLast;
    this.undoLast = null;
    try {
      await undo?.();
      this.forget();
    } catch (error) {
      // The way back stays open.
      this.undoLast ??= undo;
      this.complain(error);
    }
  }

  /** Null: rather not. */
  private async ask(
    revision: RevisionInfo,
    args: RestoreArgs
  ): Promise<boolean | null> {
    const what = args.cell_id === null ? 'the notebook' : 'this cell';
    const result = await showDialog({
      title: `Restore ${what} to r${revision.number}?`,
      body: (
        <div className="nbt-restore-body">
          The present state is recorded first, and the restore can be undone.
        </div>
      ),
      checkbox: { label: 'Also restore outputs', checked: args.outputs },
      buttons: [Dialog.cancelButton(), Dialog.okButton({ label: 'Restore' })]
    });
    return result.button.accept ? (result.isChecked ?? false) : null;
  }

  private tell(done: Restored): void {
    const name = `r${done.revision.number}`;
    if (!done.changed) {
      Notification.info(`Nothing to restore: the notebook is as in ${name}.`, {
        autoClose: 4000
      });
      return;
    }
    const text =
      done.cellId === null ? `Restored ${name}.` : `Restored one cell from ${name}.`;
    const undo = () => void this.undo();
    this.forget();
    this.undoLast = done.undo;
    this.restoredPanel = done.panel;
    this.notification = Notification.success(text, {
      autoClose: 15_000,
      actions: [{ label: 'Undo restore', callback: undo, displayType: 'accent' }]
    });
    if (done.masked.length) {
      Notification.warning(
        `Secrets were masked when ${name} was recorded. Type them in again in ` +
          `${plural(done.masked.length, 'cell')}: look for ${TEXT_MASK}.`,
        { autoClose: false }
      );
    }
    this._last = { text, undo, dismiss: () => this.forget() };
    this._lastChanged.emit();
  }

  private forget(): void {
    if (this.notification !== null) {
      Notification.dismiss(this.notification);
    }
    this.notification = null;
    this.restoredPanel = null;
    this.undoLast = null;
    this._last = null;
    this._lastChanged.emit();
  }

  private readonly restorer: Restorer;
  private notification: string | null = null;
  private restoredPanel: NotebookPanel | null = null;
  private undoLast: (() => Promise<void>) | null = null;
  private _last: IRestoredNotice | null = null;
  private readonly _lastChanged = new Signal<this, void>(this);
}

export const restorePlugin: JupyterFrontEndPlugin<INbtrackRestore> = {
  id: 'nbtrack:restore',
  description: 'Restores a revision, or one cell of it, as an edit that can be undone.',
  autoStart: true,
  requires: [IDocumentManager, INotebookTracker, INbtrackRecorders],
  optional: [ICommandPalette],
  provides: INbtrackRestore,
  activate: (
    app: JupyterFrontEnd,
    documents: IDocumentManager,
    notebooks: INotebookTracker,
    recorders: Recorders,
    palette: ICommandPalette | null
  ): INbtrackRestore => {
    const service = new RestoreService(documents, notebooks, recorders);
    const picker = new RevisionPicker(notebooks, recorders);
    const run = async (
      args: Args,
      title: string,
      cellId: string | null
    ): Promise<void> => {
      try {
        const revisionId = await picker.pick(args, title);
        if (revisionId !== null) {
          await service.restore({
            revision_id: revisionId,
            cell_id: cellId,
            into: typeof args['into'] === 'string' ? args['into'] : undefined,
            outputs: args['outputs'] === true,
            confirm: args['confirm'] !== false
          });
        }
      } catch (error) {
        service.complain(error);
      }
    };
    const cellOf = (args: Args): string | null =>
      typeof args['cell_id'] === 'string'
        ? args['cell_id']
        : (notebooks.activeCell?.model.id ?? null);
    app.commands.addCommand(CommandIDs.restoreRevision, {
      label: 'Restore notebook from a revision…',
      isEnabled: args => picker.canPick(args),
      execute: args => run(args, 'Restore the notebook to', null)
    });
    app.commands.addCommand(CommandIDs.restoreCell, {
      label: 'Restore cell from a revision…',
      isEnabled: args => picker.canPick(args) && cellOf(args) !== null,
      execute: args => run(args, 'Restore the cell to', cellOf(args))
    });
    app.commands.addCommand(CommandIDs.undoRestore, {
      label: 'Undo restore',
      isEnabled: () => service.last !== null,
      execute: () => service.undo()
    });
    service.lastChanged.connect(() =>
      app.commands.notifyCommandChanged(CommandIDs.undoRestore)
    );
    const { restoreRevision, restoreCell, undoRestore } = CommandIDs;
    for (const command of [restoreRevision, restoreCell, undoRestore]) {
      palette?.addItem({ command, category: 'nbtrack' });
    }
    return service;
  }
};
