/** Records every open notebook: who is recorded, when a snapshot is taken, and where it goes.
 *
 * The state of the notebook is frozen in the very moment an execute request is sent, unsaved
 * text included. Nothing here may break or delay an execution: `guarded` is the one place that
 * swallows what goes wrong, and says it once.
 */

import type { YNotebook } from '@jupyter/ydoc';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { UUID } from '@lumino/coreutils';
import { type ISignal, Signal } from '@lumino/signaling';

import { closeDocument } from '../api/client';
import type { SnapshotReply } from '../api/generated';
import { DocumentChanges } from './snapshotsChanges';
import { SnapshotQueue, type SnapshotFacts } from './snapshotsQueue';
import type { DocumentDelta } from './snapshotsState';
import { explainFailure, uploadSnapshot } from './snapshotsUpload';

export type NotebookContext = DocumentRegistry.IContext<INotebookModel>;
type Facts = Omit<SnapshotFacts, 'path' | 'kernel_id'>;

/** Records one open document, however many views it has. */
export class DocumentRecorder {
  constructor(
    readonly context: NotebookContext,
    /** As the contents API names it. */
    private readonly pathOf: (context: NotebookContext) => string
  ) {
    this.notebook = context.model.sharedModel as unknown as YNotebook;
    this.path = pathOf(context);
    const { sessionContext } = context;
    context.pathChanged.connect(this.onPathChanged, this);
    sessionContext.kernelChanged.connect(this.onKernelChanged, this);
    this.listenTo(sessionContext.session?.kernel ?? null);
    this.ready = context.ready.then(() => guarded(() => this.open()));
  }

  /** Names this opened document to the server. */
  readonly documentId = UUID.uuid4();

  /** The notebook's identity, once the server told it. */
  get notebookId(): string | null {
    return this._notebookId;
  }

  /** Resolves when the document is recorded from. */
  readonly ready: Promise<void>;

  /** Emits when the server holds another state of the notebook. */
  get recorded(): ISignal<this, SnapshotReply> {
    return this._recorded;
  }

  /**
   * Record the notebook as it is now, and wait for the server.
   *
   * @throws SnapshotError if the server could not be reached or refused.
   */
  async record(facts: Facts): Promise<SnapshotReply> {
    await this.ready;
    if (!this.queue || !this.changes) {
      throw new Error('This notebook is not recorded.');
    }
    return this.push(this.queue, facts, this.changes.take(), true);
  }

  /** Whether the notebook changed since the last snapshot. */
  get pending(): boolean {
    return this.changes?.pending ?? false;
  }

  /** Stop recording; what is queued is still sent, then the server forgets the document. */
  async close(): Promise<void> {
    if (this.closed) {
      return;
    }
    this.closed = true;
    this.context.pathChanged.disconnect(this.onPathChanged, this);
    this.context.sessionContext.kernelChanged.disconnect(this.onKernelChanged, this);
    this.listenTo(null);
    if (!this.context.isDisposed) {
      guarded(() => this.changes?.dispose());
    }
    if (this.queue) {
      await this.queue.drained();
      await closeDocument(this.documentId).catch(reportOnce);
    }
    Signal.clearData(this);
  }

  /** The page goes away: tell the server while it can be told. */
  closeWithPage(): void {
    if (this.queue && !this.closed) {
      closeDocument(this.documentId, true).catch(() => undefined);
    }
  }

  private open(): void {
    if (this.closed || this.context.isDisposed) {
      return;
    }
    this.changes = new DocumentChanges(this.notebook);
    const state = this.changes.whole();
    this.queue = new SnapshotQueue({
      documentId: this.documentId,
      state,
      post: uploadSnapshot,
      explain: explainFailure,
      report: reportOnce
    });
    const nothing = { order: state.order, cells: [], metadata: null };
    void this.push(this.queue, { reason: 'open' }, nothing);
  }

  private push(
    queue: SnapshotQueue,
    facts: Facts,
    delta: DocumentDelta,
    urgent = false
  ): Promise<SnapshotReply> {
    const kernel = this.context.isDisposed ? null : this.kernel;
    const sent = queue.push(
      { ...facts, path: this.path, kernel_id: kernel?.id ?? null },
      delta,
      urgent
    );
    sent.then(
      reply => {
        this._notebookId = reply.notebook_id ?? this._notebookId;
        this._recorded.emit(reply);
      },
      () => undefined
    );
    return sent;
  }

  private onMessage(
    _: Kernel.IKernelConnection,
    { msg, direction }: Kernel.IAnyMessageArgs
  ): void {
    if (direction === 'send' && msg.header.msg_type === 'execute_request') {
      guarded(() => this.onExecute(msg as KernelMessage.IExecuteRequestMsg));
    }
  }

  private onExecute(msg: KernelMessage.IExecuteRequestMsg): void {
    const cellId = msg.metadata['cellId'];
    const known = typeof cellId === 'string';
    if (msg.content.silent || (!known && msg.content.store_history === false)) {
      return;
    }
    if (!this.queue || !this.changes) {
      // Run before the document was ready: the first snapshot of all is this one.
      return;
    }
    void this.push(
      this.queue,
      { reason: 'execute', msg_id: msg.header.msg_id, cell_id: known ? cellId : null },
      this.changes.take()
    );
  }

  private onPathChanged(): void {
    guarded(() => {
      this.path = this.pathOf(this.context);
      if (this.queue && this.changes) {
        void this.push(this.queue, { reason: 'sync' }, this.changes.take());
      }
    });
  }

  private onKernelChanged(): void {
    this.listenTo(this.context.sessionContext.session?.kernel ?? null);
  }

  private listenTo(kernel: Kernel.IKernelConnection | null): void {
    this.kernel?.anyMessage.disconnect(this.onMessage, this);
    this.kernel = kernel;
    kernel?.anyMessage.connect(this.onMessage, this);
  }

  private readonly notebook: YNotebook;
  private readonly _recorded = new Signal<this, SnapshotReply>(this);
  private _notebookId: string | null = null;
  private kernel: Kernel.IKernelConnection | null = null;
  private changes: DocumentChanges | null = null;
  private queue: SnapshotQueue | null = null;
  private path: string;
  private closed = false;
}

/** The recorders of all open notebooks, one a document. */
export class Recorders {
  constructor(
    /** A document's path as the contents API names it. */
    readonly pathOf: (context: NotebookContext) => string
  ) {
    window.addEventListener('pagehide', () => {
      this.byContext.forEach(recorder => recorder.closeWithPage());
    });
  }

  /** Emits when the server holds another state of some notebook. */
  get recorded(): ISignal<this, { recorder: DocumentRecorder; reply: SnapshotReply }> {
    return this._recorded;
  }

  /** Know an open notebook; it is recorded while recording is on. */
  add(context: NotebookContext): void {
    if (this.contexts.has(context)) {
      return;
    }
    this.contexts.add(context);
    context.disposed.connect(() => {
      this.contexts.delete(context);
      this.stop(context);
    });
    if (this.enabled) {
      guarded(() => this.start(context));
    }
  }

  /** The recorder of a document; null where it is not recorded. */
  find(context: NotebookContext): DocumentRecorder | null {
    return this.byContext.get(context) ?? null;
  }

  /** The open document of a notebook, by its identity. */
  findNotebook(notebookId: string): DocumentRecorder | null {
    const recorders = [...this.byContext.values()];
    return recorders.find(recorder => recorder.notebookId === notebookId) ?? null;
  }

  /** The open document that the server knows by an id. */
  findDocument(documentId: string): DocumentRecorder | null {
    const recorders = [...this.byContext.values()];
    return recorders.find(recorder => recorder.documentId === documentId) ?? null;
  }

  setEnabled(enabled: boolean): void {
    if (enabled === this.enabled) {
      return;
    }
    this.enabled = enabled;
    for (const context of this.contexts) {
      guarded(() => (enabled ? this.start(context) : this.stop(context)));
    }
  }

  private start(context: NotebookContext): void {
    const recorder = new DocumentRecorder(context, this.pathOf);
    recorder.recorded.connect((_, reply) => this._recorded.emit({ recorder, reply }));
    this.byContext.set(context, recorder);
  }

  private stop(context: NotebookContext): void {
    const recorder = this.byContext.get(context);
    this.byContext.delete(context);
    recorder?.close().catch(reportOnce);
  }

  private readonly contexts = new Set<NotebookContext>();
  private readonly byContext = new Map<NotebookContext, DocumentRecorder>();
  private readonly _recorded = new Signal<
    this,
    { recorder: DocumentRecorder; reply: SnapshotReply }
  >(this);
  private enabled = false;
}

/** The capture policy: a failure is said once in the console and goes no further. */
function guarded(action: () => void): void {
  try {
    action();
  } catch (error) {
    reportOnce(error);
  }
}

const reported = new Set<string>();

function reportOnce(problem: unknown): void {
  const text = String(problem);
  if (!reported.has(text)) {
    reported.add(text);
    console.warn('nbtrack does not record everything:', problem);
  }
}
