/** A one-line form for the name of a state. Enter keeps it, Escape leaves it. */

import * as React from 'react';

import { Button } from '../common/Button';

export interface INameFormProps {
  label: string;
  initial?: string;
  placeholder: string;
  submit: string;
  onSubmit: (name: string) => Promise<void>;
  onClose: () => void;
}

export function NameForm(props: INameFormProps): JSX.Element {
  const [name, setName] = React.useState(props.initial ?? '');
  const [busy, setBusy] = React.useState(false);
  const [error, setError] = React.useState<string | null>(null);
  const input = React.useRef<HTMLInputElement>(null);
  React.useEffect(() => input.current?.select(), []);

  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    props.onSubmit(name.trim()).then(props.onClose, (reason: unknown) => {
      setBusy(false);
      setError(reason instanceof Error ? reason.message : String(reason));
    });
  };

  return (
    <form
      className="nbt-name-form"
      data-testid="nbtrack-name-form"
      onSubmit={submit}
      onClick={event => event.stopPropagation()}
      onKeyDown={event => {
        event.stopPropagation();
        if (event.key === 'Escape') {
          props.onClose();
        }
      }}
    >
      <input
        ref={input}
        className="nbt-input nbt-name-input"
        value={name}
        maxLength={200}
        placeholder={props.placeholder}
        aria-label={props.label}
        disabled={busy}
        onChange={event => setName(event.target.value)}
      />
      <div className="nbt-name-form-buttons">
        <button
          type="submit"
          className="nbt-button nbt-button-primary"
          disabled={busy || (!name.trim() && !props.initial)}
        >
          {props.submit}
        </button>
        <Button onClick={props.onClose}>Cancel</Button>
      </div>
      {error ? (
        <div className="nbt-form-error" role="alert">
          {error}
        </div>
      ) : null}
    </form>
  );
}
