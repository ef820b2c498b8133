/** A line that opens what is below it; that is made only when it is opened. */

import * as React from 'react';

export interface IDisclosureProps {
  label: React.ReactNode;
  isOpen?: boolean;
  testId?: string;
  children: () => React.ReactNode;
}

export function Disclosure(props: IDisclosureProps): JSX.Element {
  const [open, setOpen] = React.useState(props.isOpen ?? false);
  return (
    <>
      <button
        type="button"
        className="nbt-disclosure"
        aria-expanded={open}
        data-testid={props.testId}
        onClick={() => setOpen(!open)}
      >
        {open ? '▾' : '▸'} {props.label}
      </button>
      {open ? props.children() : null}
    </>
  );
}
