/** Closes what floats over the page when one presses elsewhere. */

import * as React from 'react';

/** What is pressed on the open floating part's own button is left to that button. */
const TOGGLE = '.nbt-icon-button[aria-expanded="true"]';

/** Calls `onOutside` when the pointer goes down outside the element. */
export function useOutsidePress(
  element: React.RefObject<HTMLElement>,
  onOutside: () => void
): void {
  React.useEffect(() => {
    const onPress = (event: Event): void => {
      const { target } = event;
      if (
        target instanceof Element &&
        !element.current?.contains(target) &&
        !target.closest(TOGGLE)
      ) {
        onOutside();
      }
    };
    document.addEventListener('pointerdown', onPress, true);
    return () => document.removeEventListener('pointerdown', onPress, true);
  }, [element, onOutside]);
}
