/** Line icons that take the colour of their text. */

import * as React from 'react';

const PATHS = {
  refresh: 'M13 8a5 5 0 1 1-1.5-3.5M13 2v3h-3',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  trash: 'M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.5 8.5h6l.5-8.5M7 7v4M9 7v4',
  compare: 'M3 13V7M6.5 13V3M10 13V9M13.5 13V5',
  close: 'M4 4l8 8M12 4l-8 8',
  link: 'M6 3H3v10h10v-3M9 3h4v4M13 3L7.5 8.5',
  copy: 'M6 6h7v7H6zM10 6V3H3v7h3',
  history: 'M8 5v3.5l2.5 1.5M3 8a5 5 0 1 0 1.5-3.5M3 2.5v2.8h2.8',
  cell: 'M2.5 4h11v8h-11zM5 7l1.5 1L5 9M8 9.5h3',
  code: 'M6 4.5L2.5 8 6 11.5M10 4.5L13.5 8 10 11.5',
  edit: 'M3 13l.6-2.6L11 3l2 2-7.4 7.4z',
  download: 'M8 3v7M5 7.5L8 10.5l3-3M3 13h10',
  image: 'M2.5 3.5h11v9h-11zM2.5 11l3-3.5 2.5 2.5 2-2 3.5 3.5M5.6 6.1v.1',
  search: 'M7 3a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM10 10l3.5 3.5',
  star: 'M8 2.5l1.7 3.5 3.8.5-2.8 2.7.7 3.8L8 11.2 4.6 13l.7-3.8L2.5 6.5 6.3 6z',
  play: 'M5 3l8 5-8 5z',
  swap: 'M3 5.5h9.5M9.5 2.5l3 3-3 3M13 10.5H3.5M6.5 7.5l-3 3 3 3',
  split: 'M2.5 3h11v10h-11zM8 3v10',
  up: 'M8 13V3M4.5 6.5L8 3l3.5 3.5',
  down: 'M8 3v10M4.5 9.5L8 13l3.5-3.5',
  menu: 'M8 3.2v.4M8 7.8v.4M8 12.4v.4',
  warning: 'M8 2.5l6 11H2zM8 6.5v3M8 11.5v.1'
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg
      className="nbt-icon"
      width="14"
      height="14"
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      <path
        d={PATHS[name]}
        fill={name === 'star' ? 'currentColor' : 'none'}
        stroke="currentColor"
        strokeWidth="1.3"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

export interface IIconButtonProps {
  icon: IconName;
  /** Tooltip and accessible name. */
  label: string;
  /** Shown beside the icon. */
  text?: string;
  testId?: string;
  disabled?: boolean;
  pressed?: boolean;
  expanded?: boolean;
  tabIndex?: number;
  onClick: () => void;
}

export function IconButton(props: IIconButtonProps): JSX.Element {
  return (
    <button
      type="button"
      className="nbt-icon-button"
      title={props.label}
      aria-label={props.label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      data-testid={props.testId}
      disabled={props.disabled}
      tabIndex={props.tabIndex}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
      {props.text ? <span>{props.text}</span> : null}
    </button>
  );
}
