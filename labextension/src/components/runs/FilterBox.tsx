/** The filter: words in a run's name, or the search grammar with its errors in place. */

import * as React from 'react';

import { Icon, IconButton } from '../common/Icon';

export interface IFilterBoxProps {
  filter: string;
  /** The words are looked for in code and notes. */
  inCode: boolean;
  error: string | null;
  isLoading: boolean;
  onFilter: (filter: string) => void;
  onInCode: (inCode: boolean) => void;
}

/** Long enough to finish a word. */
const PAUSE_MS = 300;

export function FilterBox(props: IFilterBoxProps): JSX.Element {
  const { filter, inCode, error, onFilter } = props;
  const [text, setText] = React.useState(filter);
  const errorId = React.useId();
  React.useEffect(() => setText(filter), [filter]);
  React.useEffect(() => {
    if (text === filter) {
      return undefined;
    }
    const timer = window.setTimeout(() => onFilter(text), PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [text, filter, onFilter]);
  return (
    <div className="nbt-filter">
      <span className="nbt-filter-icon">
        <Icon name="search" />
      </span>
      <input
        className="nbt-input"
        type="search"
        placeholder={
          inCode ? 'Words in code and notes' : 'Name, or metrics.accuracy > 0.9'
        }
        aria-label={inCode ? 'Search code and notes of runs' : 'Filter runs'}
        aria-invalid={error !== null}
        aria-describedby={error ? errorId : undefined}
        data-testid="nbtrack-filter"
        spellCheck={false}
        value={text}
        onChange={event => setText(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Enter') {
            onFilter(text);
          }
        }}
      />
      <span className="nbt-filter-mode">
        <IconButton
          icon="code"
          label="Search in code and notes"
          pressed={inCode}
          testId="nbtrack-in-code"
          onClick={() => props.onInCode(!inCode)}
        />
      </span>
      {error ? (
        <div
          id={errorId}
          className="nbt-filter-error"
          role="alert"
          data-testid="nbtrack-filter-error"
        >
          {error}
        </div>
      ) : null}
    </div>
  );
}
