/** Runs that were started within this one. */

import * as React from 'react';

import type { RunSummary } from '../../api/generated';
import { defaultColumns, NEWEST_FIRST } from '../../model/runsColumns';
import { RunTable } from '../runs/RunTable';
import { sortRuns } from '../../model/runsSort';
import { Section } from '../common/Section';

export interface IChildRunsProps {
  runs: readonly RunSummary[];
  onOpen: (runId: string) => void;
}

const NONE: ReadonlySet<string> = new Set();

export function ChildRuns({ runs, onOpen }: IChildRunsProps): JSX.Element | null {
  const [order, setOrder] = React.useState(NEWEST_FIRST);
  if (runs.length === 0) {
    return null;
  }
  return (
    <Section
      title="Child runs"
      note={String(runs.length)}
      testId="nbtrack-run-children"
    >
      <div className="nbt-scroll">
        <RunTable
          runs={sortRuns(runs, order)}
          columns={defaultColumns(runs)}
          order={order}
          selected={NONE}
          label="Child runs"
          onOrder={setOrder}
          onOpen={onOpen}
        />
      </div>
    </Section>
  );
}
