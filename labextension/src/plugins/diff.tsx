/** Main-area tabs: a revision compared, and a revision to read. */

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  MainAreaWidget,
  Notification,
  WidgetTracker
} from '@jupyterlab/apputils';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import * as React from 'react';

import { getRevision, getRevisionDocument } from '../api/client';
import { DiffView } from '../components/diff/DiffView';
import type { Highlight } from '../components/diff/types';
import { useModel } from '../components/common/useModel';
import {
  type IRevisionDocumentState,
  RevisionDocument
} from '../components/history/RevisionDocument';
import { nbtrackIcon } from '../icons';
import { DiffModel, LIVE } from '../model/historyDiff';
import type { Recorders } from '../model/snapshots';
import { StateModel } from '../model/state';
import { CommandIDs, INbtrackRecorders, INbtrackRestore } from '../tokens';
import { cellHighlight } from './highlight';
import { RevisionPicker } from './pickRevision';

type Args = ReadonlyPartialJSONObject;
type Commands = JupyterFrontEnd['commands'];

class DiffWidget extends ReactWidget {
  constructor(
    readonly model: DiffModel,
    readonly args: { revision_id: string; against: string },
    private readonly highlight: Highlight,
    private readonly commands: Commands
  ) {
    super();
    this.addClass('nbt-diff-page');
  }

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  protected render(): JSX.Element {
    const { revision_id } = this.args;
    const refresh = () => void this.model.refresh();
    return (
      <Diff
        model={this.model}
        highlight={this.highlight}
        actions={{
          refresh,
          restore: () =>
            void this.commands
              .execute(CommandIDs.restoreRevision, { revision_id })
              .then(refresh),
          restoreCell: ({ cell_id }) =>
            void this.commands
              .execute(CommandIDs.restoreCell, { revision_id, cell_id, confirm: false })
              .then(refresh)
        }}
      />
    );
  }
}

type DiffProps = Omit<React.ComponentProps<typeof DiffView>, 'state'> & {
  model: DiffModel;
};

function Diff({ model, ...props }: DiffProps): JSX.Element {
  return <DiffView state={useModel(model)} {...props} />;
}

class RevisionModel extends StateModel<IRevisionDocumentState> {
  constructor(private readonly revisionId: string) {
    super({ revision: null, cells: [], error: null });
  }

  async refresh(): Promise<void> {
    this.update({ error: null });
    try {
      const [revision, document] = await Promise.all([
        getRevision(this.revisionId),
        getRevisionDocument(this.revisionId)
      ]);
      const cells = document.notebook['cells'] as Record<string, unknown>[];
      this.update({ revision, cells });
    } catch (error) {
      this.update({ error: error instanceof Error ? error.message : String(error) });
    }
  }
}

function Revision(
  props: Omit<React.ComponentProps<typeof RevisionDocument>, 'state'> & {
    model: RevisionModel;
  }
): JSX.Element {
  const { model, ...rest } = props;
  return <RevisionDocument state={useModel(model)} {...rest} />;
}

function inMainArea(content: ReactWidget, id: string, title: string): MainAreaWidget {
  const widget = new MainAreaWidget({ content });
  widget.id = id;
  widget.title.label = title;
  widget.title.icon = nbtrackIcon;
  widget.title.closable = true;
  // Its buttons are in the page itself.
  widget.toolbar.hide();
  return widget;
}

export const diffPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbtrack:diff',
  description: 'Compares a revision with now or with another, and shows one to read.',
  autoStart: true,
  requires: [INotebookTracker, INbtrackRecorders, INbtrackRestore],
  optional: [IEditorLanguageRegistry, ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    recorders: Recorders,
    restore: INbtrackRestore,
    languages: IEditorLanguageRegistry | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): void => {
    const { commands, shell } = app;
    const tracker = new WidgetTracker<MainAreaWidget>({ namespace: 'nbtrack-diff' });
    const byId = (id: string) => tracker.find(widget => widget.id === id);
    const show = (widget: MainAreaWidget, mode?: 'split-right') => {
      if (!widget.isAttached) {
        shell.add(widget, 'main', { mode, type: 'nbtrack' });
        void tracker.add(widget);
      }
      shell.activateById(widget.id);
    };

    const openDiff = async (revisionId: string, args: Args): Promise<void> => {
      const against = typeof args['against'] === 'string' ? args['against'] : LIVE;
      const id = `nbtrack-diff-${revisionId}-${against}`;
      const open = byId(id);
      if (open) {
        void (open.content as DiffWidget).model.refresh();
        show(open);
        return;
      }
      const model = new DiffModel({
        revisionId,
        against,
        recorders,
        findPanel: revision => restore.findPanel(revision, false)
      });
      const highlight = await cellHighlight(languages);
      const content = new DiffWidget(
        model,
        { revision_id: revisionId, against },
        highlight,
        commands
      );
      const widget = inMainArea(content, id, 'Compare');
      model.changed.connect((_, { diff }) => {
        if (diff) {
          const right = diff.new ? `r${diff.new.number}` : 'now';
          widget.title.label = `r${diff.old.number} → ${right}`;
          widget.title.caption =
            'nbtrack: what differs between two states of a notebook';
        }
      });
      show(widget);
      await model.refresh();
    };

    const openBeside = async (revision_id: string): Promise<void> => {
      const id = `nbtrack-revision-${revision_id}`;
      const open = byId(id);
      if (open) {
        show(open);
        return;
      }
      const model = new RevisionModel(revision_id);
      const highlight = await cellHighlight(languages);
      const content = ReactWidget.create(
        <Revision
          model={model}
          highlight={highlight}
          compare={() =>
            void commands.execute(CommandIDs.openRevision, { revision_id })
          }
          restore={() =>
            void commands.execute(CommandIDs.restoreRevision, { revision_id })
          }
          retry={() => void model.refresh()}
        />
      );
      content.addClass('nbt-diff-page');
      content.disposed.connect(() => model.dispose());
      const widget = inMainArea(content, id, 'Revision');
      model.changed.connect((_, { revision }) => {
        widget.title.label = revision ? `r${revision.number}` : 'Revision';
      });
      show(widget, 'split-right');
      await model.refresh();
    };

    const picker = new RevisionPicker(notebooks, recorders);
    const add = (
      command: string,
      label: string,
      title: string,
      open: (revisionId: string, args: Args) => Promise<void>
    ): void => {
      commands.addCommand(command, {
        label,
        isEnabled: args => picker.canPick(args),
        execute: async args => {
          try {
            const revisionId = await picker.pick(args, title);
            if (revisionId !== null) {
              await open(revisionId, args);
            }
          } catch (error) {
            const text = error instanceof Error ? error.message : String(error);
            Notification.error(text, { autoClose: 12_000 });
          }
        }
      });
      palette?.addItem({ command, category: 'nbtrack' });
    };
    add(
      CommandIDs.openRevision,
      'Compare a revision with now…',
      'Compare with now',
      openDiff
    );
    add(
      CommandIDs.openRevisionBeside,
      'Open a revision as read-only beside…',
      'Open as read-only',
      openBeside
    );
    restoreTabs(tracker, restorer);
  }
};

/** Comparisons come back after a reload, compared anew. */
function restoreTabs(
  tracker: WidgetTracker<MainAreaWidget>,
  restorer: ILayoutRestorer | null
): void {
  const isDiff = (widget: MainAreaWidget) => widget.content instanceof DiffWidget;
  void restorer?.restore(tracker, {
    command: CommandIDs.openRevision,
    args: widget => (isDiff(widget) ? (widget.content as DiffWidget).args : {}),
    name: widget => (isDiff(widget) ? widget.id : ''),
    when: []
  });
}
