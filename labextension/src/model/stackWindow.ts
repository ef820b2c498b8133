/** The part of a long stack of lines, each of its own height, that is drawn. No DOM. */

import type { IRowWindow, ISight } from './rowWindow';

/** So few lines are all drawn: find in page then finds them, too. */
const FEW = 150;
/** Pixels drawn above and below what can be seen. */
const AROUND = 600;
const UNKNOWN_HEIGHT = 1200;

/** Where each line begins, and at last where the stack ends. */
export function offsetsOf(heights: Iterable<number>, count: number): Float64Array {
  const offsets = new Float64Array(count + 1);
  let index = 0;
  for (const height of heights) {
    offsets[index + 1] = offsets[index]! + height;
    index += 1;
  }
  return offsets;
}

/** The line at a place, by where lines begin. */
export function lineAt(offsets: Float64Array, place: number): number {
  let low = 0;
  let high = Math.max(0, offsets.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (offsets[middle]! <= place) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

export function stackWindow(offsets: Float64Array, sight: ISight): IRowWindow {
  const count = offsets.length - 1;
  if (count <= FEW) {
    return { first: 0, last: count, before: 0, after: 0 };
  }
  const height = sight.height || UNKNOWN_HEIGHT;
  const first = lineAt(offsets, sight.top - AROUND);
  const last = Math.min(count, lineAt(offsets, sight.top + height + AROUND) + 1);
  return {
    first,
    last,
    before: offsets[first]!,
    after: offsets[count]! - offsets[last]!
  };
}
