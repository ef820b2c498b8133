/** Metadata on both sides, apart from the texts: folded, and read when it is opened. */

import * as React from 'react';

import type { CellDiff } from '../../api/generated';
import { SourceDiff } from './SourceDiff';
import type { Highlight, IDiffPieces } from './types';
import { LoadedNote, useLoaded } from './useLoaded';

export interface IMetadataDiffProps {
  /** Absent: the notebook's own. */
  cell?: CellDiff;
  pieces: IDiffPieces;
}

const PLAIN: Highlight = () => [];

export function MetadataDiff({ cell, pieces }: IMetadataDiffProps): JSX.Element {
  const load = React.useCallback(
    () =>
      Promise.all(
        cell
          ? [
              pieces.cell('old', cell.old_cell_id ?? cell.cell_id).then(besidesText),
              pieces.cell('new', cell.cell_id).then(besidesText)
            ]
          : [pieces.metadata('old'), pieces.metadata('new')]
      ),
    [cell, pieces]
  );
  const loaded = useLoaded(load);
  if (!loaded.value) {
    return <LoadedNote {...loaded} />;
  }
  const [before, after] = loaded.value.map(spelled);
  return (
    <div data-testid="nbtrack-metadata-diff">
      <SourceDiff
        before={before ?? ''}
        after={after ?? ''}
        cellType="metadata"
        highlight={PLAIN}
      />
    </div>
  );
}

function besidesText(cell: Record<string, unknown>): Record<string, unknown> {
  const { metadata, attachments } = cell;
  return { ...(metadata as object), ...(attachments ? { attachments } : {}) };
}

function spelled(value: Record<string, unknown>): string {
  return JSON.stringify(value, sortedKeys, 2);
}

/** Objects with their members in the order of their names. */
function sortedKeys(_: string, value: unknown): unknown {
  return value && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
}
