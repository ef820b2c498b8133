/** A row of tabs, keyboard operable as the ARIA practices describe. */

import * as React from 'react';

export interface ITab {
  id: string;
  label: string;
}

export interface ITabsProps {
  tabs: readonly ITab[];
  current: string;
  label: string;
  onSelect: (id: string) => void;
}

export function Tabs(props: ITabsProps): JSX.Element {
  const { tabs, current, onSelect } = props;
  const onKeyDown = (event: React.KeyboardEvent<HTMLElement>): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) {
      return;
    }
    event.preventDefault();
    const index = tabs.findIndex(tab => tab.id === current);
    const next = tabs[(index + step + tabs.length) % tabs.length];
    if (next) {
      onSelect(next.id);
      const list = event.currentTarget;
      list.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
    }
  };
  return (
    <div
      className="nbt-tabs"
      role="tablist"
      aria-label={props.label}
      onKeyDown={onKeyDown}
    >
      {tabs.map(tab => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          className="nbt-tab"
          data-tab={tab.id}
          data-testid={`nbtrack-tab-${tab.id}`}
          aria-selected={tab.id === current}
          tabIndex={tab.id === current ? 0 : -1}
          onClick={() => onSelect(tab.id)}
        >
          {tab.label}
        </button>
      ))}
    </div>
  );
}
