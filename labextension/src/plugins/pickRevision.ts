/** Which revision a command means: the one it was given, or one that the user picks. */

import { InputDialog } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { findNotebook, listRevisions } from '../api/client';
import type { RevisionInfo } from '../api/generated';
import { describeReason } from '../components/history/describe';
import { formatAge } from '../model/format';
import { LIVE } from '../model/historyDiff';
import type { Recorders } from '../model/snapshots';

const OFFERED = 100;

export class RevisionPicker {
  constructor(
    private readonly notebooks: INotebookTracker,
    private readonly recorders: Recorders
  ) {}

  /** Whether a command with these arguments has, or can ask for, a revision. */
  canPick(args: ReadonlyPartialJSONObject): boolean {
    return (
      typeof args['revision_id'] === 'string' || this.notebooks.currentWidget !== null
    );
  }

  /** The id of the revision that is meant; null if the user chose none. */
  async pick(args: ReadonlyPartialJSONObject, title: string): Promise<string | null> {
    const given = args['revision_id'];
    if (typeof given === 'string') {
      return given;
    }
    const panel = this.notebooks.currentWidget;
    if (!panel) {
      return null;
    }
    const { notebook_id } = await findNotebook(this.recorders.pathOf(panel.context));
    return notebook_id ? this.pickOf(notebook_id, title) : null;
  }

  /** The id of a revision that the user picks; `live` for the notebook as it is. */
  async pickOf(
    notebookId: string,
    title: string,
    offersLive = false
  ): Promise<string | null> {
    const { revisions } = await listRevisions(notebookId, { limit: OFFERED });
    const ids = revisions.map(revision => revision.revision_id);
    const labels = revisions.map(revision => describe(revision, Date.now()));
    if (offersLive) {
      ids.unshift(LIVE);
      labels.unshift('now · the notebook as it is');
    }
    const answer = await InputDialog.getItem({ title, items: labels, current: 0 });
    const chosen = answer.button.accept ? labels.indexOf(answer.value ?? '') : -1;
    return ids[chosen] ?? null;
  }
}

function describe(revision: RevisionInfo, now: number): string {
  const name = revision.label ? ` “${revision.label}”` : '';
  const age = formatAge(revision.created_at, now);
  return `r${revision.number}${name} · ${describeReason(revision)} · ${age}`;
}
