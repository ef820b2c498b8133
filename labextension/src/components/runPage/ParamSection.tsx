/** The run's params, each with where it came from. */

import * as React from 'react';

import type { ParamInfo } from '../../api/generated';
import { byKey, plural } from '../../model/format';
import { originText } from '../../model/origin';
import { Section } from '../common/Section';

export function ParamSection({
  params
}: {
  params: readonly ParamInfo[];
}): JSX.Element {
  const given = params.filter(({ origin }) => !origin?.is_default);
  const defaults = params.filter(({ origin }) => origin?.is_default);
  const origins = new Set(given.map(({ origin }) => originText(origin)));
  const common = given.length > 1 && origins.size === 1 ? [...origins][0] : null;
  return (
    <Section title="Params" note={String(given.length)} testId="nbtrack-run-params">
      {common ? <p className="nbt-muted nbt-small">All {common}</p> : null}
      {given.length ? (
        <ParamTable params={given} hasOrigins={common === null} />
      ) : (
        <p className="nbt-muted">
          None. Names bound to plain values, such as <code>lr = 0.01</code>, become
          params.
        </p>
      )}
      {defaults.length ? (
        <details className="nbt-earlier">
          <summary>{plural(defaults.length, 'setting')} at their defaults</summary>
          <ParamTable params={defaults} hasOrigins={false} />
        </details>
      ) : null}
    </Section>
  );
}

function ParamTable(props: {
  params: readonly ParamInfo[];
  hasOrigins: boolean;
}): JSX.Element {
  return (
    <table className="nbt-facts">
      <tbody>
        {[...props.params].sort(byKey).map(({ key, value, origin }) => (
          <tr key={key} title={originText(origin)}>
            <th scope="row">{key}</th>
            <td>
              <ParamValue value={value} />
              {props.hasOrigins ? (
                <div className="nbt-muted nbt-small">{originText(origin)}</div>
              ) : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const SHORT_VALUE = 200;

/** Stored whole, shown short until asked. */
function ParamValue({ value }: { value: string }): JSX.Element {
  const [isWhole, setWhole] = React.useState(false);
  const isLong = value.length > SHORT_VALUE;
  return (
    <>
      <code>{isLong && !isWhole ? `${value.slice(0, SHORT_VALUE)}…` : value}</code>
      {isLong ? (
        <button
          type="button"
          className="nbt-link"
          aria-expanded={isWhole}
          onClick={() => setWhole(!isWhole)}
        >
          {isWhole ? 'Less' : `All ${value.length.toLocaleString()} characters`}
        </button>
      ) : null}
    </>
  );
}
