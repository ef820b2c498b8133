/** The head of a comparison: both sides, what differs, the way through it, and back. */

import * as React from 'react';

import type { NotebookDiff } from '../../api/generated';
import { formatInstant } from '../../model/format';
import { Button } from '../common/Button';
import { IconButton } from '../common/Icon';
import { isChanged } from './fold';
import { sideName, sideTitle, sourceRevision } from './sides';
import type { DiffLayout, IDiffActions, SideName } from './types';

export interface IDiffHeaderProps {
  diff: NotebookDiff;
  path: string | null;
  layout: DiffLayout;
  actions: IDiffActions;
  onLayout: (layout: DiffLayout) => void;
  onStep: (step: 1 | -1) => void;
}

export function DiffHeader(props: IDiffHeaderProps): JSX.Element {
  const { diff, actions, layout } = props;
  const changed = diff.cells.filter(isChanged).length;
  const source = sourceRevision(diff);
  const isSame = changed === 0 && !diff.metadata_differs;
  return (
    <header className="nbt-diff-header">
      <div className="nbt-diff-title">
        <h2>
          <Side name="old" {...props} />
          <span aria-label="compared with">→</span>
          <Side name="new" {...props} />
          <IconButton
            icon="swap"
            label="Swap sides (s)"
            testId="nbtrack-diff-swap"
            onClick={actions.swap}
          />
        </h2>
        <span className="nbt-muted">{about(props)}</span>
      </div>
      <Counts diff={diff} />
      <div className="nbt-diff-buttons">
        <IconButton
          icon="split"
          label="Side by side (v)"
          testId="nbtrack-diff-split"
          pressed={layout === 'split'}
          onClick={() => props.onLayout(layout === 'split' ? 'unified' : 'split')}
        />
        <IconButton
          icon="up"
          label="Previous change (p)"
          testId="nbtrack-diff-previous"
          disabled={changed === 0}
          onClick={() => props.onStep(-1)}
        />
        <IconButton
          icon="down"
          label="Next change (n)"
          testId="nbtrack-diff-next"
          disabled={changed === 0}
          onClick={() => props.onStep(1)}
        />
        {source ? (
          <Button
            kind="primary"
            testId="nbtrack-diff-restore"
            disabled={isSame && !(diff.old && diff.new)}
            onClick={actions.restore}
          >
            Restore {sideName(source)}…
          </Button>
        ) : null}
      </div>
    </header>
  );
}

const WHICH: Record<SideName, string> = { old: 'left', new: 'right' };

function Side(props: IDiffHeaderProps & { name: SideName }): JSX.Element {
  const { diff, name, actions } = props;
  return (
    <button
      type="button"
      className="nbt-side-button"
      title={`Choose the ${WHICH[name]} side`}
      data-testid={`nbtrack-diff-${name}`}
      onClick={() => actions.choose(name)}
    >
      {sideTitle(diff[name])} <span aria-hidden="true">▾</span>
    </button>
  );
}

function about({ diff, path }: IDiffHeaderProps): string {
  const said = [diff.old, diff.new].map(revision =>
    revision
      ? `${formatInstant(revision.created_at)} by ${revision.author}`
      : 'as it is'
  );
  return `${said.join(' → ')}${path ? ` · ${path}` : ''}`;
}

function Counts({ diff }: { diff: NotebookDiff }): JSX.Element {
  const outputs = diff.cells.filter(
    cell => cell.outputs_differ && cell.status === 'unchanged'
  ).length;
  const counts: [string, string, number, string][] = [
    ['added', '+', diff.added, 'added'],
    ['edited', '~', diff.edited, 'edited'],
    ['removed', '−', diff.removed, 'removed'],
    ['moved', '↕', diff.moved, 'moved'],
    ['output', '▤', outputs, 'only outputs']
  ];
  return (
    <div className="nbt-diff-counts" data-testid="nbtrack-diff-counts">
      {counts
        .filter(([, , count]) => count > 0)
        .map(([kind, sign, count, word]) => (
          <span key={kind} className={`nbt-mark nbt-mark-${kind}`}>
            {sign}
            {count} {word}
          </span>
        ))}
    </div>
  );
}
