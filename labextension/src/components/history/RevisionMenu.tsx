/** The menu of one revision: everything that can be done with it. */

import * as React from 'react';

import { useOutsidePress } from '../common/useOutsidePress';

export interface IMenuItem {
  id: string;
  label: string;
  onSelect: () => void;
}

export interface IRevisionMenuProps {
  label: string;
  items: readonly IMenuItem[];
  onClose: () => void;
}

export function RevisionMenu({
  label,
  items,
  onClose
}: IRevisionMenuProps): JSX.Element {
  const list = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    list.current?.querySelector<HTMLElement>('[role="menuitem"]')?.focus();
  }, []);
  useOutsidePress(list, onClose);

  const onKeyDown = (event: React.KeyboardEvent): void => {
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>('button') ?? [])];
    const index = buttons.indexOf(document.activeElement as HTMLElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      buttons[(index + step + buttons.length) % buttons.length]?.focus();
    } else if (event.key === 'Escape' || event.key === 'Tab') {
      onClose();
    } else {
      // Enter and Space press the button; nothing of it reaches the list below.
      event.stopPropagation();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={list}
      className="nbt-revision-menu"
      role="menu"
      aria-label={label}
      data-testid="nbtrack-revision-menu"
      onKeyDown={onKeyDown}
      onClick={event => event.stopPropagation()}
    >
      {items.map(({ id, label: text, onSelect }) => (
        <button
          key={id}
          type="button"
          role="menuitem"
          className="nbt-revision-menu-item"
          data-testid={`nbtrack-menu-${id}`}
          onClick={() => {
            onClose();
            onSelect();
          }}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
