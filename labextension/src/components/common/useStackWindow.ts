/**
 * Which lines of a long stack to draw, where each line has a height of its own.
 *
 * Lines are measured as they are drawn, others are guessed. Where a line above what is seen turns
 * out higher than guessed, the scroll position moves by as much: what is seen stays.
 */

import * as React from 'react';

import { type IRowWindow, NO_SCROLL } from '../../model/rowWindow';
import { lineAt, offsetsOf, stackWindow } from '../../model/stackWindow';
import { scrollerOf } from './useRowWindow';

/** Pixels that can be scrolled by before anything is drawn anew. */
const STRIDE = 100;

export interface IStackWindow {
  window: IRowWindow;
  /** The first line in sight. */
  top: number;
  /** Bring a line into sight, drawn or not. */
  reveal: (index: number) => void;
}

/**
 * @param body - holds the lines; those drawn bear `data-line`, their key.
 * @param keys - of all lines, in order; they stay the same while the lines do.
 * @param guess - the height of a line that was not drawn yet.
 */
export function useStackWindow(
  body: React.RefObject<HTMLElement>,
  keys: readonly string[],
  guess: (index: number) => number
): IStackWindow {
  const [sight, setSight] = React.useState(NO_SCROLL);
  const [measures, setMeasures] = React.useState(0);
  const scroller = React.useRef<HTMLElement | null>(null);
  const measured = React.useRef(new Map<string, number>());

  const offsets = React.useMemo(() => {
    const heights = keys.map((key, index) => measured.current.get(key) ?? guess(index));
    return offsetsOf(heights, keys.length);
    // What was measured is not state: its count is.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [keys, guess, measures]);

  const measure = React.useCallback(() => {
    const host = scroller.current;
    if (!host || !body.current) {
      return;
    }
    const top = host.getBoundingClientRect().top;
    let grown = 0;
    let news = false;
    for (const line of body.current.querySelectorAll<HTMLElement>('[data-line]')) {
      const key = line.dataset.line!;
      const height = line.offsetHeight;
      const before = measured.current.get(key);
      if (height > 0 && height !== before) {
        const rect = line.getBoundingClientRect();
        if (before === undefined && rect.bottom <= top) {
          grown += height - Number(line.dataset.guess ?? height);
        }
        measured.current.set(key, height);
        news = true;
      }
    }
    if (news) {
      setMeasures(count => count + 1);
    }
    if (grown !== 0) {
      host.scrollTop += grown;
    }
  }, [body]);

  React.useLayoutEffect(() => {
    const host = body.current ? scrollerOf(body.current) : null;
    const lines = body.current;
    scroller.current = host;
    if (!host || !lines) {
      return undefined;
    }
    const look = () => {
      const above =
        host.getBoundingClientRect().top - lines.getBoundingClientRect().top;
      const top = Math.floor(above / STRIDE) * STRIDE;
      const height = host.clientHeight + STRIDE;
      setSight(before =>
        before.top === top && before.height === height ? before : { top, height }
      );
    };
    const observer = new ResizeObserver(() => {
      measure();
      look();
    });
    observer.observe(host);
    observer.observe(lines);
    host.addEventListener('scroll', look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      host.removeEventListener('scroll', look);
    };
  }, [body, measure]);

  const window = stackWindow(offsets, sight);
  React.useLayoutEffect(measure, [measure, keys, window.first, window.last]);

  const reveal = React.useCallback(
    (index: number) => {
      const host = scroller.current;
      if (!host || !body.current) {
        return;
      }
      const above =
        host.getBoundingClientRect().top - body.current.getBoundingClientRect().top;
      host.scrollTop += offsets[index]! - above - host.clientHeight / 2;
    },
    [body, offsets]
  );
  return { window, top: lineAt(offsets, sight.top), reveal };
}
