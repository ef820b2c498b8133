/** nbtrack's JupyterLab extension: the list of its plugins. */

import { changesPlugin, settingsPlugin } from './plugins/settings';
import { sidebarPlugin } from './plugins/sidebar';

export default [settingsPlugin, changesPlugin, sidebarPlugin];
