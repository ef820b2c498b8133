// Generated from nbtrack/wire.py by scripts/generate_types.py: do not edit, run `npm run types`.

export const EVENT_SCHEMA_ID = 'https://events.nbtrack.dev/changes/v1';
export const ASK_SCHEMA_ID = 'https://events.nbtrack.dev/asks/v1';
export const RUN_MIME = 'application/vnd.nbtrack.run+json';
export const RUNS_MIME = 'application/vnd.nbtrack.runs+json';
export const REVISIONS_MIME = 'application/vnd.nbtrack.revisions+json';

/** A metric's value as JSON can say it: JSON has no NaN and no infinities. */
export type MetricValue = number | 'NaN' | 'Infinity' | '-Infinity';

/** What happened to a cell between two revisions. */
export type ChangeKind = 'added' | 'edited' | 'moved' | 'output' | 'removed';

/** Which way a dataset went: read by a run, or written by it. */
export type Direction = 'input' | 'output';

/** Why a run or an execution is over; finer than MLflow's status. */
export type EndReason = 'completed' | 'exception' | 'interrupt' | 'process_died';

/** How a cell execution stands; ``ok``, ``error`` as in Jupyter's execute_reply. */
export type ExecutionStatus = 'aborted' | 'error' | 'ok' | 'running';

/** MLflow's lifecycle stages. */
export type Lifecycle = 'active' | 'deleted';

/** What made a revision. */
export type RevisionReason = 'before_restore' | 'checkpoint' | 'execute' | 'open' | 'outside' | 'restore' | 'save';

/** MLflow's run statuses. */
export type RunStatus = 'FAILED' | 'FINISHED' | 'KILLED' | 'RUNNING' | 'SCHEDULED';

/** What went wrong, and what would be right. ``code`` is for programs. */
export interface ErrorInfo {
  code: 'bad_request' | 'conflict' | 'forbidden' | 'internal' | 'not_found' | 'store' | 'too_large';
  message: string;
}

/** The one shape of every error. */
export interface ErrorBody {
  error: ErrorInfo;
}

/** It was done, to so many things. */
export interface Done {
  count: number;
}

/** The server's half, for the settings page and ``nbtrack doctor``. */
export interface Status {
  version: string;
  store: string;
  capture_history: boolean;
  user: string;
}

/** Where a value came from; see ``entities.Origin`` for the rules. */
export interface OriginInfo {
  rule: string;
  cell_id: string | null;
  line: number | null;
  is_default: boolean | null;
}

export interface ParamInfo {
  key: string;
  value: string;
  origin: OriginInfo | null;
}

/** The indexed facts of one metric. More than one point means it has a curve. */
export interface MetricInfo {
  key: string;
  last: MetricValue;
  min: MetricValue;
  max: MetricValue;
  first: MetricValue;
  count: number;
  last_step: number;
  /** Which way is better, where the metric's name tells. */
  direction: 'max' | 'min' | null;
  origin: OriginInfo | null;
}

/** A row of the run table. */
export interface RunSummary {
  run_id: string;
  run_name: string;
  experiment_id: string;
  experiment_name: string;
  status: RunStatus;
  end_reason: EndReason | null;
  lifecycle_stage: Lifecycle;
  started_at: string;
  ended_at: string | null;
  duration_s: number | null;
  user_id: string;
  source_name: string;
  cell_id: string | null;
  msg_id: string | null;
  notebook_id: string | null;
  /** The notebook's present path as the contents API names it; None if outside the root. */
  notebook_path: string | null;
  revision_id: string | null;
  revision_number: number | null;
  parent_run_id: string | null;
  error_name: string | null;
  error_message: string | null;
  capture_incomplete: string | null;
  /** Kinds of `FlagInfo`: what to know before trusting the run's code. */
  flags: string[];
  params: ParamInfo[];
  metrics: MetricInfo[];
  tags: Record<string, string>;
}

export interface RunPage {
  runs: RunSummary[];
  total: number;
  next_page_token: string | null;
}

/** Code that ran, or a run's note, that holds what was looked for. */
export interface TextMatchInfo {
  kind: 'code' | 'note';
  /** The line that shows it best. */
  snippet: string;
  /** Its number, from 1. */
  line: number;
  /** When the code ran last; when the run of the note began. */
  found_at: string;
  msg_id: string | null;
  cell_id: string | null;
  notebook_id: string | null;
  notebook_path: string | null;
  /** Active runs of the code, newest first; the run of the note. */
  run_ids: string[];
}

export interface TextMatchPage {
  matches: TextMatchInfo[];
  next_page_token: string | null;
}

/** A cell that at some time held what was looked for, in its text or in what it showed. */
export interface HistoryMatchInfo {
  notebook_id: string;
  notebook_path: string | null;
  cell_id: string;
  part: 'output' | 'source';
  /** The cell's type, or ``output`` or ``error``. */
  role: string;
  snippet: string;
  /** Where in the snippet the words are, as starts and ends in Unicode code points. */
  marks: number[][];
  line: number;
  /** So many different texts of this cell match. */
  version_count: number;
  first_number: number;
  last_number: number;
  /** The revision with which the newest version came that matches. */
  found_number: number;
  found_id: string;
  found_at: string;
  /** It still stands in the newest revision. */
  is_present: boolean;
}

export interface HistoryMatchPage {
  matches: HistoryMatchInfo[];
  next_page_token: string | null;
}

/** A picture that a notebook showed, and the revision it came with the last time. */
export interface FigureInfo {
  digest: string;
  cell_id: string;
  number: number;
  revision_id: string;
  shown_at: string;
}

export interface FigurePage {
  figures: FigureInfo[];
  next_page_token: string | null;
}

export interface ArtifactInfo {
  path: string;
  size_bytes: number;
  media_type: string;
  digest: string;
  created_at: string;
  origin: OriginInfo | null;
}

/** One cell execution. ``source`` is the code exactly as it ran. */
export interface ExecutionInfo {
  msg_id: string;
  cell_id: string | null;
  execution_count: number | null;
  status: ExecutionStatus;
  source: string;
  started_at: string;
  duration_s: number | null;
  error_name: string | null;
  names_read: string[];
  names_written: string[];
}

export interface PackageInfo {
  name: string;
  version: string;
}

/** ``remote`` is its URL, without credentials. What is dirty is in `git-diff.patch`. */
export interface GitInfo {
  commit: string;
  branch: string | null;
  dirty: boolean;
  remote: string | null;
}

/** Python, packages, platform and git state of a run; also the stored document. */
export interface EnvironmentInfo {
  python: string;
  implementation: string;
  platform: string;
  executable: string;
  cpu_count: number | null;
  packages: PackageInfo[];
  git: GitInfo | null;
}

/** A light profile of one column of a table; over ``profiled_rows`` of the dataset. */
export interface ColumnProfile {
  name: string;
  dtype: string;
  null_count: number | null;
  distinct_count: number | null;
  min: string | null;
  max: string | null;
  mean: MetricValue | null;
  std: MetricValue | null;
}

/** What is known of a dataset's content; also the stored document. */
export interface DatasetDocument {
  /** ``table``, ``array``, ``query``, ``file`` or ``folder``. */
  kind: string;
  row_count: number | null;
  profiled_rows: number | null;
  shape: number[] | null;
  columns: ColumnProfile[];
  query: string | null;
  /** As given to ``log_input``. */
  tags: Record<string, string>;
}

/** Another run, to go to. */
export interface RunLink {
  run_id: string;
  run_name: string;
}

/** Data that a run read or wrote. ``written_by`` and ``read_by`` are other runs, by digest. */
export interface DatasetInfo {
  direction: Direction;
  name: string;
  source_type: string;
  source: string;
  digest: string | null;
  size_bytes: number | null;
  modified_at: string | null;
  context: string;
  note: string;
  origin: OriginInfo | null;
  document: DatasetDocument | null;
  written_by: RunLink[];
  read_by: RunLink[];
}

/** One thing that was captured: what, under which key, by which rule, from where. */
export interface CapturedInfo {
  what: 'artifact' | 'input' | 'metric' | 'output' | 'param';
  key: string;
  rule: string;
  cell_id: string | null;
  line: number | null;
  detail: string;
}

/** One thing that could have been captured and was not, and why. */
export interface LeftOutInfo {
  what: 'artifact' | 'input' | 'metric' | 'output' | 'param';
  key: string;
  why: string;
  line: number | null;
}

/**
 * What to know before trusting that the notebook, as it stands, makes this run again.
 *
 *     ``kind``: ``edited`` (uses a value from a cell that was edited since it ran), ``deleted``
 *     (from a cell that is gone), ``out_of_order`` (from a cell below, or from one that ran later
 *     than a cell it depends on was changed), ``unrecorded`` (from before the kernel's recorded
 *     history, or from where nbtrack cannot see), ``masked`` (a secret was masked).
 */
export interface FlagInfo {
  kind: string;
  text: string;
  names: string[];
  cell_id: string | null;
  msg_id: string | null;
}

/**
 * Why a run holds what it holds; also the stored document, shown by ``%track explain``.
 *
 *     ``slice`` holds the ``msg_id`` of the executions that the run depends on, in order, its own
 *     last.
 */
export interface CaptureReport {
  captured: CapturedInfo[];
  left_out: LeftOutInfo[];
  slice: string[];
  flags: FlagInfo[];
  /** Packages that the kernel had really imported. */
  imported: PackageInfo[];
  /** Local modules that were imported: path to the digest of the source in the blob store. */
  local_modules: Record<string, string>;
}

/** A run's page. */
export interface RunDetail {
  run: RunSummary;
  artifacts: ArtifactInfo[];
  /** The execution that made the run. */
  execution: ExecutionInfo | null;
  /** Executions of the same session that bound what it read, in order. */
  earlier: ExecutionInfo[];
  environment: EnvironmentInfo | null;
  children: RunSummary[];
  datasets: DatasetInfo[];
  /** Null for a run that no cell's capture made. */
  report: CaptureReport | null;
}

/** Absent members stay as they are; a tag set to null is removed. */
export interface RunPatch {
  run_name?: string | null;
  tags?: Record<string, string | null>;
}

export interface RunIds {
  run_ids: string[];
}

/** A curve. ``total`` points were logged; these were kept for drawing (extremes are kept). */
export interface SeriesInfo {
  run_id: string;
  key: string;
  total: number;
  steps: number[];
  timestamps_ms: number[];
  values: MetricValue[];
}

export interface SeriesList {
  series: SeriesInfo[];
}

/**
 * One param, metric, tag or the like over the runs, in the runs' order; null is absent.
 *
 *     ``data`` and ``module`` (a local module that was imported) have digests as their values.
 */
export interface ComparedRow {
  kind: 'attribute' | 'data' | 'environment' | 'metric' | 'module' | 'package' | 'param' | 'tag';
  key: string;
  values: (MetricValue | string | null)[];
  differs: boolean;
  /** For a metric: index of the best run, where a direction is known and values differ. */
  best: number | null;
  direction: 'max' | 'min' | null;
}

/**
 * One cell that ran differently for the runs, or not for all of them.
 *
 *     ``versions`` are its distinct texts; ``choices`` says for each run which one it ran, null
 *     for none. ``cell_id`` is null for the cells that are the runs' own, which are one here.
 */
export interface ComparedCode {
  cell_id: string | null;
  versions: string[];
  choices: (number | null)[];
}

/** Something that may be why the runs' metrics differ. */
export interface Cause {
  /** ``unknown``: something was not recorded; ``none``: nothing that was recorded differs. */
  kind: 'code' | 'data' | 'environment' | 'none' | 'package' | 'param' | 'unknown';
  text: string;
}

/**
 * Differences first, then by kind and key; the code in the order it ran.
 *
 *     ``causes`` says in short why metrics may differ, the likeliest first.
 */
export interface Comparison {
  runs: RunSummary[];
  rows: ComparedRow[];
  code: ComparedCode[];
  causes: Cause[];
}

export interface ExperimentInfo {
  experiment_id: string;
  name: string;
  notebook_id: string | null;
}

export interface ExperimentList {
  experiments: ExperimentInfo[];
}

/** A notebook as the contents API names it; ``notebook_id`` null: nothing recorded yet. */
export interface NotebookInfo {
  notebook_id: string | null;
  path: string;
  revision_count: number;
  run_count: number;
  latest_revision_id: string | null;
  copied_from: string | null;
}

/** What a notebook's history takes in the store; a limit of 0 is none. */
export interface HistoryCostInfo {
  revisions: number;
  list_bytes: number;
  content_bytes: number;
  size_bytes: number;
  limit_bytes: number;
  recorded: boolean;
}

/** Whether the history of a notebook or folder is recorded; null takes the switch back. */
export interface HistorySwitch {
  path: string;
  recorded: boolean | null;
}

export interface CellChangeInfo {
  cell_id: string;
  kind: ChangeKind;
  preview: string;
}

/** A run on the history, with its key metric (see `ranking.key_metric`). */
export interface RunMark {
  run_id: string;
  run_name: string;
  status: RunStatus;
  end_reason: EndReason | null;
  metric: MetricInfo | null;
}

/** A line of the history. */
export interface RevisionInfo {
  revision_id: string;
  notebook_id: string;
  number: number;
  parent_id: string | null;
  created_at: string;
  reason: RevisionReason;
  author: string;
  label: string | null;
  cell_id: string | null;
  restored_from: string | null;
  restored_from_number: number | null;
  cell_count: number;
  changes: CellChangeInfo[];
  runs: RunMark[];
  /** Of a cell that was run from it and failed. */
  error_name: string | null;
  /**
   * From where: ``lab``, ``notebook``, ``vscode``, ``colab``, ``headless``, ``ipython``, ``api``,
   * ``cli`` or ``outside``; empty where it was not noted.
   */
  origin: string;
  /** The commit that was checked out; ``git_clean`` says whether the file was as in it. */
  git_commit: string | null;
  git_clean: boolean | null;
  /** The latest commit that holds this very revision; only where it was asked for. */
  committed_as: string | null;
}

export interface RevisionPage {
  revisions: RevisionInfo[];
  next_page_token: string | null;
}

/**
 * All revisions that were asked for, newest first, by number and instant alone.
 *
 *     Sessions are work without a pause of half an hour or more. ``total`` counts all revisions
 *     of the notebook.
 */
export interface Timeline {
  total: number;
  numbers: number[];
  created_ms: number[];
  /** Indices of the newest revision of each session. */
  session_starts: number[];
  /** Everybody who made revisions, those with the most first. */
  authors: string[];
}

/** A label of null or blank takes the name away. */
export interface RevisionPatch {
  label: string | null;
}

/**
 * Name the present state: as it is where the notebook is open, else as its file is.
 *
 *     Without ``document_id`` the page that has the notebook open is asked.
 */
export interface CheckpointRequest {
  label: string;
  document_id?: string | null;
}

/**
 * The whole notebook at a revision, as nbformat JSON.
 *
 *     ``masked`` holds the ids of cells in which a secret was masked when they were recorded
 *     (``***masked***`` stands in its place): such a text is never written over the secret itself.
 */
export interface RevisionDocument {
  revision_id: string;
  notebook: Record<string, unknown>;
  masked: string[];
}

/** One cell as nbformat JSON, outputs and metadata included. */
export interface CellDocument {
  cell: Record<string, unknown>;
}

/** A notebook's metadata. */
export interface MetadataDocument {
  metadata: Record<string, unknown>;
}

/**
 * One text of a cell and what it showed; ``revision`` holds both.
 *
 *     ``runs`` are the cell's own, oldest first. Outputs are asked for by cell when somebody looks
 *     at them.
 */
export interface CellFrame {
  revision: RevisionInfo;
  /** The revision took the cell out of the notebook. */
  is_deleted: boolean;
  cell_type: string;
  source: string;
  output_count: number;
  runs: RunMark[];
}

/** The history of one cell, newest first. */
export interface Filmstrip {
  cell_id: string;
  frames: CellFrame[];
  /** Ask for the next ones with ``before`` this number; null where there are no more. */
  next_before: number | null;
}

/**
 * One cell on both sides; null on a side where it is not there.
 *
 *     ``cell_id`` is the new side's, or the old one's of a removed cell; ``old_cell_id`` is another
 *     where cells were matched by their text. Indices count cells from 0. ``moved`` is independent
 *     of an edit. Outputs and metadata are asked for by cell when somebody looks at them.
 */
export interface CellDiff {
  cell_id: string;
  old_cell_id: string | null;
  cell_type: string;
  status: 'added' | 'edited' | 'removed' | 'unchanged';
  moved: boolean;
  old_index: number | null;
  new_index: number | null;
  /** Null also where it is the new one. */
  old_source: string | null;
  new_source: string | null;
  outputs_differ: boolean;
  metadata_differs: boolean;
  old_output_count: number;
  new_output_count: number;
}

/** In the new side's order, removed cells where they were. */
export interface NotebookDiff {
  /** Null when this side is the live document. */
  old: RevisionInfo | null;
  new: RevisionInfo | null;
  cells: CellDiff[];
  metadata_differs: boolean;
  added: number;
  removed: number;
  edited: number;
  moved: number;
}

/** Bring the revision back, or one cell of it; with the stored outputs where asked. */
export interface RestoreRequest {
  cell_id?: string | null;
  outputs?: boolean;
}

/**
 * ``revision`` holds the restored state; null: the notebook was as it was then already.
 *
 *     ``masked`` names cells that came back with masked places in their text.
 */
export interface RestoreReply {
  revision: RevisionInfo | null;
  masked: string[];
}

/** What the page that holds a document is asked to do. */
export interface Ask {
  ask_id: string;
  document_id: string;
  command: 'checkpoint' | 'restore';
  revision_id: string | null;
  cell_id: string | null;
  outputs: boolean;
  label: string | null;
}

/** What came of it: the revision that was made, or why nothing was done. */
export interface AskAnswer {
  error?: string | null;
  revision_id?: string | null;
  masked?: string[];
}

/**
 * The live document, whole or as what changed since an earlier sequence number.
 *
 *     ``document_id`` names one opened document in one browser; ``sequence`` counts its requests
 *     from 1. With ``notebook`` the whole document is given (nbformat JSON). Otherwise ``base`` is
 *     the last acknowledged sequence, ``order`` all cell ids, and ``cells`` the changed cells; a
 *     server that does not hold that base answers 409 and is sent the whole.
 *     ``reason`` ``sync`` only updates the server's mirror. ``execute`` needs ``msg_id``.
 *     ``before_restore`` and ``restore`` always make a revision known (a new one when anything
 *     differs); ``restore`` needs ``restored_from``.
 */
export interface SnapshotRequest {
  document_id: string;
  sequence: number;
  path: string;
  reason: 'before_restore' | 'checkpoint' | 'execute' | 'open' | 'restore' | 'save' | 'sync';
  kernel_id?: string | null;
  msg_id?: string | null;
  cell_id?: string | null;
  restored_from?: string | null;
  label?: string | null;
  notebook?: Record<string, unknown> | null;
  base?: number | null;
  order?: string[] | null;
  cells?: Record<string, unknown>[];
  metadata?: Record<string, unknown> | null;
}

/** The server holds this sequence; ``revision`` is the notebook's state in the history. */
export interface SnapshotReply {
  sequence: number;
  notebook_id: string | null;
  revision: RevisionInfo | null;
  created: boolean;
}

/** Something in the store changed; views that show it should ask again. */
export interface ChangeEvent {
  run_ids: string[];
  notebook_ids: string[];
}

/**
 * One metric on a run's card. Changes are this run minus the other; null where there is none.
 *
 *     ``points`` holds at most 200 (step, value) pairs of the curve.
 */
export interface MetricCard {
  key: string;
  last: MetricValue;
  count: number;
  direction: 'max' | 'min' | null;
  change_previous: MetricValue | null;
  change_best: MetricValue | null;
  is_best: boolean;
  steps: number[];
  values: MetricValue[];
}

/** How far the outermost loop is. ``total`` null: length unknown. */
export interface Progress {
  done: number;
  total: number | null;
  eta_s: number | null;
  label: string;
}

/** The MIME bundle's `RUN_MIME` part: everything the card shows, also without a server. */
export interface RunCard {
  run_id: string;
  run_name: string;
  experiment_name: string;
  status: RunStatus;
  end_reason: EndReason | null;
  started_at: string;
  duration_s: number;
  error_name: string | null;
  cell_id: string | null;
  msg_id: string | null;
  notebook_id: string | null;
  revision_id: string | null;
  revision_number: number | null;
  previous_run_name: string | null;
  params: ParamInfo[];
  metrics: MetricCard[];
  artifact_count: number;
  progress: Progress | null;
  /** What the reader should know: something capped, capture incomplete, unsaved store. */
  notes: string[];
}

/** The MIME bundle's `RUNS_MIME` part (``%runs``). */
export interface RunTable {
  title: string;
  runs: RunSummary[];
  total: number;
}

/** The MIME bundle's `REVISIONS_MIME` part (``%revisions``). */
export interface RevisionTable {
  title: string;
  notebook_path: string;
  revisions: RevisionInfo[];
}
