/** What every view of runs can ask its host to do. */

export interface IRunActions {
  openRun: (runId: string) => void;
  compare: (runIds: readonly string[]) => void;
  openRevision: (revisionId: string) => void;
  /** Show the cell in its notebook; its revision where it is gone. */
  jumpToCell: (place: ICellPlace) => void;
}

export interface ICellPlace {
  notebook_path: string | null;
  notebook_id: string | null;
  cell_id: string;
  revision_id: string | null;
}
