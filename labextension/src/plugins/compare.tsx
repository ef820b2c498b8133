/** Comparisons of runs in the main area. */

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { type IRunActions } from '../components/common/actions';
import { useHighlight } from '../components/common/useHighlight';
import { useModel } from '../components/common/useModel';
import { ComparePage } from '../components/compare/ComparePage';
import type { Highlight } from '../components/diff/types';
import { nbtrackIcon } from '../icons';
import { CompareModel } from '../model/runsCompare';
import { CommandIDs, INbtrackChanges } from '../tokens';
import { cellHighlight } from './highlight';
import { runActions } from './runActions';

interface ICompareViewProps {
  model: CompareModel;
  actions: IRunActions;
  loadHighlight: () => Promise<Highlight>;
  onCompareNotebooks: (oldRevisionId: string, newRevisionId: string) => void;
}

function CompareView({
  model,
  actions,
  loadHighlight,
  onCompareNotebooks
}: ICompareViewProps): JSX.Element {
  const highlight = useHighlight(loadHighlight);
  return (
    <ComparePage
      highlight={highlight}
      state={useModel(model)}
      actions={actions}
      onRemove={runId => model.remove(runId)}
      onRefresh={() => void model.refresh()}
      onCompareNotebooks={onCompareNotebooks}
    />
  );
}

class CompareWidget extends MainAreaWidget<ReactWidget> {
  constructor(
    readonly model: CompareModel,
    content: ReactWidget
  ) {
    super({ content });
    this.addClass('nbt-main');
    this.toolbar.hide();
    this.title.icon = nbtrackIcon;
    this.title.closable = true;
    this.showTitle();
    model.changed.connect(this.showTitle, this);
  }

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  private showTitle(): void {
    const { runIds, comparison } = this.model.state;
    this.title.label = `Compare ${runIds.length} runs`;
    this.title.caption = comparison?.runs.map(run => run.run_name).join(', ') ?? '';
  }
}

/** The same runs in any order are one comparison. */
function sameRuns(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every(id => b.includes(id));
}

export const comparePlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbtrack:compare',
  description: 'Compares runs in the main area.',
  autoStart: true,
  requires: [INbtrackChanges],
  optional: [ILayoutRestorer, IEditorLanguageRegistry],
  activate: (
    app: JupyterFrontEnd,
    changes: INbtrackChanges,
    restorer: ILayoutRestorer | null,
    languages: IEditorLanguageRegistry | null
  ) => {
    const tracker = new WidgetTracker<CompareWidget>({ namespace: 'nbtrack-compare' });
    const actions = runActions(app.commands);
    const loadHighlight = () => cellHighlight(languages);

    const open = (runIds: readonly string[]): CompareWidget => {
      const model = new CompareModel(runIds);
      const view = (
        <CompareView
          model={model}
          actions={actions}
          loadHighlight={loadHighlight}
          onCompareNotebooks={(revision_id, against) =>
            void app.commands.execute(CommandIDs.openRevision, { revision_id, against })
          }
        />
      );
      const widget = new CompareWidget(model, ReactWidget.create(view));
      widget.id = `nbtrack-compare-${runIds.join('-')}`;
      model.changed.connect(() => void tracker.save(widget));
      app.shell.add(widget, 'main');
      void tracker.add(widget);
      void model.refresh();
      return widget;
    };

    changes.changed.connect((_, change) => {
      tracker.forEach(({ model }) => model.onChange(change.run_ids, change.everything));
    });
    app.commands.addCommand(CommandIDs.compareRuns, {
      label: 'Compare runs',
      execute: args => {
        const runIds = (args.run_ids as string[] | undefined) ?? [];
        const widget =
          tracker.find(({ model }) => sameRuns(model.state.runIds, runIds)) ??
          open(runIds);
        app.shell.activateById(widget.id);
      }
    });
    if (restorer) {
      void restorer.restore(tracker, {
        command: CommandIDs.compareRuns,
        args: ({ model }) => ({ run_ids: [...model.state.runIds] }),
        name: ({ model }) => model.state.runIds.join('-')
      });
    }
  }
};
