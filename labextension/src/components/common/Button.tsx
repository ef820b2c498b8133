/** A button with words on it. */

import * as React from 'react';

export interface IButtonProps {
  children: React.ReactNode;
  kind?: 'primary' | 'plain' | 'danger';
  disabled?: boolean;
  title?: string;
  testId?: string;
  onClick: () => void;
}

export function Button(props: IButtonProps): JSX.Element {
  return (
    <button
      type="button"
      className={`nbt-button nbt-button-${props.kind ?? 'plain'}`}
      disabled={props.disabled}
      title={props.title}
      data-testid={props.testId}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}
