/** The page's colours for canvases, which CSS variables do not reach by themselves. */

import * as React from 'react';

export interface IChartTheme {
  text: string;
  muted: string;
  line: string;
  grid: string;
  background: string;
  accent: string;
  font: string;
}

const VARIABLES: IChartTheme = {
  text: '--jp-ui-font-color1',
  muted: '--jp-ui-font-color2',
  line: '--jp-border-color1',
  grid: '--jp-border-color2',
  background: '--jp-layout-color1',
  accent: '--jp-brand-color1',
  font: '--jp-ui-font-family'
};

function readTheme(): IChartTheme {
  const style = getComputedStyle(document.body);
  const read = ([name, variable]: [string, string]) => [
    name,
    style.getPropertyValue(variable).trim()
  ];
  return Object.fromEntries(
    Object.entries(VARIABLES).map(read)
  ) as unknown as IChartTheme;
}

/** The theme, read again when JupyterLab (or the page) changes it: the body's attributes tell. */
export function useChartTheme(): IChartTheme {
  const [theme, setTheme] = React.useState(readTheme);
  React.useEffect(() => {
    const observer = new MutationObserver(() => setTheme(readTheme()));
    observer.observe(document.body, {
      attributeFilter: ['data-jp-theme-name', 'data-jp-theme-light', 'class', 'style']
    });
    return () => observer.disconnect();
  }, []);
  return theme;
}
