/** The server's endpoints as typed functions, one for each line of `nbtrack/wire.py`. */

import type {
  AskAnswer,
  CellDocument,
  CheckpointRequest,
  Comparison,
  Done,
  ExperimentList,
  FigurePage,
  Filmstrip,
  HistoryMatchPage,
  MetadataDocument,
  NotebookDiff,
  NotebookInfo,
  RevisionDocument,
  RevisionInfo,
  RevisionPage,
  RevisionPatch,
  RunDetail,
  RunPage,
  RunPatch,
  RunSummary,
  SeriesList,
  SnapshotReply,
  SnapshotRequest,
  Status,
  Timeline
} from './generated';
import { apiUrl, request, requestFile, type ServedFile } from './request';

const id = encodeURIComponent;

export interface RunQuery {
  path?: string;
  notebook_id?: string;
  experiment_id?: string;
  cell_id?: string;
  filter?: string;
  /** Words that the code or the note of a run must hold. */
  text?: string;
  order_by?: string;
  view?: string;
  limit?: number;
  page_token?: string;
}

export const getStatus = (): Promise<Status> => request('status');

export const listRuns = (query: RunQuery): Promise<RunPage> =>
  request('runs', { query: { ...query } });

export const getRun = (runId: string): Promise<RunDetail> =>
  request(`runs/${id(runId)}`);

export const patchRun = (runId: string, patch: RunPatch): Promise<RunSummary> =>
  request(`runs/${id(runId)}`, { method: 'PATCH', body: patch });

export const deleteRuns = (runIds: readonly string[]): Promise<Done> =>
  request('runs/delete', { method: 'POST', body: { run_ids: runIds } });

export const undeleteRuns = (runIds: readonly string[]): Promise<Done> =>
  request('runs/undelete', { method: 'POST', body: { run_ids: runIds } });

export const getSeries = (
  runId: string,
  keys: readonly string[],
  maxPoints = 2000
): Promise<SeriesList> =>
  request(`runs/${id(runId)}/series`, { query: { key: keys, max_points: maxPoints } });

/** Where a run's artifact can be read from. */
export const artifactUrl = (runId: string, path: string): string =>
  apiUrl(`runs/${id(runId)}/artifacts/${path.split('/').map(id).join('/')}`);

export const compareRuns = (runIds: readonly string[]): Promise<Comparison> =>
  request('compare', { query: { run_id: runIds } });

export const listExperiments = (): Promise<ExperimentList> => request('experiments');

export const findNotebook = (path: string): Promise<NotebookInfo> =>
  request('notebooks', { query: { path } });

/** Where a notebook is now. */
export const getNotebook = (notebookId: string): Promise<NotebookInfo> =>
  request('notebooks', { query: { notebook_id: notebookId } });

/** Which revisions; all that is asked must hold. */
export interface RevisionQuery {
  cell_id?: string;
  author?: string;
  named?: 1;
  with_runs?: 1;
  with_errors?: 1;
}

export const listRevisions = (
  notebookId: string,
  query: RevisionQuery & { limit?: number; page_token?: string; before?: number } = {}
): Promise<RevisionPage> =>
  request(`notebooks/${id(notebookId)}/revisions`, { query: { ...query } });

export const getTimeline = (
  notebookId: string,
  query: RevisionQuery = {}
): Promise<Timeline> =>
  request(`notebooks/${id(notebookId)}/timeline`, { query: { ...query } });

/** Cells that at some time held words, in the notebook at a path or in all. */
export const searchHistory = (query: {
  text: string;
  path?: string;
  limit?: number;
  page_token?: string;
}): Promise<HistoryMatchPage> => request('history/search', { query: { ...query } });

export const listFigures = (
  notebookId: string,
  query: { limit?: number; page_token?: string } = {}
): Promise<FigurePage> =>
  request(`notebooks/${id(notebookId)}/figures`, { query: { ...query } });

/** Where a picture that a notebook showed can be read from. */
export const figureUrl = (notebookId: string, digest: string): string =>
  apiUrl(`notebooks/${id(notebookId)}/figures/${id(digest)}`);

export const getFilmstrip = (
  notebookId: string,
  cellId: string,
  query: { limit?: number; before?: number } = {}
): Promise<Filmstrip> =>
  request(`notebooks/${id(notebookId)}/cells/${id(cellId)}`, { query: { ...query } });

export const checkpointNotebook = (
  notebookId: string,
  body: CheckpointRequest
): Promise<RevisionInfo> =>
  request(`notebooks/${id(notebookId)}/checkpoint`, { method: 'POST', body });

export const getRevision = (revisionId: string): Promise<RevisionInfo> =>
  request(`revisions/${id(revisionId)}`);

export const patchRevision = (
  revisionId: string,
  patch: RevisionPatch
): Promise<RevisionInfo> =>
  request(`revisions/${id(revisionId)}`, { method: 'PATCH', body: patch });

export const getRevisionDocument = (
  revisionId: string,
  outputs = true
): Promise<RevisionDocument> =>
  request(`revisions/${id(revisionId)}/document`, {
    query: { outputs: outputs ? 1 : 0 }
  });

/** Compare two states: each a revision's id or `live`, the open document. */
export const diffStates = (
  old: string,
  fresh: string,
  documentId?: string
): Promise<NotebookDiff> =>
  request('diff', { query: { old, new: fresh, document_id: documentId } });

/** A recorded revision, or an open document. */
export interface StateRef {
  kind: 'revisions' | 'documents';
  id: string;
}

export const getStateCell = (state: StateRef, cellId: string): Promise<CellDocument> =>
  request(`${state.kind}/${id(state.id)}/cells/${id(cellId)}`);

export const getStateMetadata = (state: StateRef): Promise<MetadataDocument> =>
  request(`${state.kind}/${id(state.id)}/metadata`);

/** A revision as a file of another kind. */
export const exportRevision = (revisionId: string, to: string): Promise<ServedFile> =>
  requestFile(`revisions/${id(revisionId)}/export`, { query: { to } });

/** Say what came of what the server asked this page to do. */
export const answerAsk = (askId: string, body: AskAnswer): Promise<Done> =>
  request(`asks/${id(askId)}`, { method: 'POST', body });

export const postSnapshot = (
  body: SnapshotRequest,
  keepalive = false
): Promise<SnapshotReply> => request('snapshots', { method: 'POST', body, keepalive });

export const closeDocument = (documentId: string, keepalive = false): Promise<Done> =>
  request(`documents/${id(documentId)}/close`, { method: 'POST', body: {}, keepalive });
