/** The run's metrics: a summary line each, and the curves of those with more than one point. */

import * as React from 'react';

import type { MetricInfo, RunSummary, SeriesInfo } from '../../api/generated';
import { byKey, formatNumber, toNumber } from '../../model/format';
import { isSystemMetric } from '../../model/runsLook';
import { originText } from '../../model/origin';
import { CurveChart } from '../charts/CurveChart';
import { CurveControls } from '../charts/CurveControls';
import { type ICurve, type ICurveView, PLAIN_VIEW } from '../charts/curves';
import { Section } from '../common/Section';

export interface IMetricSectionProps {
  run: RunSummary;
  series: readonly SeriesInfo[];
  color: string;
}

export function MetricSection(props: IMetricSectionProps): JSX.Element {
  const { run, color } = props;
  const [view, setView] = React.useState<ICurveView>(PLAIN_VIEW);
  const metrics = run.metrics.filter(({ key }) => !isSystemMetric(key));
  const series = props.series.filter(({ key }) => !isSystemMetric(key));
  return (
    <Section title="Metrics" note={String(metrics.length)} testId="nbtrack-run-metrics">
      {metrics.length ? (
        <div className="nbt-scroll">
          <table className="nbt-table">
            <thead>
              <tr>
                <th scope="col">Metric</th>
                <th scope="col">Last</th>
                <th scope="col">Min</th>
                <th scope="col">Max</th>
                <th scope="col">Points</th>
                <th scope="col">From</th>
              </tr>
            </thead>
            <tbody>
              {[...metrics].sort(byKey).map(metric => (
                <MetricRow key={metric.key} metric={metric} />
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <p className="nbt-muted">
          None. Numbers a tracked cell computes become metrics; nbtrack.log(loss=…) logs
          one by hand.
        </p>
      )}
      {series.length ? (
        <>
          <CurveControls view={view} onView={setView} />
          <Curves run={run} series={series} color={color} view={view} />
        </>
      ) : null}
    </Section>
  );
}

/** What the machine did meanwhile: processor, memory, disk, network. */
export function SystemMetricSection(props: IMetricSectionProps): JSX.Element | null {
  const series = props.series.filter(({ key }) => isSystemMetric(key));
  if (series.length === 0) {
    return null;
  }
  return (
    <Section
      title="System metrics"
      note={String(series.length)}
      testId="nbtrack-run-system"
      isFolded
    >
      <Curves {...props} series={series} view={OVER_TIME} />
    </Section>
  );
}

const OVER_TIME: ICurveView = { ...PLAIN_VIEW, axis: 'time' };

function Curves(props: IMetricSectionProps & { view: ICurveView }): JSX.Element {
  const { run, series, color, view } = props;
  return (
    <div className="nbt-charts">
      {[...series].sort(byKey).map(item => (
        <RunCurve
          key={item.key}
          series={item}
          name={run.run_name}
          color={color}
          view={view}
        />
      ))}
    </div>
  );
}

function MetricRow({ metric }: { metric: MetricInfo }): JSX.Element {
  const hasCurve = metric.count > 1;
  return (
    <tr>
      <th scope="row">{metric.key}</th>
      <td className="nbt-number">
        <strong title={String(metric.last)}>
          {formatNumber(toNumber(metric.last))}
        </strong>
      </td>
      <td className="nbt-number">
        {hasCurve ? formatNumber(toNumber(metric.min)) : ''}
      </td>
      <td className="nbt-number">
        {hasCurve ? formatNumber(toNumber(metric.max)) : ''}
      </td>
      <td className="nbt-number">{metric.count}</td>
      <td className="nbt-muted">{originText(metric.origin)}</td>
    </tr>
  );
}

interface IRunCurveProps {
  series: SeriesInfo;
  name: string;
  color: string;
  view: ICurveView;
}

function RunCurve({ series, name, color, view }: IRunCurveProps): JSX.Element {
  const curves = React.useMemo(
    (): ICurve[] => [{ id: series.run_id, name, color, dash: 0, series }],
    [series, name, color]
  );
  return (
    <figure className="nbt-chart-card">
      <figcaption>
        {series.key}
        {series.total > series.values.length ? (
          <span className="nbt-muted">
            {' '}
            {series.values.length} of {series.total} points
          </span>
        ) : null}
      </figcaption>
      <CurveChart metric={series.key} curves={curves} view={view} />
    </figure>
  );
}
