/** What nbtrack's plugins offer each other. */

import type { LabIcon } from '@jupyterlab/ui-components';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';

import type { ChangeEvent } from './api/generated';

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

/** Commands other plugins and pages may rely on. */
export namespace CommandIDs {
  /** `{ run_id: string }` */
  export const openRun = 'nbtrack:open-run';
  /** `{ run_ids: string[] }` */
  export const compareRuns = 'nbtrack:compare-runs';
  export const showRuns = 'nbtrack:show-runs';
  export const showHistory = 'nbtrack:show-history';
  export const trackCell = 'nbtrack:track-cell';
  /** `{ path: string, cell_id: string, revision_id?: string }` */
  export const jumpToCell = 'nbtrack:jump-to-cell';
  /** `{ revision_id: string }` */
  export const openRevision = 'nbtrack:open-revision';
}
