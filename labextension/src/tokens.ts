/** What nbtrack's plugins offer each other. */

import type { NotebookPanel } from '@jupyterlab/notebook';
import type { LabIcon } from '@jupyterlab/ui-components';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';

import type { ChangeEvent, RevisionInfo } from './api/generated';
import type { IRestoredNotice } from './components/history/types';
import type { Restored, RestoreRequest } from './model/restore';
import type { Recorders } from './model/snapshots';

/** One section of the sidebar. */
export interface ISidebarTab {
  /** Stable and unique, such as `runs`. */
  id: string;
  label: string;
  /** Smaller stands further left. */
  rank: number;
  widget: Widget;
  icon?: LabIcon;
}

/** nbtrack's left sidebar: plugins add their sections to it. */
export interface INbtrackSidebar {
  addTab(tab: ISidebarTab): void;
  /** Open the sidebar at a section. */
  open(tabId: string): void;
  /** Id of the section that is shown, `null` while the sidebar is hidden. */
  readonly visibleTab: string | null;
  /** Emits when `visibleTab` changes. */
  readonly visibleTabChanged: ISignal<INbtrackSidebar, string | null>;
}

export const INbtrackSidebar = new Token<INbtrackSidebar>(
  'nbtrack:INbtrackSidebar',
  'The left sidebar of nbtrack, with one section per plugin.'
);

/** Live changes of the store. */
export interface INbtrackChanges {
  /**
   * Emits what changed, coalesced to a few emissions a second. `everything` is true when events
   * may have been missed (the connection was lost): then ask again for all that is shown.
   */
  readonly changed: ISignal<INbtrackChanges, ChangeEvent & { everything: boolean }>;
}

export const INbtrackChanges = new Token<INbtrackChanges>(
  'nbtrack:INbtrackChanges',
  'Emits which runs and notebooks changed in the store.'
);

/** The user's settings, as in `schema/plugin.json`. */
export interface ISettings {
  captureSnapshots: boolean;
  liveUpdates: boolean;
  loadInKernels: boolean;
  runsPerPage: number;
}

export interface INbtrackSettings {
  readonly current: ISettings;
  readonly changed: ISignal<INbtrackSettings, ISettings>;
}

export const INbtrackSettings = new Token<INbtrackSettings>(
  'nbtrack:INbtrackSettings',
  'The settings of nbtrack, typed, with their defaults.'
);

/** Commands other plugins and pages may rely on, with their arguments. */
export const CommandIDs = {
  /** `{ run_id: string }` */
  openRun: 'nbtrack:open-run',
  /** `{ run_ids: string[] }` */
  compareRuns: 'nbtrack:compare-runs',
  showRuns: 'nbtrack:show-runs',
  showHistory: 'nbtrack:show-history',
  trackCell: 'nbtrack:track-cell',
  /** `{ path: string, cell_id: string, revision_id?: string }` */
  jumpToCell: 'nbtrack:jump-to-cell',
  /** `{ revision_id: string, against?: string }`: old and new side, each may be `live` */
  openRevision: 'nbtrack:open-revision',
  /** `{ revision_id: string }`: the other side is asked for */
  compareRevisions: 'nbtrack:compare-revisions',
  /** `{ revision_id: string }` */
  openRevisionBeside: 'nbtrack:open-revision-beside',
  /**
   * `{ notebook_id?: string, cell_id?: string, number?: number }`: all versions of a cell, of
   * the selected one if absent, from the one that revision `number` had
   */
  cellHistory: 'nbtrack:cell-history',
  figures: 'nbtrack:figures',
  /** `{ revision_id: string }` */
  restoreRevision: 'nbtrack:restore-revision',
  /** `{ revision_id: string, cell_id: string, into?: string }`; `into` is the present cell */
  restoreCell: 'nbtrack:restore-cell',
  /** `{ revision_id: string }` */
  saveRevisionAs: 'nbtrack:save-revision-as',
  /** `{ revision_id: string, to?: string }`, the format is asked for if absent */
  exportRevision: 'nbtrack:export-revision',
  undoRestore: 'nbtrack:undo-restore',
  /** `{ label?: string }`, asked for if absent */
  checkpoint: 'nbtrack:checkpoint'
} as const;

/** Who records the open notebooks. */
export const INbtrackRecorders = new Token<Recorders>(
  'nbtrack:INbtrackRecorders',
  'The recorders of the open notebooks, one for each document.'
);

/** Restores with a question before and a way back after. */
export interface INbtrackRestore {
  /** The last restore that can still be taken back. */
  readonly last: IRestoredNotice | null;
  readonly lastChanged: ISignal<INbtrackRestore, void>;
  /** The open notebook a revision belongs to; opened if it is not. */
  findPanel(revision: RevisionInfo, activate: boolean): Promise<NotebookPanel>;
  /** Restore without a question, and offer the way back. Throws what went wrong. */
  restoreInto(panel: NotebookPanel, request: RestoreRequest): Promise<Restored>;
  /** Tell the user what went wrong. */
  complain(error: unknown): void;
}

export const INbtrackRestore = new Token<INbtrackRestore>(
  'nbtrack:INbtrackRestore',
  'Restores revisions into open notebooks.'
);
