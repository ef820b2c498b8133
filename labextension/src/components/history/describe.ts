/** How a revision reads: why it exists, what changed, and under which day it stands; pure. */

import type { ChangeKind, RevisionInfo } from '../../api/generated';
import { plural } from '../../model/format';

/** Why there is this revision, in a few words. */
export function describeReason(revision: RevisionInfo): string {
  switch (revision.reason) {
    case 'execute':
      return 'Ran a cell';
    case 'save':
      return 'Saved';
    case 'open':
      return 'Opened';
    case 'checkpoint':
      return 'Checkpoint';
    case 'restore':
      return revision.restored_from_number === null
        ? 'Restored'
        : `Restored r${revision.restored_from_number}`;
    case 'before_restore':
      return 'Before a restore';
    case 'outside':
      return 'Changed outside';
  }
}

export interface ChangeCount {
  kind: ChangeKind;
  count: number;
  /** As on the chip, such as `+1`. */
  short: string;
  /** In words. */
  long: string;
}

const SIGNS: readonly [ChangeKind, string, string][] = [
  ['added', '+', 'added'],
  ['edited', '~', 'edited'],
  ['removed', '−', 'removed'],
  ['moved', '↕', 'moved'],
  ['output', '▤', 'with other outputs']
];

/** How many cells changed in which way. */
export function countChanges(revision: RevisionInfo): ChangeCount[] {
  return SIGNS.flatMap(([kind, sign, word]) => {
    const count = revision.changes.filter(change => change.kind === kind).length;
    const long = `${plural(count, 'cell')} ${word}`;
    return count > 0 ? [{ kind, count, short: `${sign}${count}`, long }] : [];
  });
}

/** The line of code that says most about a revision. */
export function mainPreview(revision: RevisionInfo): string {
  const { changes, cell_id } = revision;
  const ran = changes.find(change => change.cell_id === cell_id && change.preview);
  const edited = changes.find(change => change.kind !== 'output' && change.preview);
  return (ran ?? edited ?? changes.find(change => change.preview))?.preview ?? '';
}

/** At most two letters for a person. */
export function initials(author: string): string {
  const words = author
    .trim()
    .split(/[\s._@-]+/)
    .filter(Boolean);
  if (words.length === 0) {
    return '?';
  }
  const letters =
    words.length === 1 ? words[0]!.slice(0, 2) : words[0]![0]! + words[1]![0]!;
  return letters.toUpperCase();
}

/** A person's place among the avatar colours; the same everywhere. */
export function avatarTone(author: string): number {
  let hash = 0;
  for (const letter of author) {
    hash = (hash * 31 + letter.codePointAt(0)!) >>> 0;
  }
  return hash % 6;
}
