/**
 * A history by day and session, newest first, of which only what is in sight is drawn.
 *
 * Arrow keys, Page keys, Home and End move; Enter compares; Space opens a line; Left and Right
 * close and open revisions and sessions.
 */

import * as React from 'react';

import type { RevisionInfo, Timeline } from '../../api/generated';
import { plural } from '../../model/format';
import { timelineItems, type TimelineItem } from '../../model/timelineItems';
import { useStackWindow } from '../common/useStackWindow';
import { PendingRow, RevisionRow } from './RevisionRow';
import type { IRevisionActions } from './types';

export interface IRevisionListProps {
  timeline: Timeline;
  /** What is known of revisions, by number. */
  details: ReadonlyMap<number, RevisionInfo>;
  now: number;
  actions: IRevisionActions;
  /** Revisions at these places of the timeline are drawn. */
  onLook?: (first: number, last: number) => void;
}

/** As drawn where nothing is special; what is drawn is measured. */
const HEIGHTS = { day: 27, session: 25, revision: 53 };
const PAGE = 10;
const NONE: ReadonlySet<string> = new Set();

export function RevisionList(props: IRevisionListProps): JSX.Element {
  const { timeline, details, actions } = props;
  const list = React.useRef<HTMLDivElement>(null);
  const [expanded, setExpanded] = React.useState<string | null>(null);
  const [current, setCurrent] = React.useState<string | null>(null);
  const [folded, setFolded] = React.useState(NONE);
  const today = new Date(props.now).toDateString();
  const items = React.useMemo(
    () => timelineItems(timeline, folded, Date.parse(today)),
    [timeline, folded, today]
  );
  const keys = React.useMemo(() => items.map(item => item.key), [items]);
  const guess = React.useCallback(
    (index: number) => HEIGHTS[items[index]?.kind ?? 'revision'],
    [items]
  );
  const { window: shown, top, reveal } = useStackWindow(list, keys, guess);
  const drawn = items.slice(shown.first, shown.last);
  useLook(drawn, timeline, props.onLook);

  // A line that was read takes the place, and the focus, of one that was waited for.
  const focused = React.useRef<string | null>(null);
  React.useLayoutEffect(() => {
    if (focused.current !== null && document.activeElement === document.body) {
      lineOf(list.current, focused.current)?.focus({ preventScroll: true });
    }
  });
  const onFocus = React.useCallback((key: string) => {
    focused.current = key;
    setCurrent(key);
  }, []);

  const [wanted, setWanted] = React.useState<string | null>(null);
  React.useEffect(() => {
    if (wanted !== null && focusLine(list.current, wanted)) {
      setWanted(null);
    }
  }, [wanted, shown.first, shown.last]);
  // Lines that were just drawn are measured, and may move the one that has the focus; and that
  // one is higher once it was read.
  const own = items.find(item => item.key === current);
  const isRead = own?.kind === 'revision' && details.has(own.number);
  React.useEffect(() => {
    if (wanted === null && current !== null && focused.current === current) {
      lineOf(list.current, current)?.scrollIntoView({ block: 'nearest' });
    }
  }, [wanted, current, isRead]);

  const toggle = React.useCallback(
    (key: string) => setExpanded(open => (open === key ? null : key)),
    []
  );
  const fold = React.useCallback(
    (key: string, isFolded: boolean) =>
      setFolded(before => {
        const after = new Set(before);
        if (isFolded) {
          after.add(key);
        } else {
          after.delete(key);
        }
        return after;
      }),
    []
  );
  const focusItem = (target: number, step: 1 | -1): void => {
    let index = Math.max(0, Math.min(items.length - 1, target));
    while (items[index]?.kind === 'day') {
      index += index === 0 ? 1 : step;
    }
    const item = items[index];
    if (item) {
      setCurrent(item.key);
      if (!focusLine(list.current, item.key)) {
        setWanted(item.key);
        reveal(index);
      }
    }
  };

  const onKeyDown = (event: React.KeyboardEvent): void => {
    const key = (event.target as HTMLElement).dataset.line;
    const index = items.findIndex(item => item.key === key);
    const item = items[index];
    if (!item) {
      // The key was for something inside a line.
      return;
    }
    const revision = item.kind === 'revision' ? details.get(item.number) : undefined;
    const target = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      PageDown: index + PAGE,
      PageUp: index - PAGE,
      Home: 0,
      End: items.length - 1
    }[event.key];
    if (target !== undefined) {
      focusItem(target, target < index ? -1 : 1);
    } else if (item.kind === 'session') {
      if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
        fold(item.key, event.key === 'ArrowLeft');
      } else if (event.key === 'Enter' || event.key === ' ') {
        fold(item.key, !item.folded);
      } else {
        return;
      }
    } else if (event.key === 'Enter' && revision) {
      actions.compare(revision);
    } else if (event.key === ' ') {
      toggle(item.key);
    } else if (event.key === 'ArrowRight') {
      setExpanded(item.key);
    } else if (event.key === 'ArrowLeft') {
      if (expanded === item.key) {
        setExpanded(null);
      } else {
        focusItem(index - (item.kind === 'revision' ? item.place : 0), -1);
      }
    } else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      const tools = '.nbt-revision-tools button';
      (event.target as HTMLElement).querySelector<HTMLElement>(tools)?.click();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const stop =
    drawn.find(item => item.key === current) ??
    drawn.find(item => item.kind === 'revision') ??
    drawn.find(item => item.kind === 'session');
  return (
    <div
      ref={list}
      className="nbt-revisions"
      role="tree"
      aria-label="Revisions"
      data-testid="nbtrack-revisions"
      onKeyDown={onKeyDown}
      onBlur={event => {
        if (event.target.isConnected) {
          focused.current = null;
        }
      }}
    >
      <DayAbove items={items} top={top} before={shown.before} />
      {drawn.map(item => (
        <Line
          key={item.key}
          item={item}
          revision={item.kind === 'revision' ? details.get(item.number) : undefined}
          actions={actions}
          isExpanded={expanded === item.key}
          isCurrent={stop?.key === item.key}
          onToggle={toggle}
          onFold={fold}
          onFocus={onFocus}
        />
      ))}
      {shown.after > 0 ? (
        <div aria-hidden="true" style={{ height: shown.after }} />
      ) : null}
    </div>
  );
}

/** Say which revisions are drawn, so that they are read. */
function useLook(
  drawn: readonly TimelineItem[],
  timeline: Timeline,
  onLook: IRevisionListProps['onLook']
): void {
  const places = drawn.flatMap(item => (item.kind === 'revision' ? [item.index] : []));
  const first = places[0] ?? 0;
  const last = (places.at(-1) ?? -1) + 1;
  React.useEffect(() => onLook?.(first, last), [onLook, first, last, timeline]);
}

/** The day of what is seen, where its own line is above what is drawn. */
function DayAbove(props: {
  items: readonly TimelineItem[];
  top: number;
  before: number;
}): JSX.Element | null {
  const { items, top, before } = props;
  if (before === 0) {
    return null;
  }
  let index = top;
  while (index > 0 && items[index]!.kind !== 'day') {
    index -= 1;
  }
  const day = items[index]!;
  return (
    <>
      <div className="nbt-day-header" aria-hidden="true">
        {day.kind === 'day' ? day.label : ''}
      </div>
      <div aria-hidden="true" style={{ height: before - HEIGHTS.day }} />
    </>
  );
}

interface ILineProps {
  item: TimelineItem;
  /** Undefined while it is not known. */
  revision: RevisionInfo | undefined;
  actions: IRevisionActions;
  isExpanded: boolean;
  isCurrent: boolean;
  onToggle: (key: string) => void;
  onFold: (key: string, isFolded: boolean) => void;
  onFocus: (key: string) => void;
}

/** Drawn anew only where something of it changed: scrolling goes through many of them. */
const Line = React.memo(function Line(props: ILineProps): JSX.Element {
  const { item, revision } = props;
  const line = { 'data-line': item.key, 'data-guess': HEIGHTS[item.kind] };
  if (item.kind === 'day') {
    return (
      <div className="nbt-day-header" role="presentation" {...line}>
        {item.label}
      </div>
    );
  }
  if (item.kind === 'session') {
    return (
      <div
        className="nbt-session-header"
        role="treeitem"
        aria-level={1}
        aria-expanded={!item.folded}
        aria-label={`Session ${item.label}, ${plural(item.count, 'revision')}`}
        tabIndex={props.isCurrent ? 0 : -1}
        data-testid="nbtrack-session"
        {...line}
        onFocus={() => props.onFocus(item.key)}
        onClick={() => props.onFold(item.key, !item.folded)}
      >
        <span aria-hidden="true">{item.folded ? '▸' : '▾'}</span>
        <span>{item.label}</span>
        <span className="nbt-session-count">{plural(item.count, 'revision')}</span>
      </div>
    );
  }
  const place = {
    'aria-level': 2,
    'aria-posinset': item.place,
    'aria-setsize': item.of
  };
  if (!revision) {
    return (
      <PendingRow
        number={item.number}
        createdMs={item.createdMs}
        attributes={{ ...line, ...place }}
        isCurrent={props.isCurrent}
        onFocus={() => props.onFocus(item.key)}
      />
    );
  }
  return (
    <RevisionRow
      revision={revision}
      attributes={{ ...line, ...place }}
      expanded={props.isExpanded}
      current={props.isCurrent}
      actions={props.actions}
      onToggle={() => props.onToggle(item.key)}
      onFocus={() => props.onFocus(item.key)}
    />
  );
});

/** Give a line the focus; false where it is not drawn. */
function focusLine(list: HTMLElement | null, key: string): boolean {
  const line = lineOf(list, key);
  line?.focus({ preventScroll: true });
  line?.scrollIntoView({ block: 'nearest' });
  return line !== null && line !== undefined;
}

function lineOf(list: HTMLElement | null, key: string): HTMLElement | null | undefined {
  return list?.querySelector<HTMLElement>(`[data-line="${CSS.escape(key)}"]`);
}
