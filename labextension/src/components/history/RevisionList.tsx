/** Revisions by day, newest first. Arrow keys move, Enter compares, Space opens a row. */

import * as React from 'react';

import type { RevisionInfo } from '../../api/generated';
import { groupByDay } from './describe';
import { RevisionRow } from './RevisionRow';
import type { IRevisionActions } from './types';

export interface IRevisionListProps {
  revisions: readonly RevisionInfo[];
  now: number;
  actions: IRevisionActions;
}

export function RevisionList({
  revisions,
  now,
  actions
}: IRevisionListProps): JSX.Element {
  const list = React.useRef<HTMLDivElement>(null);
  const [expanded, setExpanded] = React.useState<string | null>(null);
  const [current, setCurrent] = React.useState<string | null>(null);
  const currentId = revisions.some(({ revision_id }) => revision_id === current)
    ? current
    : (revisions[0]?.revision_id ?? null);
  const toggle = (id: string) => setExpanded(open => (open === id ? null : id));

  const onKeyDown = (event: React.KeyboardEvent): void => {
    const rows = [
      ...(list.current?.querySelectorAll<HTMLElement>('[data-revision-id]') ?? [])
    ];
    const index = rows.indexOf(event.target as HTMLElement);
    const revision = revisions[index];
    if (!revision) {
      // The key was for something inside a row.
      return;
    }
    const target = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      Home: 0,
      End: rows.length - 1
    }[event.key];
    if (target !== undefined) {
      rows[target]?.focus();
      rows[target]?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      actions.compare(revision);
    } else if (event.key === ' ') {
      toggle(revision.revision_id);
    } else if (event.key === 'ArrowRight') {
      setExpanded(revision.revision_id);
    } else if (event.key === 'ArrowLeft') {
      setExpanded(open => (open === revision.revision_id ? null : open));
    } else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      rows[index]?.querySelector<HTMLElement>('.nbt-revision-tools button')?.click();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={list}
      className="nbt-revisions"
      role="tree"
      aria-label="Revisions"
      data-testid="nbtrack-revisions"
      onKeyDown={onKeyDown}
    >
      {groupByDay(revisions, now).map(group => (
        <div key={group.key} className="nbt-day" role="group" aria-label={group.label}>
          <div className="nbt-day-header" aria-hidden="true">
            {group.label}
          </div>
          {group.revisions.map(revision => (
            <RevisionRow
              key={revision.revision_id}
              revision={revision}
              now={now}
              expanded={expanded === revision.revision_id}
              current={currentId === revision.revision_id}
              actions={actions}
              onToggle={() => toggle(revision.revision_id)}
              onFocus={() => setCurrent(revision.revision_id)}
            />
          ))}
        </div>
      ))}
    </div>
  );
}
