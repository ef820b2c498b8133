/** How many cells a revision added, edited and removed, as small chips. */

import * as React from 'react';

import type { RevisionInfo } from '../../api/generated';
import { countChanges } from './describe';

export function ChangeChips({
  revision
}: {
  revision: RevisionInfo;
}): JSX.Element | null {
  const counts = countChanges(revision);
  if (counts.length === 0) {
    return null;
  }
  return (
    <span className="nbt-marks" role="group" aria-label="Changed cells">
      {counts.map(({ kind, short, long }) => (
        <span key={kind} className={`nbt-mark nbt-mark-${kind}`} title={long}>
          <span aria-hidden="true">{short}</span>
          <span className="nbt-hidden-text">{long}</span>
        </span>
      ))}
    </span>
  );
}
