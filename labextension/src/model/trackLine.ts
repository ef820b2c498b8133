/** The line that makes a cell tracked, put in or taken away. */

export const TRACK_LINE = '%%track';

const LINE = /^%%track\b[^\n]*\n?/;

export interface IEdit {
  start: number;
  end: number;
  text: string;
}

/** Whether the cell is tracked. */
export function isTracked(source: string): boolean {
  return LINE.test(source);
}

/** The smallest edit of a cell's source; the options of a line that goes, go with it. */
export function toggleTrack(source: string): IEdit {
  const line = LINE.exec(source);
  if (line) {
    return { start: 0, end: line[0].length, text: '' };
  }
  return { start: 0, end: 0, text: `${TRACK_LINE}\n` };
}
