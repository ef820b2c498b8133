/** The part of a long table that is drawn, by where it is scrolled to. No DOM. */

export interface ISight {
  /** Pixels of the table's body above the upper edge of what can be seen. */
  top: number;
  /** Pixels that can be seen; 0 while that is not known. */
  height: number;
}

export interface IRowWindow {
  /** The first row drawn. */
  first: number;
  /** One more than the last row drawn. */
  last: number;
  /** Pixels that stand for the rows before and after. */
  before: number;
  after: number;
}

export const NO_SCROLL: ISight = { top: 0, height: 0 };

/** So few rows are all drawn: find in page then finds them, too. */
const FEW = 150;

/** Rows drawn around those in sight, and how coarsely the window moves. */
const AROUND = 20;
const STRIDE = 10;

/** Whether the last rows are in sight, or nearly: time to have the next ones. */
export function isNearEnd(count: number, rowHeight: number, sight: ISight): boolean {
  return sight.height > 0 && sight.top + sight.height >= (count - STRIDE) * rowHeight;
}

export function rowWindow(count: number, rowHeight: number, sight: ISight): IRowWindow {
  if (count <= FEW) {
    return { first: 0, last: count, before: 0, after: 0 };
  }
  const height = sight.height || FEW * rowHeight;
  const from = Math.floor(sight.top / rowHeight / STRIDE) * STRIDE - AROUND;
  const first = Math.max(0, Math.min(from, count - FEW));
  const to = Math.ceil((sight.top + height) / rowHeight / STRIDE) * STRIDE + AROUND;
  const last = Math.min(count, Math.max(to, first + AROUND));
  return {
    first,
    last,
    before: first * rowHeight,
    after: (count - last) * rowHeight
  };
}
