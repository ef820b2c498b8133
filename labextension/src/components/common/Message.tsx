/** What a view says when it has nothing to show: what is so, and what to do next. */

import * as React from 'react';

export interface IMessageProps {
  title: string;
  kind?: 'info' | 'error';
  testId?: string;
  children?: React.ReactNode;
}

export function Message(props: IMessageProps): JSX.Element {
  const isError = props.kind === 'error';
  return (
    <div
      className={isError ? 'nbt-message nbt-message-error' : 'nbt-message'}
      role={isError ? 'alert' : 'status'}
      data-testid={props.testId}
    >
      <div className="nbt-message-title">{props.title}</div>
      {props.children}
    </div>
  );
}

export function Loading({ label }: { label: string }): JSX.Element {
  return (
    <div className="nbt-message" role="status">
      <span className="nbt-spinner" aria-hidden="true" />
      <span className="nbt-muted">{label}</span>
    </div>
  );
}
