/** The figures of a notebook's history: a tab in the main area. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget, Notification } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { imageIcon, ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { figureUrl, findNotebook } from '../api/client';
import { useModel } from '../components/common/useModel';
import { GalleryView, type IGalleryActions } from '../components/history/GalleryView';
import { GalleryModel } from '../model/gallery';
import type { Recorders } from '../model/snapshots';
import { CommandIDs, INbtrackChanges, INbtrackRecorders } from '../tokens';

interface IGalleryWidgetProps {
  model: GalleryModel;
  actions: IGalleryActions;
}

function Gallery({ model, actions }: IGalleryWidgetProps): JSX.Element {
  return <GalleryView state={useModel(model)} actions={actions} />;
}

class GalleryWidget extends ReactWidget {
  constructor(private readonly props: IGalleryWidgetProps) {
    super();
    this.addClass('nbt-diff-page');
    this.node.tabIndex = -1;
  }

  get model(): GalleryModel {
    return this.props.model;
  }

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    const tile = this.node.querySelector<HTMLElement>('[data-figure][tabindex="0"]');
    (tile ?? this.node).focus();
  }

  protected render(): JSX.Element {
    return <Gallery {...this.props} />;
  }
}

export const galleryPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbtrack:gallery',
  description: 'Shows every figure that a notebook ever showed.',
  autoStart: true,
  requires: [INotebookTracker, INbtrackRecorders, INbtrackChanges],
  optional: [ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    recorders: Recorders,
    changes: INbtrackChanges,
    palette: ICommandPalette | null
  ): void => {
    const { commands, shell } = app;
    const tabs = new Map<string, MainAreaWidget<GalleryWidget>>();
    changes.changed.connect((_, change) => {
      for (const { content } of tabs.values()) {
        content.model.noteChange(change);
      }
    });

    const create = (id: string, notebookId: string, path: string) => {
      const model = new GalleryModel(notebookId);
      const content = new GalleryWidget({
        model,
        actions: {
          url: ({ digest }) => figureUrl(notebookId, digest),
          open: ({ cell_id, number }) =>
            void commands.execute(CommandIDs.cellHistory, {
              notebook_id: notebookId,
              cell_id,
              number
            }),
          openRevision: ({ revision_id }) =>
            void commands.execute(CommandIDs.openRevisionBeside, { revision_id }),
          more: () => void model.more(),
          refresh: () => void model.refresh()
        }
      });
      const widget = new MainAreaWidget({ content });
      widget.id = id;
      widget.title.label = `Figures of ${path.split('/').at(-1)}`;
      widget.title.caption = 'nbtrack: every figure that this notebook showed';
      widget.title.icon = imageIcon;
      widget.title.closable = true;
      widget.toolbar.hide();
      widget.disposed.connect(() => tabs.delete(id));
      tabs.set(id, widget);
      return widget;
    };

    commands.addCommand(CommandIDs.figures, {
      label: 'Show all figures of this notebook',
      caption: 'Show every figure that this notebook ever showed',
      icon: imageIcon,
      isEnabled: () => notebooks.currentWidget !== null,
      execute: async () => {
        const panel = notebooks.currentWidget;
        if (!panel) {
          return;
        }
        try {
          const { notebook_id, path } = await findNotebook(
            recorders.pathOf(panel.context)
          );
          if (notebook_id === null) {
            Notification.info('Nothing of this notebook is recorded yet.', {
              autoClose: 4000
            });
            return;
          }
          const id = `nbtrack-figures-${notebook_id}`;
          const widget = tabs.get(id) ?? create(id, notebook_id, path);
          if (!widget.isAttached) {
            shell.add(widget, 'main', { type: 'nbtrack' });
          }
          await widget.content.model.refresh();
          shell.activateById(id);
        } catch (error) {
          const text = error instanceof Error ? error.message : String(error);
          Notification.error(text, { autoClose: 12_000 });
        }
      }
    });
    palette?.addItem({ command: CommandIDs.figures, category: 'nbtrack' });
  }
};
