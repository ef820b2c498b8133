/** A run's page in the main area. */

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { ServerConnection } from '@jupyterlab/services';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { artifactUrl } from '../api/client';
import { ApiError } from '../api/request';
import { type IRunActions } from '../components/common/actions';
import { type ISourceRenderer } from '../components/common/Source';
import { useModel } from '../components/common/useModel';
import { RunPage } from '../components/runPage/RunPage';
import { nbtrackIcon } from '../icons';
import { RunPageModel } from '../model/runsPage';
import { CommandIDs, INbtrackChanges } from '../tokens';
import { runActions } from './runActions';

interface IRunPageViewProps {
  model: RunPageModel;
  actions: IRunActions;
  renderSource?: ISourceRenderer;
}

function RunPageView({ model, actions, renderSource }: IRunPageViewProps): JSX.Element {
  const state = useModel(model);
  const load = React.useCallback(
    (path: string) => loadArtifact(state.runId, path),
    [state.runId]
  );
  return (
    <RunPage
      state={state}
      actions={actions}
      onRename={name => void model.rename(name)}
      onDelete={() => void model.delete()}
      onUndelete={() => void model.undelete()}
      onRefresh={() => void model.refresh()}
      loadArtifact={load}
      renderSource={renderSource}
    />
  );
}

/** Through a request, not an address: it works with every way the server knows its users. */
async function loadArtifact(runId: string, path: string): Promise<Blob> {
  const settings = ServerConnection.makeSettings();
  const url = artifactUrl(runId, path);
  const response = await ServerConnection.makeRequest(url, {}, settings);
  if (!response.ok) {
    throw new ApiError('not_found', `The artifact could not be read.`, response.status);
  }
  return response.blob();
}

class RunPageWidget extends MainAreaWidget<ReactWidget> {
  constructor(
    readonly model: RunPageModel,
    content: ReactWidget
  ) {
    super({ content });
    this.id = `nbtrack-run-${model.state.runId}`;
    this.addClass('nbt-main');
    this.toolbar.hide();
    this.title.icon = nbtrackIcon;
    this.title.closable = true;
    this.title.label = 'Run';
    model.changed.connect(this.showTitle, this);
  }

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  private showTitle(): void {
    const run = this.model.state.detail?.run;
    if (run) {
      this.title.label = run.run_name;
      this.title.caption = `Run ${run.run_name} of ${run.experiment_name}`;
    }
  }
}

export const runPagePlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbtrack:run-page',
  description: 'Shows a run in the main area.',
  autoStart: true,
  requires: [INbtrackChanges],
  optional: [ILayoutRestorer, IEditorLanguageRegistry],
  activate: (
    app: JupyterFrontEnd,
    changes: INbtrackChanges,
    restorer: ILayoutRestorer | null,
    languages: IEditorLanguageRegistry | null
  ) => {
    const tracker = new WidgetTracker<RunPageWidget>({ namespace: 'nbtrack-runs' });
    const actions = runActions(app.commands);
    const renderSource = languages ? highlighter(languages) : undefined;

    const open = (runId: string): RunPageWidget => {
      const model = new RunPageModel(runId);
      const view = (
        <RunPageView model={model} actions={actions} renderSource={renderSource} />
      );
      const widget = new RunPageWidget(model, ReactWidget.create(view));
      app.shell.add(widget, 'main');
      void tracker.add(widget);
      void model.refresh();
      return widget;
    };

    changes.changed.connect((_, change) => {
      tracker.forEach(({ model }) => {
        if (change.everything || change.run_ids.includes(model.state.runId)) {
          model.onChange();
        }
      });
    });
    app.commands.addCommand(CommandIDs.openRun, {
      label: 'Open run',
      execute: args => {
        const runId = String(args.run_id);
        const widget =
          tracker.find(({ model }) => model.state.runId === runId) ?? open(runId);
        app.shell.activateById(widget.id);
      }
    });
    if (restorer) {
      void restorer.restore(tracker, {
        command: CommandIDs.openRun,
        args: ({ model }) => ({ run_id: model.state.runId }),
        name: ({ model }) => model.state.runId
      });
    }
  }
};

function highlighter(languages: IEditorLanguageRegistry): ISourceRenderer {
  return async (source, host) => {
    const language = languages.findByName('ipython') ?? languages.findByName('python');
    await languages.highlight(source, language, host);
  };
}
