/** Renderers of nbtrack's own outputs: the card of a run, and tables of runs. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import {
  type ChangeEvent,
  RUN_MIME,
  type RunCard,
  RUNS_MIME,
  type RunTable
} from '../api/generated';
import { RunCardView } from '../components/card/RunCardView';
import { type IRunActions } from '../components/common/actions';
import { useModel } from '../components/common/useModel';
import { RunTableView } from '../components/runs/RunTableView';
import { RunCardModel } from '../model/runsCard';
import { INbtrackChanges } from '../tokens';
import { runActions } from './runActions';

/** Before text/html (50), which the same bundles carry for other front ends. */
const RANK = 0;

function Card(props: { model: RunCardModel; actions: IRunActions }): JSX.Element {
  return <RunCardView state={useModel(props.model)} actions={props.actions} />;
}

class RunCardRenderer extends ReactWidget implements IRenderMime.IRenderer {
  constructor(
    private readonly actions: IRunActions,
    changes: INbtrackChanges
  ) {
    super();
    this.addClass('nbt-output');
    changes.changed.connect(this.onChange, this);
  }

  /** Called again for each update of the display: the card stays, its facts change. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const card = model.data[RUN_MIME] as unknown as RunCard;
    if (!this._card) {
      this._card = new RunCardModel(card);
      this.update();
      await this.renderPromise;
    } else if (!this._card.shows(card)) {
      this._card.setCard(card);
    }
  }

  override dispose(): void {
    this._card?.dispose();
    super.dispose();
  }

  protected override render(): JSX.Element | null {
    return this._card ? <Card model={this._card} actions={this.actions} /> : null;
  }

  private onChange(_: INbtrackChanges, change: ChangeEvent): void {
    if (this._card && change.run_ids.includes(this._card.state.card.run_id)) {
      this._card.onChange();
    }
  }

  private _card: RunCardModel | null = null;
}

class RunTableRenderer extends ReactWidget implements IRenderMime.IRenderer {
  constructor(private readonly actions: IRunActions) {
    super();
    this.addClass('nbt-output');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this._table = model.data[RUNS_MIME] as unknown as RunTable;
    this.update();
    await this.renderPromise;
  }

  protected override render(): JSX.Element | null {
    return this._table ? (
      <RunTableView table={this._table} actions={this.actions} />
    ) : null;
  }

  private _table: RunTable | null = null;
}

export const mimePlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbtrack:mime',
  description: 'Renders the cards of runs and tables of runs in outputs.',
  autoStart: true,
  requires: [IRenderMimeRegistry, INbtrackChanges],
  activate: (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    changes: INbtrackChanges
  ) => {
    const actions = runActions(app.commands);
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [RUN_MIME],
        createRenderer: () => new RunCardRenderer(actions, changes)
      },
      RANK
    );
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [RUNS_MIME],
        createRenderer: () => new RunTableRenderer(actions)
      },
      RANK
    );
  }
};
