/** Re-render when an observable model changes. */

import { useCallback, useSyncExternalStore } from 'react';

/** What a model must have to be shown; `StateModel` does. */
export interface IObservable<S> {
  readonly state: S;
  readonly changed: {
    connect(slot: () => void): unknown;
    disconnect(slot: () => void): unknown;
  };
}

export function useModel<S>(model: IObservable<S>): S {
  const subscribe = useCallback(
    (notify: () => void) => {
      model.changed.connect(notify);
      return () => {
        model.changed.disconnect(notify);
      };
    },
    [model]
  );
  return useSyncExternalStore(subscribe, () => model.state);
}
