/** `%revisions` in a notebook: the same list as in the sidebar. */

import * as React from 'react';

import type { RevisionTable } from '../../api/generated';
import { timelineOf } from '../../model/timelineItems';
import { Message } from '../common/Message';
import { useNow } from '../common/useNow';
import { RevisionList } from './RevisionList';
import type { IRevisionActions } from './types';

export interface IRevisionTableProps {
  table: RevisionTable;
  actions: IRevisionActions;
}

export function RevisionTableView({
  table,
  actions
}: IRevisionTableProps): JSX.Element {
  const now = useNow(false);
  const { revisions } = table;
  const timeline = React.useMemo(() => timelineOf(revisions), [revisions]);
  const details = React.useMemo(
    () => new Map(revisions.map(revision => [revision.number, revision])),
    [revisions]
  );
  return (
    <div className="nbt-revision-table" data-testid="nbtrack-revision-table">
      <div className="nbt-revision-table-title">{table.title}</div>
      {revisions.length === 0 ? (
        <Message title="No revisions yet">
          <p>Run a cell or save the notebook: its state is then kept.</p>
        </Message>
      ) : (
        <RevisionList
          timeline={timeline}
          details={details}
          now={now}
          actions={actions}
        />
      )}
    </div>
  );
}
