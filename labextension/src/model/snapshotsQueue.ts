/** The ordered, bounded queue that brings one document's snapshots to the server.
 *
 * Each entry is frozen when it is pushed. The queue also keeps the state the server last
 * acknowledged, so that a server that lost its mirror (409) is given exactly the document as it
 * was at that entry, not as it is by now.
 */

import type { SnapshotReply, SnapshotRequest } from '../api/generated';
import {
  applyDelta,
  composeDeltas,
  wholeDocument,
  type DocumentDelta,
  type DocumentState
} from './snapshotsState';

/** What is said of a snapshot besides the document. */
export interface SnapshotFacts {
  reason: SnapshotRequest['reason'];
  path: string;
  kernel_id?: string | null;
  msg_id?: string | null;
  cell_id?: string | null;
  restored_from?: string | null;
  label?: string | null;
}

/** Why a request failed; status null: the server was not reached. */
export interface RequestFailure {
  status: number | null;
  message: string;
}

export interface SnapshotQueueOptions {
  documentId: string;
  state: DocumentState;
  post: (request: SnapshotRequest) => Promise<SnapshotReply>;
  /** How an error thrown by `post` reads. */
  explain: (error: unknown) => RequestFailure;
  /** Told once for each kind of trouble. */
  report: (message: string) => void;
  sleep?: (ms: number) => Promise<void>;
  now?: () => number;
  maxEntries?: number;
}

interface Entry {
  facts: SnapshotFacts;
  delta: DocumentDelta;
  /** The caller waits and would rather fail than wait for a server to come back. */
  urgent: boolean;
  settle: Settle[];
}

interface Settle {
  resolve: (reply: SnapshotReply) => void;
  reject: (error: Error) => void;
}

const MAX_ENTRIES = 200;
const MAX_BACKOFF_MS = 60_000;
const SUSPEND_MS = 5 * 60_000;
const MAX_RESYNCS = 3;

/** A snapshot that did not reach the history. */
export class SnapshotError extends Error {}

export class SnapshotQueue {
  constructor(private readonly options: SnapshotQueueOptions) {
    this.state = options.state;
  }

  /** Entries not acknowledged yet. */
  get size(): number {
    return this.entries.length;
  }

  /** Append a snapshot. The promise is for who cares; not awaiting it is fine. */
  push(
    facts: SnapshotFacts,
    delta: DocumentDelta,
    urgent: boolean = false
  ): Promise<SnapshotReply> {
    const promise = new Promise<SnapshotReply>((resolve, reject) => {
      this.append({ facts, delta, urgent, settle: [{ resolve, reject }] });
    });
    promise.catch(() => undefined);
    if (urgent) {
      this.wake?.();
    }
    if (this.pumping === null) {
      // Not now: whoever pushes is in the middle of sending an execution.
      this.pumping = this.sleep(0).then(() => this.pump());
    }
    return promise;
  }

  /** Resolves when everything pushed so far was sent or given up. */
  async drained(): Promise<void> {
    while (this.pumping) {
      await this.pumping;
    }
  }

  private append(entry: Entry): void {
    const last = this.entries.at(-1);
    if (
      last &&
      last !== this.inFlight &&
      last.facts.reason === 'sync' &&
      !last.urgent
    ) {
      this.fold(this.entries.length - 1, entry, true);
    }
    this.entries.push(entry);
    if (this.entries.length > (this.options.maxEntries ?? MAX_ENTRIES)) {
      const index = this.entries[0] === this.inFlight ? 1 : 0;
      const next = this.entries[index + 1];
      if (next) {
        this.reportOnce(
          'full',
          'Too many snapshots wait for the server; the oldest are merged.'
        );
        this.fold(index, next, false);
      }
    }
  }

  /** Merge the entry at an index into the one after it, so that its changes are not lost. */
  private fold(index: number, into: Entry, share: boolean): void {
    const [entry] = this.entries.splice(index, 1);
    into.delta = composeDeltas(entry!.delta, into.delta);
    if (share) {
      into.settle.push(...entry!.settle);
    } else {
      reject(entry!, 'Too many snapshots wait for the server.');
    }
  }

  private async pump(): Promise<void> {
    let failures = 0;
    try {
      while (this.entries.length > 0) {
        const entry = this.entries[0]!;
        this.inFlight = entry;
        const outcome = await this.send(entry);
        this.inFlight = null;
        if (outcome === 'unreachable') {
          this.failUrgent();
          failures += 1;
          await this.pause(failures);
          continue;
        }
        failures = 0;
        applyDelta(this.state, entry.delta);
        this.entries.shift();
      }
    } finally {
      // In the same step as the last look at the entries: a push in between would be forgotten.
      this.pumping = null;
    }
  }

  private async send(entry: Entry): Promise<'sent' | 'dropped' | 'unreachable'> {
    if (this.now() < this.suspendedUntil) {
      reject(entry, 'The server does not record history now.');
      return 'dropped';
    }
    for (let resyncs = 0; resyncs <= MAX_RESYNCS; resyncs++) {
      try {
        const reply = await this.options.post(this.request(entry));
        this.base = reply.sequence;
        this.sequence = reply.sequence + 1;
        entry.settle.forEach(({ resolve }) => resolve(reply));
        return 'sent';
      } catch (error) {
        const failure = this.options.explain(error);
        if (failure.status === 409) {
          this.base = null;
          this.sequence += 1;
        } else if (isPassing(failure.status)) {
          // It may have arrived all the same: a new number makes the server compare the base.
          this.sequence += 1;
          this.reportOnce('unreachable', `Snapshots wait: ${failure.message}`);
          return 'unreachable';
        } else {
          this.giveUp(entry, failure);
          return 'dropped';
        }
      }
    }
    this.giveUp(entry, {
      status: 409,
      message: 'The server kept asking for the whole document.'
    });
    return 'dropped';
  }

  private request(entry: Entry): SnapshotRequest {
    const head = {
      document_id: this.options.documentId,
      sequence: this.sequence,
      ...entry.facts
    };
    if (this.base === null) {
      return { ...head, notebook: wholeDocument(this.state, entry.delta) };
    }
    return { ...head, base: this.base, ...entry.delta };
  }

  private giveUp(entry: Entry, failure: RequestFailure): void {
    // What the server holds is unknown now: the next one is whole again.
    this.base = null;
    this.sequence += 1;
    if (failure.status === 403 || failure.status === 404 || failure.status === 405) {
      this.suspendedUntil = this.now() + SUSPEND_MS;
    }
    this.reportOnce(
      `status ${failure.status}`,
      `A snapshot was refused: ${failure.message}`
    );
    reject(entry, failure.message);
  }

  /** Whoever waits is told; the changes themselves stay queued. */
  private failUrgent(): void {
    for (const entry of this.entries) {
      if (entry.urgent) {
        reject(entry, 'The server could not be reached.');
        entry.urgent = false;
        entry.settle = [];
        entry.facts = { ...entry.facts, reason: 'sync', restored_from: null };
      }
    }
  }

  private async pause(failures: number): Promise<void> {
    const ceiling = Math.min(MAX_BACKOFF_MS, 1000 * 2 ** Math.min(failures - 1, 6));
    const woken = new Promise<void>(resolve => {
      this.wake = resolve;
    });
    await Promise.race([this.sleep(ceiling * (0.75 + Math.random() / 2)), woken]);
    this.wake = null;
  }

  private sleep(ms: number): Promise<void> {
    return this.options.sleep?.(ms) ?? new Promise(resolve => setTimeout(resolve, ms));
  }

  private now(): number {
    return this.options.now?.() ?? Date.now();
  }

  private reportOnce(kind: string, message: string): void {
    if (!this.reported.has(kind)) {
      this.reported.add(kind);
      this.options.report(message);
    }
  }

  private readonly state: DocumentState;
  private readonly entries: Entry[] = [];
  private readonly reported = new Set<string>();
  private inFlight: Entry | null = null;
  private pumping: Promise<void> | null = null;
  private wake: (() => void) | null = null;
  private suspendedUntil = 0;
  private base: number | null = null;
  private sequence = 1;
}

function reject(entry: Entry, message: string): void {
  entry.settle.forEach(settle => settle.reject(new SnapshotError(message)));
}

/** Failures that a later attempt may not meet again. */
function isPassing(status: number | null): boolean {
  return status === null || status === 408 || status === 429 || status >= 500;
}
