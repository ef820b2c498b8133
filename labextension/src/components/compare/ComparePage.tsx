/** Runs side by side: what differs first, then their curves over each other. */

import * as React from 'react';

import { type ICompareState } from '../../model/runsCompare';
import { isSystemMetric, runLooks } from '../../model/runsLook';
import { type IRunActions } from '../common/actions';
import { Button } from '../common/Button';
import { Loading, Message } from '../common/Message';
import { plural } from '../../model/format';
import type { Highlight } from '../diff/types';
import { CompareCauses, CompareNotebooks } from './CompareCauses';
import { CompareCode } from './CompareCode';
import { CompareCurves } from './CompareCurves';
import { CompareTable } from './CompareTable';

export interface IComparePageProps {
  state: ICompareState;
  actions: IRunActions;
  onRemove: (runId: string) => void;
  onRefresh: () => void;
  /** Compare the notebooks as they were when two runs were made. */
  onCompareNotebooks: (oldRevisionId: string, newRevisionId: string) => void;
  highlight: Highlight;
}

export function ComparePage(props: IComparePageProps): JSX.Element {
  const { comparison, error, runIds, series } = props.state;
  const looks = React.useMemo(() => runLooks(runIds), [runIds]);
  if (!comparison) {
    return error ? (
      <Message
        kind="error"
        title="The runs could not be compared"
        testId="nbtrack-compare-error"
      >
        <p>{error}</p>
        <Button onClick={props.onRefresh}>Try again</Button>
      </Message>
    ) : (
      <Loading label="Reading the runs" />
    );
  }
  const curves = series.filter(({ key }) => !isSystemMetric(key));
  const runs = comparison.runs.filter(run => runIds.includes(run.run_id));
  return (
    <article className="nbt-page" data-testid="nbtrack-compare-page">
      <header className="nbt-page-head">
        <h1 className="nbt-page-title">{plural(runs.length, 'run')} compared</h1>
        <CompareNotebooks runs={runs} onCompare={props.onCompareNotebooks} />
      </header>
      {error ? (
        <div className="nbt-banner nbt-banner-error" role="alert">
          <span>{error}</span>
          <Button onClick={props.onRefresh}>Try again</Button>
        </div>
      ) : null}
      {runs.length < 2 ? (
        <div className="nbt-banner">
          <span>Select two or more runs in the sidebar to compare them.</span>
        </div>
      ) : null}
      {runs.length > 1 ? <CompareCauses causes={comparison.causes} /> : null}
      <CompareTable
        comparison={comparison}
        looks={looks}
        actions={props.actions}
        onRemove={props.onRemove}
      />
      <CompareCode
        runs={comparison.runs}
        code={comparison.code}
        highlight={props.highlight}
        actions={props.actions}
      />
      <CompareCurves runs={runs} series={curves} looks={looks} />
    </article>
  );
}
