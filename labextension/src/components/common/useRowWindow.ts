/**
 * Which rows of a long table to draw: those in sight and some around them.
 *
 * Rows must be of one height, which is measured on the first one drawn. The table keeps the
 * height of all its rows by two spacer rows, so that the scroll bar is honest.
 */

import * as React from 'react';

import {
  type IRowWindow,
  isNearEnd,
  NO_SCROLL,
  rowWindow
} from '../../model/rowWindow';

const GUESSED_HEIGHT = 41;

export interface IRowWindowHandle {
  window: IRowWindow;
  /** The last rows are in sight, or nearly. */
  isNearEnd: boolean;
  /** Bring a row into sight, drawn or not. */
  reveal: (index: number) => void;
}

export function useRowWindow(
  body: React.RefObject<HTMLTableSectionElement>,
  count: number
): IRowWindowHandle {
  const [rowHeight, setRowHeight] = React.useState(GUESSED_HEIGHT);
  const [sight, setSight] = React.useState(NO_SCROLL);
  const scroller = React.useRef<HTMLElement | null>(null);

  React.useLayoutEffect(() => {
    const row = body.current?.querySelector<HTMLElement>('tr[data-run-id]');
    const height = row?.offsetHeight ?? 0;
    if (height > 0 && height !== rowHeight) {
      setRowHeight(height);
    }
  }, [body, count, rowHeight]);

  React.useLayoutEffect(() => {
    const host = body.current ? scrollerOf(body.current) : null;
    scroller.current = host;
    if (!host) {
      return undefined;
    }
    const look = () => {
      const above = body.current
        ? host.getBoundingClientRect().top - body.current.getBoundingClientRect().top
        : 0;
      setSight({ top: above, height: host.clientHeight });
    };
    const observer = new ResizeObserver(look);
    observer.observe(host);
    host.addEventListener('scroll', look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      host.removeEventListener('scroll', look);
    };
  }, [body, count]);

  const window = rowWindow(count, rowHeight, sight);
  const reveal = React.useCallback(
    (index: number) => {
      const host = scroller.current;
      if (!host || !body.current) {
        return;
      }
      const above =
        host.getBoundingClientRect().top - body.current.getBoundingClientRect().top;
      host.scrollTop += index * rowHeight - above - host.clientHeight / 2;
    },
    [body, rowHeight]
  );
  return { window, isNearEnd: isNearEnd(count, rowHeight, sight), reveal };
}

export function scrollerOf(element: HTMLElement): HTMLElement | null {
  for (let host = element.parentElement; host; host = host.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(host).overflowY)) {
      return host;
    }
  }
  return null;
}
