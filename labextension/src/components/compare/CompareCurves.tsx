/** The runs' curves, one chart for each metric, with one legend for all. */

import * as React from 'react';

import type { RunSummary, SeriesInfo } from '../../api/generated';
import { type IRunLook } from '../../model/runsLook';
import { CurveChart } from '../charts/CurveChart';
import { CurveControls } from '../charts/CurveControls';
import { type ICurve, type ICurveView, PLAIN_VIEW } from '../charts/curves';
import { Section } from '../common/Section';

export interface ICompareCurvesProps {
  runs: readonly RunSummary[];
  series: readonly SeriesInfo[];
  looks: ReadonlyMap<string, IRunLook>;
}

const DASHES = [undefined, '6 4', '2 3'];

export function CompareCurves({
  runs,
  series,
  looks
}: ICompareCurvesProps): JSX.Element | null {
  const [view, setView] = React.useState<ICurveView>(PLAIN_VIEW);
  const [hidden, setHidden] = React.useState<ReadonlySet<string>>(new Set());
  const charts = React.useMemo(
    () => curvesByMetric(runs, series, looks, hidden),
    [runs, series, looks, hidden]
  );
  if (charts.size === 0) {
    return null;
  }
  const drawn = runs.filter(run => series.some(item => item.run_id === run.run_id));
  const toggle = (runId: string): void => {
    const next = new Set(hidden);
    if (!next.delete(runId)) {
      next.add(runId);
    }
    setHidden(next);
  };
  return (
    <Section title="Curves" testId="nbtrack-compare-curves">
      <CurveControls view={view} onView={setView} />
      <ul className="nbt-legend" aria-label="Runs in the charts">
        {drawn.map(run => (
          <li key={run.run_id}>
            <button
              type="button"
              className="nbt-legend-item"
              aria-pressed={!hidden.has(run.run_id)}
              onClick={() => toggle(run.run_id)}
            >
              <svg width="18" height="8" aria-hidden="true">
                <line
                  x1="1"
                  x2="17"
                  y1="4"
                  y2="4"
                  stroke={looks.get(run.run_id)?.color}
                  strokeWidth="2.5"
                  strokeDasharray={DASHES[looks.get(run.run_id)?.dash ?? 0]}
                />
              </svg>
              {run.run_name}
            </button>
          </li>
        ))}
      </ul>
      <div className="nbt-charts">
        {[...charts].map(([metric, curves]) => (
          <figure key={metric} className="nbt-chart-card">
            <figcaption>{metric}</figcaption>
            <CurveChart metric={metric} curves={curves} view={view} height={240} />
          </figure>
        ))}
      </div>
    </Section>
  );
}

function curvesByMetric(
  runs: readonly RunSummary[],
  series: readonly SeriesInfo[],
  looks: ReadonlyMap<string, IRunLook>,
  hidden: ReadonlySet<string>
): Map<string, ICurve[]> {
  const charts = new Map<string, ICurve[]>();
  for (const run of runs) {
    for (const item of series) {
      if (item.run_id !== run.run_id) {
        continue;
      }
      const curves = charts.get(item.key) ?? [];
      charts.set(item.key, curves);
      const look = looks.get(run.run_id);
      if (look && !hidden.has(run.run_id)) {
        curves.push({
          id: run.run_id,
          name: run.run_name,
          ...look,
          series: item
        });
      }
    }
  }
  return charts;
}
