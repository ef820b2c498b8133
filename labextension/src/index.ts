/** nbtrack's JupyterLab extension: the list of its plugins. */

import { asksPlugin } from './plugins/asks';
import { cellsPlugin } from './plugins/cells';
import { cellTagsPlugin } from './plugins/cellTags';
import { comparePlugin } from './plugins/compare';
import { diffPlugin } from './plugins/diff';
import { exportsPlugin } from './plugins/exports';
import { filmstripPlugin } from './plugins/filmstrip';
import { galleryPlugin } from './plugins/gallery';
import { historyPlugin } from './plugins/history';
import { kernelsPlugin } from './plugins/kernels';
import { mimePlugin } from './plugins/mime';
import { restorePlugin } from './plugins/restore';
import { runPagePlugin } from './plugins/runPage';
import { runsPlugin } from './plugins/runs';
import { changesPlugin, settingsPlugin } from './plugins/settings';
import { sidebarPlugin } from './plugins/sidebar';
import { snapshotsPlugin } from './plugins/snapshots';

export default [
  settingsPlugin,
  changesPlugin,
  sidebarPlugin,
  runsPlugin,
  runPagePlugin,
  comparePlugin,
  mimePlugin,
  cellsPlugin,
  cellTagsPlugin,
  kernelsPlugin,
  snapshotsPlugin,
  restorePlugin,
  asksPlugin,
  exportsPlugin,
  historyPlugin,
  filmstripPlugin,
  galleryPlugin,
  diffPlugin
];
