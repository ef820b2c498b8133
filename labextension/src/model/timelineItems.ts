/** The lines of a history, newest first: days, sessions of work, and revisions. Pure. */

import type { RevisionInfo, Timeline } from '../api/generated';

export type TimelineItem =
  | { kind: 'day'; key: string; label: string }
  | {
      kind: 'session';
      key: string;
      /** From when to when, such as `14:02 – 15:10`. */
      label: string;
      count: number;
      folded: boolean;
    }
  | {
      kind: 'revision';
      key: string;
      number: number;
      /** Place among all revisions that are listed, from 0. */
      index: number;
      createdMs: number;
      /** Place within the session, from 1, and how many it has. */
      place: number;
      of: number;
    };

interface IStretch {
  from: number;
  to: number;
}

/**
 * @param timeline - what there is.
 * @param folded - keys of the sessions whose revisions are not shown.
 * @param now - for the names of the days.
 */
export function timelineItems(
  timeline: Timeline,
  folded: ReadonlySet<string>,
  now: number
): TimelineItem[] {
  const { numbers, created_ms: times } = timeline;
  const items: TimelineItem[] = [];
  const today = new Date(now);
  let day = '';
  for (const { from, to } of stretches(timeline)) {
    const date = new Date(times[from]!);
    const name = date.toDateString();
    if (name !== day) {
      day = name;
      items.push({
        kind: 'day',
        key: `day ${name} ${numbers[from]}`,
        label: dayLabel(date, today)
      });
    }
    // The oldest revision names a session: newer ones are added while it lasts.
    const key = `session ${numbers[to - 1]}`;
    const isFolded = folded.has(key);
    const label = spanLabel(times[to - 1]!, times[from]!);
    items.push({ kind: 'session', key, label, count: to - from, folded: isFolded });
    for (let index = from; index < to && !isFolded; index++) {
      items.push({
        kind: 'revision',
        key: `revision ${numbers[index]}`,
        number: numbers[index]!,
        index,
        createdMs: times[index]!,
        place: index - from + 1,
        of: to - from
      });
    }
  }
  return items;
}

/** Sessions, parted where a day ends. */
function* stretches({
  numbers,
  created_ms,
  session_starts
}: Timeline): Iterable<IStretch> {
  const starts = new Set(session_starts);
  let from = 0;
  for (let index = 1; index <= numbers.length; index++) {
    const ends =
      index === numbers.length ||
      starts.has(index) ||
      !isSameDay(created_ms[index - 1]!, created_ms[index]!);
    if (ends) {
      yield { from, to: index };
      from = index;
    }
  }
}

const HALF_DAY_MS = 43_200_000;

function isSameDay(one: number, other: number): boolean {
  // Making dates of ten thousand instants takes longer than it looks.
  return (
    Math.abs(one - other) < HALF_DAY_MS &&
    new Date(one).getDate() === new Date(other).getDate()
  );
}

/** A timeline of revisions that are all there, of one session. */
export function timelineOf(revisions: readonly RevisionInfo[]): Timeline {
  return {
    total: revisions.length,
    numbers: revisions.map(revision => revision.number),
    created_ms: revisions.map(revision => Date.parse(revision.created_at)),
    session_starts: revisions.length ? [0] : [],
    authors: []
  };
}

function spanLabel(from: number, to: number): string {
  const [first, last] = [clockTime(from), clockTime(to)];
  return first === last ? first : `${first} – ${last}`;
}

export function clockTime(ms: number): string {
  return CLOCK.format(ms);
}

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit'
});

function dayLabel(date: Date, today: Date): string {
  const yesterday = new Date(today);
  yesterday.setDate(today.getDate() - 1);
  if (date.toDateString() === today.toDateString()) {
    return 'Today';
  }
  if (date.toDateString() === yesterday.toDateString()) {
    return 'Yesterday';
  }
  const sameYear = date.getFullYear() === today.getFullYear();
  return date.toLocaleDateString(undefined, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: sameYear ? undefined : 'numeric'
  });
}
