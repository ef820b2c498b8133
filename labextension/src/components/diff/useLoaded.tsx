/** Something that is read from the server when it is shown: reading, there, or why not. */

import * as React from 'react';

import { Button } from '../common/Button';

export interface ILoaded<T> {
  value: T | null;
  error: string | null;
  retry: () => void;
}

/** Read once what `load` gives; a new `load` reads anew. */
export function useLoaded<T>(load: () => Promise<T>): ILoaded<T> {
  const [state, setState] = React.useState<Omit<ILoaded<T>, 'retry'>>({
    value: null,
    error: null
  });
  const [attempt, setAttempt] = React.useState(0);
  React.useEffect(() => {
    let gone = false;
    setState({ value: null, error: null });
    load().then(
      value => gone || setState({ value, error: null }),
      (error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        return gone || setState({ value: null, error: text });
      }
    );
    return () => {
      gone = true;
    };
  }, [load, attempt]);
  return { ...state, retry: () => setAttempt(attempt + 1) };
}

/** What is said while there is nothing to show. */
export function LoadedNote({ error, retry }: ILoaded<unknown>): JSX.Element {
  return error === null ? (
    <div className="nbt-diff-note nbt-muted" role="status">
      Reading…
    </div>
  ) : (
    <div className="nbt-diff-note nbt-form-error" role="alert">
      {error} <Button onClick={retry}>Try again</Button>
    </div>
  );
}
