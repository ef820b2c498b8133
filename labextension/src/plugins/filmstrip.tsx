/** The history of one cell, from its toolbar and its menu: a tab beside the notebook. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget, Notification } from '@jupyterlab/apputils';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { findNotebook, getStateCell } from '../api/client';
import type { RenderOutput } from '../components/common/Rendered';
import { useHighlight } from '../components/common/useHighlight';
import { useModel } from '../components/common/useModel';
import type { Output } from '../components/diff/Outputs';
import type { Highlight } from '../components/diff/types';
import {
  FilmstripView,
  type IFilmstripActions
} from '../components/history/FilmstripView';
import { filmstripIcon } from '../icons';
import { FilmstripModel } from '../model/filmstrip';
import type { Recorders } from '../model/snapshots';
import { CommandIDs, INbtrackChanges, INbtrackRecorders } from '../tokens';
import { cellHighlight } from './highlight';
import { renderOutput } from './renderOutput';

interface IStripProps {
  model: FilmstripModel;
  loadHighlight: () => Promise<Highlight>;
  render: RenderOutput;
  actions: IFilmstripActions;
}

function Strip({ model, loadHighlight, ...props }: IStripProps): JSX.Element {
  const state = useModel(model);
  const highlight = useHighlight(loadHighlight);
  return <FilmstripView state={state} highlight={highlight} {...props} />;
}

class FilmstripWidget extends ReactWidget {
  constructor(private readonly props: IStripProps) {
    super();
    this.addClass('nbt-diff-page');
    this.node.tabIndex = -1;
  }

  get model(): FilmstripModel {
    return this.props.model;
  }

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    const frame = this.node.querySelector<HTMLElement>('[data-frame][tabindex="0"]');
    (frame ?? this.node).focus();
  }

  protected render(): JSX.Element {
    return <Strip {...this.props} />;
  }
}

function actionsOf(
  model: FilmstripModel,
  commands: JupyterFrontEnd['commands']
): IFilmstripActions {
  const run = (command: string, args: Record<string, string>) =>
    commands.execute(command, args);
  return {
    compare: ({ revision_id }) => void run(CommandIDs.openRevision, { revision_id }),
    openBeside: ({ revision_id }) =>
      void run(CommandIDs.openRevisionBeside, { revision_id }),
    restore: ({ revision_id }) =>
      void run(CommandIDs.restoreCell, { revision_id, cell_id: model.cellId }).then(
        () => model.refresh()
      ),
    openRun: run_id => void run(CommandIDs.openRun, { run_id }),
    outputs: async ({ revision_id }) => {
      const state = { kind: 'revisions' as const, id: revision_id };
      const { cell } = await getStateCell(state, model.cellId);
      return (cell['outputs'] ?? []) as Output[];
    },
    more: () => void model.more(),
    refresh: () => void model.refresh(),
    showNewest: () => void model.open(null)
  };
}

export const filmstripPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbtrack:filmstrip',
  description: 'Shows all versions of one cell, with their outputs.',
  autoStart: true,
  requires: [INotebookTracker, IRenderMimeRegistry, INbtrackRecorders, INbtrackChanges],
  optional: [IEditorLanguageRegistry, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    rendermime: IRenderMimeRegistry,
    recorders: Recorders,
    changes: INbtrackChanges,
    languages: IEditorLanguageRegistry | null,
    palette: ICommandPalette | null
  ): void => {
    const { commands, shell } = app;
    const tabs = new Map<string, MainAreaWidget<FilmstripWidget>>();
    const loadHighlight = () => cellHighlight(languages);
    const render = renderOutput(rendermime);

    const create = (notebookId: string, cellId: string) => {
      const model = new FilmstripModel(notebookId, cellId);
      const content = new FilmstripWidget({
        model,
        loadHighlight,
        render,
        actions: actionsOf(model, commands)
      });
      const widget = new MainAreaWidget({ content });
      widget.id = `nbtrack-filmstrip-${notebookId}-${cellId}`;
      widget.title.label = 'Cell history';
      widget.title.icon = filmstripIcon;
      widget.title.closable = true;
      widget.toolbar.hide();
      model.changed.connect((_, { frames }) => {
        const line = frames.find(frame => frame.source)?.source.split('\n')[0] ?? '';
        widget.title.caption = `nbtrack: all versions of the cell ${line}`;
      });
      widget.disposed.connect(() => tabs.delete(widget.id));
      tabs.set(widget.id, widget);
      return widget;
    };
    changes.changed.connect((_, change) => {
      for (const { content } of tabs.values()) {
        content.model.noteChange(change);
      }
    });

    const open = async (
      notebookId: string,
      cellId: string,
      number: number | null
    ): Promise<void> => {
      const id = `nbtrack-filmstrip-${notebookId}-${cellId}`;
      const widget = tabs.get(id) ?? create(notebookId, cellId);
      if (!widget.isAttached) {
        shell.add(widget, 'main', { mode: 'split-right', type: 'nbtrack' });
      }
      await widget.content.model.open(number);
      shell.activateById(widget.id);
    };

    commands.addCommand(CommandIDs.cellHistory, {
      label: args => (args['toolbar'] ? '' : 'Show cell history'),
      caption: 'Show all versions of this cell, with their outputs',
      icon: filmstripIcon,
      isEnabled: args =>
        typeof args['cell_id'] === 'string' || notebooks.activeCell !== null,
      execute: async args => {
        const panel = notebooks.currentWidget;
        const cellId = (args['cell_id'] ?? notebooks.activeCell?.model.id) as
          string | undefined;
        const number = typeof args['number'] === 'number' ? args['number'] : null;
        if (cellId === undefined) {
          return;
        }
        try {
          const notebookId =
            (args['notebook_id'] as string | undefined) ??
            (panel &&
              (await findNotebook(recorders.pathOf(panel.context))).notebook_id);
          if (!notebookId) {
            Notification.info('Nothing of this notebook is recorded yet.', {
              autoClose: 4000
            });
            return;
          }
          await open(notebookId, cellId, number);
        } catch (error) {
          const text = error instanceof Error ? error.message : String(error);
          Notification.error(text, { autoClose: 12_000 });
        }
      }
    });
    palette?.addItem({ command: CommandIDs.cellHistory, category: 'nbtrack' });
  }
};
