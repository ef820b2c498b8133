/** A titled part of a page; it can be folded. */

import * as React from 'react';

export interface ISectionProps {
  title: string;
  /** Shown beside the title: a count, for example. */
  note?: string;
  /** Begins folded. */
  isFolded?: boolean;
  testId?: string;
  controls?: React.ReactNode;
  children: React.ReactNode;
}

export function Section(props: ISectionProps): JSX.Element {
  return (
    <details className="nbt-section" open={!props.isFolded} data-testid={props.testId}>
      <summary>
        <h2>{props.title}</h2>
        {props.note ? <span className="nbt-muted">{props.note}</span> : null}
      </summary>
      {props.controls}
      {props.children}
    </details>
  );
}
