/** The parts of Apache ECharts that curves need; imported on demand, to keep the start small. */

import { LineChart } from 'echarts/charts';
import {
  AriaComponent,
  DataZoomComponent,
  GridComponent,
  ToolboxComponent,
  TooltipComponent
} from 'echarts/components';
import { init, use as register } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

register([
  LineChart,
  AriaComponent,
  DataZoomComponent,
  GridComponent,
  ToolboxComponent,
  TooltipComponent,
  CanvasRenderer
]);

export { init };
export type { ECharts, EChartsCoreOption } from 'echarts/core';
