/** nbtrack's icons, in JupyterLab's icon colours so that they follow the theme. */

import { LabIcon } from '@jupyterlab/ui-components';

/** Three curves from one point: runs of one notebook. */
export const nbtrackIcon = new LabIcon({
  name: 'nbtrack:logo',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <g class="jp-icon3 jp-icon-selectable" fill="none" stroke="#616161" stroke-width="2" stroke-linecap="round">
    <path class="jp-icon3-stroke jp-icon-selectable" d="M4 19C10 19 10 5 20 5M4 19C11 19 12 12 20 12M4 19h16"/>
  </g>
  <g class="jp-icon3 jp-icon-selectable" fill="#616161">
    <circle cx="20" cy="5" r="2"/><circle cx="4" cy="19" r="2.4"/>
  </g>
</svg>`
});

/** A bordered cell with a mark: track this cell. */
export const trackCellIcon = new LabIcon({
  name: 'nbtrack:track-cell',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <path class="jp-icon3" fill="#616161" d="M7 3h10a2 2 0 0 1 2 2v16l-7-3-7 3V5a2 2 0 0 1 2-2zm0 2v13l5-2.2 5 2.2V5H7z"/>
  <path class="jp-icon3" fill="#616161" d="M11 7h2v2.5h2.5v2H13V14h-2v-2.5H8.5v-2H11z"/>
</svg>`
});

/** Frames on a strip: the versions of one cell. */
export const filmstripIcon = new LabIcon({
  name: 'nbtrack:filmstrip',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <path class="jp-icon3" fill="#616161" d="M4 3h16v18H4zm2 2v2h2V5zm0 4v2h2V9zm0 4v2h2v-2zm0 4v2h2v-2zm10-12v2h2V5zm0 4v2h2V9zm0 4v2h2v-2zm0 4v2h2v-2zM10 5v6h4V5zm0 8v6h4v-6z" fill-rule="evenodd"/>
</svg>`
});
