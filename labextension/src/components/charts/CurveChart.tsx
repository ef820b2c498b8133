/** One metric's curves over each other. Drag to zoom, double click to see all again. */

import * as React from 'react';

import { useSeen } from '../common/useSeen';
import type { ECharts } from './echarts';
import { type ICurve, type ICurveView } from './curves';
import { chartOption } from './option';
import { useChartTheme } from './theme';

export interface ICurveChartProps {
  metric: string;
  curves: readonly ICurve[];
  view: ICurveView;
  height?: number;
}

export function CurveChart(props: ICurveChartProps): JSX.Element {
  const { metric, curves, view, height = 200 } = props;
  const host = React.useRef<HTMLDivElement>(null);
  const [chart, setChart] = React.useState<ECharts | null>(null);
  const [failure, setFailure] = React.useState(false);
  const theme = useChartTheme();
  const isSeen = useSeen(host);

  React.useEffect(() => {
    if (!isSeen) {
      return undefined;
    }
    let made: ECharts | null = null;
    let isGone = false;
    import('./echarts').then(
      ({ init }) => {
        if (!isGone && host.current) {
          made = init(host.current);
          setChart(made);
        }
      },
      () => setFailure(true)
    );
    return () => {
      isGone = true;
      made?.dispose();
    };
  }, [isSeen]);

  React.useEffect(() => {
    if (!chart || !host.current) {
      return undefined;
    }
    const observer = new ResizeObserver(() => chart.resize());
    observer.observe(host.current);
    chart.getZr().on('dblclick', () => {
      chart.dispatchAction({ type: 'dataZoom', start: 0, end: 100 });
    });
    return () => observer.disconnect();
  }, [chart]);

  React.useEffect(() => {
    if (chart && !chart.isDisposed()) {
      chart.setOption(chartOption(curves, view, theme), { replaceMerge: ['series'] });
      chart.dispatchAction({
        type: 'takeGlobalCursor',
        key: 'dataZoomSelect',
        dataZoomSelectActive: true
      });
    }
  }, [chart, curves, view, theme]);

  const runs = curves.map(curve => curve.name).join(', ');
  return (
    <div
      ref={host}
      className="nbt-chart"
      style={{ height }}
      role="img"
      aria-label={`${metric} over ${view.axis}: ${runs}`}
      data-testid={`nbtrack-chart-${metric}`}
      data-drawn={chart !== null}
    >
      {failure ? (
        <span className="nbt-muted">The chart could not be loaded.</span>
      ) : null}
    </div>
  );
}
