/** A run's page: everything the store knows about it. */

import * as React from 'react';

import { type IRunPageState } from '../../model/runsPage';
import { runColor } from '../../model/runsLook';
import { type IRunActions } from '../common/actions';
import { Button } from '../common/Button';
import { Loading, Message } from '../common/Message';
import { type ISourceRenderer } from '../common/Source';
import { ArtifactSection } from './ArtifactSection';
import { CaptureSection } from './CaptureSection';
import { ChildRuns } from './ChildRuns';
import { CodeSection } from './CodeSection';
import { DatasetSection } from './DatasetSection';
import { EnvironmentSection } from './EnvironmentSection';
import { FlagBanner } from './FlagBanner';
import { MetricSection, SystemMetricSection } from './MetricSection';
import { ParamSection } from './ParamSection';
import { RunFacts } from './RunFacts';
import { RunHeader } from './RunHeader';

export interface IRunPageProps {
  state: IRunPageState;
  actions: IRunActions;
  onRename: (name: string) => void;
  onDelete: () => void;
  onUndelete: () => void;
  onRefresh: () => void;
  loadArtifact: (path: string) => Promise<Blob>;
  renderSource?: ISourceRenderer;
}

export function RunPage(props: IRunPageProps): JSX.Element {
  const { detail, series, error, isMissing, runId } = props.state;
  if (!detail) {
    if (!error) {
      return <Loading label="Reading the run" />;
    }
    return (
      <Message
        kind="error"
        title={isMissing ? 'This run is not in the store' : 'The run could not be read'}
        testId="nbtrack-run-error"
      >
        <p>{error}</p>
        <Button onClick={props.onRefresh}>Try again</Button>
      </Message>
    );
  }
  const { run, report } = detail;
  return (
    <article className="nbt-page" data-testid="nbtrack-run-page" data-run-id={runId}>
      <RunHeader {...props} run={run} />
      {error ? (
        <div className="nbt-banner nbt-banner-error" role="alert">
          <span>{error}</span>
          <Button onClick={props.onRefresh}>Try again</Button>
        </div>
      ) : null}
      {run.lifecycle_stage === 'deleted' ? (
        <div className="nbt-banner" role="status" data-testid="nbtrack-run-deleted">
          <span>This run was deleted.</span>
          <Button onClick={props.onUndelete}>Undo delete</Button>
        </div>
      ) : null}
      {run.error_name ? (
        <div className="nbt-banner nbt-banner-error" data-testid="nbtrack-run-failure">
          <span>
            <strong>{run.error_name}</strong>
            {run.error_message ? `: ${run.error_message}` : null}
          </span>
        </div>
      ) : null}
      {run.capture_incomplete ? (
        <div className="nbt-banner">
          <span>Not everything was captured: {run.capture_incomplete}</span>
        </div>
      ) : null}
      <FlagBanner run={run} report={report} actions={props.actions} />
      <div className="nbt-page-columns">
        <div className="nbt-page-main">
          <MetricSection run={run} series={series} color={runColor(run.run_id)} />
          <ArtifactSection artifacts={detail.artifacts} load={props.loadArtifact} />
          <CodeSection
            detail={detail}
            actions={props.actions}
            render={props.renderSource}
          />
          <ChildRuns runs={detail.children} onOpen={props.actions.openRun} />
          <DatasetSection datasets={detail.datasets} onOpen={props.actions.openRun} />
          <CaptureSection run={run} report={report} actions={props.actions} />
          <SystemMetricSection run={run} series={series} color={runColor(run.run_id)} />
        </div>
        <aside className="nbt-page-side" aria-label="About the run">
          <ParamSection params={run.params} />
          <RunFacts run={run} actions={props.actions} />
          <EnvironmentSection
            environment={detail.environment}
            imported={report?.imported ?? []}
          />
        </aside>
      </div>
    </article>
  );
}
