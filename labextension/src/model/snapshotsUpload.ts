/** Sends one snapshot request without holding up the page. */

import type { SnapshotReply, SnapshotRequest } from '../api/generated';
import { ApiError, request } from '../api/request';
import type { RequestFailure } from './snapshotsQueue';

/** Text stringified between two pauses; about 5 ms of work. */
const CHUNK_CHARACTERS = 1_000_000;

/** Post a snapshot. A whole document is written in pieces, with pauses for the user between. */
export async function uploadSnapshot(
  snapshot: SnapshotRequest
): Promise<SnapshotReply> {
  const body = snapshot.notebook ? await encodeWhole(snapshot) : snapshot;
  return request('snapshots', { method: 'POST', body });
}

export function explainFailure(error: unknown): RequestFailure {
  if (error instanceof ApiError) {
    return { status: error.status || null, message: error.message };
  }
  return { status: 400, message: String(error) };
}

async function encodeWhole(snapshot: SnapshotRequest): Promise<Blob> {
  const { notebook, ...facts } = snapshot;
  const { cells, ...rest } = notebook as { cells: unknown[] };
  const parts = [
    JSON.stringify(facts).slice(0, -1),
    ',"notebook":',
    JSON.stringify(rest).slice(0, -1),
    ',"cells":['
  ];
  let written = CHUNK_CHARACTERS;
  for (const [index, cell] of cells.entries()) {
    if (written >= CHUNK_CHARACTERS) {
      await idle();
      written = 0;
    }
    const text = JSON.stringify(cell);
    parts.push(index > 0 ? ',' : '', text);
    written += text.length;
  }
  parts.push(']}}');
  return new Blob(parts, { type: 'application/json' });
}

/** When the page has nothing better to do, or shortly after all the same. */
function idle(): Promise<void> {
  return new Promise(resolve => {
    if (typeof requestIdleCallback === 'function') {
      requestIdleCallback(() => resolve(), { timeout: 500 });
    } else {
      setTimeout(resolve, 0);
    }
  });
}
