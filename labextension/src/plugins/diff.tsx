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
import { type ReadonlyPartialJSONObject, UUID } from '@lumino/coreutils';
import * as React from 'react';

import { getRevision, getRevisionDocument } from '../api/client';
import type { CellDiff } from '../api/generated';
import { useHighlight } from '../components/common/useHighlight';
import { useModel } from '../components/common/useModel';
import { DiffView } from '../components/diff/DiffView';
import { cellRestore, sideName, sourceRevision } from '../components/diff/sides';
import type { Highlight, ShowBeside, SideName } from '../components/diff/types';
import {
  type IRevisionDocumentState,
  RevisionDocument
} from '../components/history/RevisionDocument';
import { nbtrackIcon } from '../icons';
import { DiffModel, LIVE } from '../model/historyDiff';
import type { Recorders } from '../model/snapshots';
import { StateModel } from '../model/state';
import { CommandIDs, INbtrackRecorders, INbtrackRestore } from '../tokens';
import { besideEditors } from './besideEditors';
import { cellHighlight } from './highlight';
import { RevisionPicker } from './pickRevision';

type Args = ReadonlyPartialJSONObject;
type Commands = JupyterFrontEnd['commands'];

interface IDiffWidgetOptions {
  model: DiffModel;
  commands: Commands;
  picker: RevisionPicker;
  languages: IEditorLanguageRegistry | null;
}

class DiffWidget extends ReactWidget {
  constructor(private readonly options: IDiffWidgetOptions) {
    super();
    this.addClass('nbt-diff-page');
    const { languages } = options;
    this.loadHighlight = () => cellHighlight(languages);
    this.loadBeside = onlyOnce(() => besideEditors(languages));
  }

  get model(): DiffModel {
    return this.options.model;
  }

  /** What opens this comparison again. */
  get args(): { revision_id: string; against: string } {
    const { sides } = this.model;
    return { revision_id: sides.old, against: sides.new };
  }

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  protected render(): JSX.Element {
    return (
      <Diff
        model={this.model}
        loadHighlight={this.loadHighlight}
        loadBeside={this.loadBeside}
        actions={{
          refresh: () => void this.model.refresh(),
          swap: () => void this.model.swap(),
          choose: side => void this.choose(side),
          restore: () => void this.restore(),
          restoreCell: cell => void this.restoreCell(cell)
        }}
      />
    );
  }

  private async choose(side: SideName): Promise<void> {
    const { diff } = this.model.state;
    const known = diff && sourceRevision(diff);
    if (known) {
      const { sides } = this.model;
      const other = sides[side === 'old' ? 'new' : 'old'];
      const picked = await this.options.picker.pickOf(
        known.notebook_id,
        'Compare with',
        other !== LIVE
      );
      if (picked !== null) {
        await this.model.compareSides({ ...sides, [side]: picked });
      }
    }
  }

  private async restore(): Promise<void> {
    const { diff } = this.model.state;
    const revision = diff && sourceRevision(diff);
    if (revision) {
      const { revision_id } = revision;
      await this.options.commands.execute(CommandIDs.restoreRevision, { revision_id });
      await this.model.refresh();
    }
  }

  private async restoreCell(cell: CellDiff): Promise<void> {
    const { diff } = this.model.state;
    const revision = diff && sourceRevision(diff);
    const meant = diff && cellRestore(diff, cell);
    if (revision && meant) {
      await this.options.commands.execute(CommandIDs.restoreCell, {
        revision_id: revision.revision_id,
        cell_id: meant.cellId,
        into: meant.into,
        confirm: false
      });
      await this.model.refresh();
    }
  }

  private readonly loadHighlight: () => Promise<Highlight>;
  private readonly loadBeside: () => Promise<ShowBeside>;
}

type DiffProps = Omit<
  React.ComponentProps<typeof DiffView>,
  'state' | 'pieces' | 'highlight'
> & { model: DiffModel; loadHighlight: () => Promise<Highlight> };

function Diff({ model, loadHighlight, ...props }: DiffProps): JSX.Element {
  const state = useModel(model);
  const highlight = useHighlight(loadHighlight);
  return (
    <DiffView state={state} pieces={model.pieces} highlight={highlight} {...props} />
  );
}

/** Asked again only after a failure. */
function onlyOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | null = null;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = null;
      throw error;
    });
    return loading;
  };
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

    const picker = new RevisionPicker(notebooks, recorders);
    const openDiff = async (revisionId: string, args: Args): Promise<void> => {
      const against = typeof args['against'] === 'string' ? args['against'] : LIVE;
      const open = tracker.find(({ content }) => {
        const shown = content instanceof DiffWidget ? content.args : null;
        return shown?.revision_id === revisionId && shown.against === against;
      });
      if (open) {
        void (open.content as DiffWidget).model.refresh();
        show(open);
        return;
      }
      const model = new DiffModel({
        sides: { old: revisionId, new: against },
        recorders,
        findPanel: revision => restore.findPanel(revision, false)
      });
      const content = new DiffWidget({ model, commands, picker, languages });
      const id = `nbtrack-diff-${UUID.uuid4()}`;
      const widget = inMainArea(content, id, 'Compare');
      model.changed.connect((_, { diff }) => {
        if (diff) {
          widget.title.label = `${sideName(diff.old)} → ${sideName(diff.new)}`;
          widget.title.caption =
            'nbtrack: what differs between two states of a notebook';
          void tracker.save(widget);
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
          saveAs={() =>
            void commands.execute(CommandIDs.saveRevisionAs, { revision_id })
          }
          exportAs={() =>
            void commands.execute(CommandIDs.exportRevision, { revision_id })
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
    add(
      CommandIDs.compareRevisions,
      'Compare two revisions…',
      'Compare',
      async revision_id => {
        const { notebook_id } = await getRevision(revision_id);
        const against = await picker.pickOf(notebook_id, 'Compare with', true);
        if (against !== null) {
          await openDiff(revision_id, { against });
        }
      }
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
    name: widget => widget.id,
    when: []
  });
}
