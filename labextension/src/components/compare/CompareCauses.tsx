/** Why the runs' metrics may differ, in short, the likeliest first; and the notebooks behind. */

import * as React from 'react';

import type { Cause, RunSummary } from '../../api/generated';
import { Button } from '../common/Button';
import { Icon, type IconName } from '../common/Icon';
import { Section } from '../common/Section';

const ICONS: Record<Cause['kind'], IconName> = {
  code: 'code',
  param: 'edit',
  data: 'columns',
  package: 'download',
  environment: 'cell',
  unknown: 'warning',
  none: 'warning'
};

export function CompareCauses({
  causes
}: {
  causes: readonly Cause[];
}): JSX.Element | null {
  return (
    <Section title="Why the metrics may differ" testId="nbtrack-compare-causes">
      <ol className="nbt-causes">
        {causes.map(({ kind, text }) => (
          <li key={text} data-kind={kind}>
            <Icon name={ICONS[kind]} />
            <span>{text.charAt(0).toUpperCase() + text.slice(1)}.</span>
          </li>
        ))}
      </ol>
    </Section>
  );
}

export interface ICompareNotebooksProps {
  runs: readonly RunSummary[];
  onCompare: (oldRevisionId: string, newRevisionId: string) => void;
}

/** Of two runs, the older one's notebook on the left. */
export function CompareNotebooks(props: ICompareNotebooksProps): JSX.Element | null {
  const [first, second, ...more] = [...props.runs].sort((a, b) =>
    a.started_at < b.started_at ? -1 : 1
  );
  const [old, fresh] = [first?.revision_id, second?.revision_id];
  if (!old || !fresh || more.length > 0) {
    return null;
  }
  return (
    <Button
      testId="nbtrack-compare-notebooks"
      title="The notebook as it was when each of the two runs was made"
      onClick={() => props.onCompare(old, fresh)}
    >
      Compare the notebooks
    </Button>
  );
}
