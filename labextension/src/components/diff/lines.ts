/** A text diff as lines, with the words that changed inside them; pure. */

import { diffArrays, diffWordsWithSpace } from 'diff';

/** A stretch of a line in one look. */
export interface Segment {
  text: string;
  /** This very stretch differs from the other side. */
  changed: boolean;
  /** Syntax classes, where known. */
  className: string;
}

export interface DiffLine {
  kind: 'same' | 'removed' | 'added';
  oldNumber: number | null;
  newNumber: number | null;
  /** Where the line starts: in the old text if removed, else in the new one. */
  offset: number;
  segments: Segment[];
}

/** Syntax highlighting of a stretch of a text. */
export interface Token {
  from: number;
  to: number;
  className: string;
}

/** Lines shown around a change; longer stretches of the same text are folded. */
const CONTEXT_LINES = 3;
/** Above this share of changed text, marking words says less than marking the lines. */
const TOO_DIFFERENT = 0.7;
const TIMEOUT_MS = 300;

/** The lines of both texts in reading order, removed ones before those added instead. */
export function diffLines(before: string, after: string): DiffLine[] {
  const old = before.split('\n');
  const fresh = after.split('\n');
  const parts = diffArrays(old, fresh, { timeout: TIMEOUT_MS }) ?? [
    { value: old, removed: true, added: false },
    { value: fresh, removed: false, added: true }
  ];
  const place = { oldNumber: 1, newNumber: 1, oldOffset: 0, newOffset: 0 };
  const lines: DiffLine[] = [];
  parts.forEach((part, index) => {
    const next = parts[index + 1];
    const previous = parts[index - 1];
    let texts = part.value.map(text => [segment(text, false)]);
    if (part.removed && next?.added) {
      texts = words(part.value, next.value).removed;
    } else if (part.added && previous?.removed) {
      texts = words(previous.value, part.value).added;
    }
    const kind = part.removed ? 'removed' : part.added ? 'added' : 'same';
    part.value.forEach((text, row) => {
      lines.push({
        kind,
        oldNumber: kind === 'added' ? null : place.oldNumber,
        newNumber: kind === 'removed' ? null : place.newNumber,
        offset: kind === 'removed' ? place.oldOffset : place.newOffset,
        segments: texts[row]!
      });
      if (kind !== 'added') {
        place.oldNumber += 1;
        place.oldOffset += text.length + 1;
      }
      if (kind !== 'removed') {
        place.newNumber += 1;
        place.newOffset += text.length + 1;
      }
    });
  });
  return lines;
}

/** Lines in groups; `folded` ones are far from any change. */
export function foldLines(
  lines: readonly DiffLine[]
): { folded: boolean; lines: DiffLine[] }[] {
  const near = new Array<boolean>(lines.length).fill(false);
  lines.forEach((line, index) => {
    if (line.kind !== 'same') {
      near.fill(true, Math.max(0, index - CONTEXT_LINES), index + CONTEXT_LINES + 1);
    }
  });
  const groups: { folded: boolean; lines: DiffLine[] }[] = [];
  lines.forEach((line, index) => {
    const last = groups.at(-1);
    if (last && last.folded === !near[index]) {
      last.lines.push(line);
    } else {
      groups.push({ folded: !near[index], lines: [line] });
    }
  });
  // A fold that hides one line takes as much room as the line.
  return groups.map(group =>
    group.lines.length < 2 ? { ...group, folded: false } : group
  );
}

/** The same lines, coloured: tokens of each side's text. */
export function colorLines(
  lines: readonly DiffLine[],
  oldTokens: readonly Token[],
  newTokens: readonly Token[]
): DiffLine[] {
  return lines.map(line => ({
    ...line,
    segments: colorSegments(
      line.segments,
      line.offset,
      line.kind === 'removed' ? oldTokens : newTokens
    )
  }));
}

/** A plain text as lines of coloured segments. */
export function plainLines(source: string, tokens: readonly Token[]): Segment[][] {
  let offset = 0;
  return source.split('\n').map(text => {
    const segments = colorSegments([segment(text, false)], offset, tokens);
    offset += text.length + 1;
    return segments;
  });
}

function colorSegments(
  segments: readonly Segment[],
  offset: number,
  tokens: readonly Token[]
): Segment[] {
  const colored: Segment[] = [];
  let position = offset;
  let index = firstAfter(tokens, offset);
  for (const { text, changed } of segments) {
    const end = position + text.length;
    while (position < end) {
      while (index < tokens.length && tokens[index]!.to <= position) {
        index += 1;
      }
      const token = tokens[index];
      const inside = token !== undefined && token.from <= position;
      const stop = Math.min(end, token ? (inside ? token.to : token.from) : end);
      const start = position - (end - text.length);
      colored.push({
        text: text.slice(start, start + stop - position),
        changed,
        className: inside ? token.className : ''
      });
      position = stop;
    }
  }
  return colored;
}

/** Index of the first token that ends after a position; tokens are in order. */
function firstAfter(tokens: readonly Token[], position: number): number {
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tokens[middle]!.to <= position) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Both sides of a replaced block, word by word. */
function words(
  before: string[],
  after: string[]
): { removed: Segment[][]; added: Segment[][] } {
  const old = before.join('\n');
  const fresh = after.join('\n');
  const parts = diffWordsWithSpace(old, fresh, { timeout: TIMEOUT_MS }) ?? [];
  const same = parts
    .filter(part => !part.added && !part.removed)
    .reduce((sum, part) => sum + part.value.trim().length, 0);
  const total = Math.max(old.trim().length, fresh.trim().length, 1);
  if (parts.length === 0 || 1 - same / total > TOO_DIFFERENT) {
    return {
      removed: before.map(text => [segment(text, false)]),
      added: after.map(text => [segment(text, false)])
    };
  }
  return {
    removed: intoLines(parts.filter(part => !part.added)),
    added: intoLines(parts.filter(part => !part.removed))
  };
}

function intoLines(
  parts: readonly { value: string; added: boolean; removed: boolean }[]
): Segment[][] {
  const lines: Segment[][] = [[]];
  for (const { value, added, removed } of parts) {
    value.split('\n').forEach((text, index) => {
      if (index > 0) {
        lines.push([]);
      }
      if (text) {
        lines.at(-1)!.push(segment(text, added || removed));
      }
    });
  }
  return lines;
}

function segment(text: string, changed: boolean): Segment {
  return { text, changed, className: '' };
}
