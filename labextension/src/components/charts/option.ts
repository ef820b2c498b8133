/** What ECharts is told to draw. */

import { formatDuration, formatNumber } from '../../model/format';
import type { EChartsCoreOption } from './echarts';
import {
  curvePoints,
  type ICurve,
  type ICurveView,
  type Point,
  smooth
} from './curves';
import { type IChartTheme } from './theme';

const DASHES = ['solid', 'dashed', 'dotted'] as const;
/** With more points than this, marks would hide the line. */
const MARKED_POINTS = 30;

export function chartOption(
  curves: readonly ICurve[],
  view: ICurveView,
  theme: IChartTheme
): EChartsCoreOption {
  const label = { color: theme.muted, fontSize: 11, hideOverlap: true };
  const line = { lineStyle: { color: theme.line } };
  const xText = (x: number) =>
    view.axis === 'time' && x !== 0 ? formatDuration(x) : formatNumber(x);
  return {
    animation: false,
    textStyle: { fontFamily: theme.font },
    grid: { left: 8, right: 16, top: 12, bottom: 4, containLabel: true },
    xAxis: {
      type: 'value',
      min: 'dataMin',
      max: 'dataMax',
      axisLabel: { ...label, formatter: xText },
      axisLine: line,
      splitLine: { show: false },
      axisPointer: {
        label: { formatter: ({ value }: { value: number }) => xText(value) }
      }
    },
    yAxis: {
      type: view.log ? 'log' : 'value',
      scale: true,
      // Whole decades would leave most of a chart empty. Null takes it back: options are merged.
      min: view.log ? 'dataMin' : null,
      max: view.log ? 'dataMax' : null,
      axisLabel: { ...label, formatter: (y: number) => formatNumber(y, 4) },
      splitLine: { lineStyle: { color: theme.grid } }
    },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: theme.background,
      borderColor: theme.line,
      textStyle: { color: theme.text, fontSize: 12 },
      axisPointer: { lineStyle: { color: theme.line } },
      valueFormatter: (value: unknown) => formatNumber(Number(value))
    },
    dataZoom: [
      {
        type: 'inside',
        filterMode: 'none',
        zoomOnMouseWheel: false,
        moveOnMouseWheel: false
      }
    ],
    // Present but unseen: it is what lets a drag select the part to zoom into.
    toolbox: {
      itemSize: 0,
      showTitle: false,
      feature: { dataZoom: { yAxisIndex: 'none', filterMode: 'none' } }
    },
    series: curves.flatMap(curve => lines(curve, view))
  };
}

function lines(curve: ICurve, view: ICurveView): object[] {
  const points = curvePoints(curve.series, view.axis);
  const common = {
    type: 'line',
    name: curve.name,
    color: curve.color,
    symbol: 'circle',
    symbolSize: 5,
    connectNulls: false,
    emphasis: { disabled: true }
  };
  const lineStyle = { width: 2, type: DASHES[curve.dash] ?? 'solid' };
  if (view.smoothing === 0) {
    const showSymbol = points.length <= MARKED_POINTS;
    return [
      { ...common, id: curve.id, lineStyle, showSymbol, data: drawable(points, view) }
    ];
  }
  const raw = {
    ...common,
    id: `${curve.id}:raw`,
    lineStyle: { ...lineStyle, width: 1, opacity: 0.3 },
    showSymbol: false,
    tooltip: { show: false },
    data: drawable(points, view)
  };
  const smoothed = drawable(smooth(points, view.smoothing), view);
  return [
    raw,
    { ...common, id: curve.id, lineStyle, showSymbol: false, data: smoothed }
  ];
}

/** What an axis cannot show becomes a gap. */
function drawable(points: readonly Point[], view: ICurveView): (number | '-')[][] {
  return points.map(([x, y]) => [
    x,
    Number.isFinite(y) && (!view.log || y > 0) ? y : '-'
  ]);
}
