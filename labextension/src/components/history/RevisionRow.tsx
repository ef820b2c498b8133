/** One line of the history; opened, it shows the changed cells and what can be done. */

import * as React from 'react';

import type { RevisionInfo } from '../../api/generated';
import { formatInstant, plural } from '../../model/format';
import { clockTime } from '../../model/timelineItems';
import { Button } from '../common/Button';
import { Icon, IconButton } from '../common/Icon';
import { Avatar } from './Avatar';
import { ChangeChips } from './ChangeChips';
import { countChanges, describeReason, mainPreview } from './describe';
import { NameForm } from './NameForm';
import { type IMenuItem, RevisionMenu } from './RevisionMenu';
import { RunLine } from './RunLine';
import type { IRevisionActions, IRevisionCommand } from './types';

export interface IRevisionRowProps {
  revision: RevisionInfo;
  /** What says where the row stands. */
  attributes: Record<string, string | number>;
  expanded: boolean;
  /** The row that the keyboard is at. */
  current: boolean;
  actions: IRevisionActions;
  onToggle: () => void;
  onFocus: () => void;
}

const RUNS_SHOWN = 3;
const CHANGES_SHOWN = 12;

export function RevisionRow(props: IRevisionRowProps): JSX.Element {
  const { revision, expanded, actions } = props;
  const [menuOpen, setMenuOpen] = React.useState(false);
  const [naming, setNaming] = React.useState(false);
  const row = React.useRef<HTMLDivElement>(null);
  const closeMenu = React.useCallback(() => {
    setMenuOpen(false);
    row.current?.focus();
  }, []);
  const closeForm = React.useCallback(() => {
    setNaming(false);
    row.current?.focus();
  }, []);

  return (
    <div
      ref={row}
      className={rowClass(revision, expanded)}
      role="treeitem"
      {...props.attributes}
      tabIndex={props.current ? 0 : -1}
      aria-label={summary(revision)}
      aria-expanded={expanded}
      data-testid="nbtrack-revision"
      data-revision-id={revision.revision_id}
      data-number={revision.number}
      data-reason={revision.reason}
      onFocus={props.onFocus}
      onClick={props.onToggle}
      onDoubleClick={() => actions.compare(revision)}
      onContextMenu={event => {
        event.preventDefault();
        event.stopPropagation();
        setMenuOpen(true);
      }}
    >
      <Avatar author={revision.author} />
      <div className="nbt-revision-body">
        <RevisionHead revision={revision} />
        <RevisionCode revision={revision} />
        {revision.runs.slice(0, RUNS_SHOWN).map(run => (
          <RunLine key={run.run_id} run={run} onOpen={actions.openRun} />
        ))}
        {revision.runs.length > RUNS_SHOWN ? (
          <span className="nbt-muted nbt-small">
            and {plural(revision.runs.length - RUNS_SHOWN, 'more run')}
          </span>
        ) : null}
        {naming && actions.rename ? (
          <NameForm
            label="Name of this revision"
            initial={revision.label ?? ''}
            placeholder="Such as “before cleaning”"
            submit="Save name"
            onSubmit={name => actions.rename!(revision, name || null)}
            onClose={closeForm}
          />
        ) : null}
        {expanded ? <RevisionChanges revision={revision} actions={actions} /> : null}
      </div>
      <div
        className="nbt-revision-tools"
        onClick={stopPropagation}
        onDoubleClick={stopPropagation}
      >
        <IconButton
          icon="menu"
          label={`More for r${revision.number}`}
          testId="nbtrack-revision-more"
          expanded={menuOpen}
          tabIndex={props.current ? 0 : -1}
          onClick={() => setMenuOpen(!menuOpen)}
        />
        {menuOpen ? (
          <RevisionMenu
            label={`Revision r${revision.number}`}
            items={menuItems(revision, actions, () => setNaming(true))}
            onClose={closeMenu}
          />
        ) : null}
      </div>
    </div>
  );
}

function rowClass({ label }: RevisionInfo, expanded: boolean): string {
  const named = label === null ? '' : ' nbt-mod-named';
  return `nbt-revision${named}${expanded ? ' nbt-mod-expanded' : ''}`;
}

export interface IPendingRowProps {
  number: number;
  createdMs: number;
  attributes: Record<string, string | number>;
  isCurrent: boolean;
  onFocus: () => void;
}

/** A revision that is being read. */
export function PendingRow(props: IPendingRowProps): JSX.Element {
  return (
    <div
      className="nbt-revision nbt-mod-pending"
      role="treeitem"
      aria-busy="true"
      aria-label={`r${props.number}`}
      tabIndex={props.isCurrent ? 0 : -1}
      {...props.attributes}
      onFocus={props.onFocus}
    >
      <span className="nbt-avatar" />
      <div className="nbt-revision-body">
        <div className="nbt-revision-head">
          <span className="nbt-revision-number">r{props.number}</span>
          <time>{clockTime(props.createdMs)}</time>
        </div>
        <div className="nbt-revision-code">&nbsp;</div>
      </div>
    </div>
  );
}

function RevisionHead({ revision }: { revision: RevisionInfo }): JSX.Element {
  return (
    <div className="nbt-revision-head">
      {revision.label ? (
        <span className="nbt-revision-label" title={revision.label}>
          <Icon name="star" />
          <span>{revision.label}</span>
        </span>
      ) : null}
      <span className="nbt-revision-reason">{describeReason(revision)}</span>
      {revision.error_name ? (
        <span
          className="nbt-mark nbt-mark-error"
          title="A cell that ran from it failed"
        >
          {revision.error_name}
        </span>
      ) : null}
      <span className="nbt-revision-number">r{revision.number}</span>
      <time dateTime={revision.created_at} title={formatInstant(revision.created_at)}>
        {clockTime(Date.parse(revision.created_at))}
      </time>
    </div>
  );
}

function RevisionCode({ revision }: { revision: RevisionInfo }): JSX.Element {
  // The first revision adds every cell: no single line stands for it.
  const isFirst = revision.parent_id === null;
  const preview = isFirst ? '' : mainPreview(revision);
  return (
    <div className="nbt-revision-code">
      {isFirst ? null : <ChangeChips revision={revision} />}
      {preview ? <code title={preview}>{preview}</code> : null}
      {isFirst || revision.changes.length === 0 ? (
        <span className="nbt-muted">{plural(revision.cell_count, 'cell')}</span>
      ) : null}
    </div>
  );
}

interface IRevisionChangesProps {
  revision: RevisionInfo;
  actions: IRevisionActions;
}

function RevisionChanges({ revision, actions }: IRevisionChangesProps): JSX.Element {
  const { changes } = revision;
  return (
    <div
      className="nbt-revision-details"
      onClick={stopPropagation}
      onDoubleClick={stopPropagation}
    >
      {changes.length > 0 ? (
        <ul className="nbt-revision-changes" aria-label="Changed cells">
          {changes.slice(0, CHANGES_SHOWN).map(change => (
            <li
              key={`${change.cell_id}-${change.kind}`}
              className={`nbt-change-${change.kind}`}
            >
              <span className="nbt-change-kind">{change.kind}</span>
              <code title={change.preview}>{change.preview || '(empty)'}</code>
            </li>
          ))}
          {changes.length > CHANGES_SHOWN ? (
            <li className="nbt-muted">and {changes.length - CHANGES_SHOWN} more</li>
          ) : null}
        </ul>
      ) : (
        <div className="nbt-muted">No cell changed against the revision before.</div>
      )}
      <div className="nbt-revision-buttons">
        <Button
          kind="primary"
          testId="nbtrack-revision-compare"
          onClick={() => actions.compare(revision)}
        >
          Compare with now
        </Button>
        <Button
          testId="nbtrack-revision-restore"
          onClick={() => actions.restore(revision)}
        >
          Restore…
        </Button>
      </div>
    </div>
  );
}

/** What is pressed inside a row is not pressed on it. */
function stopPropagation(event: React.SyntheticEvent): void {
  event.stopPropagation();
}

function offered(
  commands: readonly IRevisionCommand[],
  revision: RevisionInfo
): IMenuItem[] {
  return commands
    .filter(({ isShown }) => isShown?.(revision) ?? true)
    .map(({ id, label, onSelect }) => ({
      id,
      label,
      onSelect: () => onSelect(revision)
    }));
}

function menuItems(
  revision: RevisionInfo,
  actions: IRevisionActions,
  startNaming: () => void
): IMenuItem[] {
  const items: IMenuItem[] = [
    {
      id: 'compare',
      label: 'Compare with now',
      onSelect: () => actions.compare(revision)
    },
    ...offered(actions.comparisons, revision),
    {
      id: 'restore',
      label: 'Restore notebook…',
      onSelect: () => actions.restore(revision)
    }
  ];
  const { cell_id } = revision;
  if (cell_id && actions.restoreCell) {
    items.push({
      id: 'restore-cell',
      label: 'Restore the cell that ran…',
      onSelect: () => actions.restoreCell?.(revision, cell_id)
    });
  }
  items.push({
    id: 'beside',
    label: 'Open as read-only beside',
    onSelect: () => actions.openBeside(revision)
  });
  items.push(...offered(actions.files, revision));
  if (actions.rename) {
    items.push({
      id: 'name',
      label: revision.label ? 'Change name…' : 'Name…',
      onSelect: startNaming
    });
  }
  return items;
}

function summary(revision: RevisionInfo): string {
  const changes = countChanges(revision).map(({ long }) => long);
  return [
    `r${revision.number}`,
    revision.label,
    describeReason(revision),
    `by ${revision.author}`,
    revision.error_name,
    formatInstant(revision.created_at),
    ...changes
  ]
    .filter(Boolean)
    .join(', ');
}
