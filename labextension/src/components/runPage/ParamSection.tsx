/** The run's params, each with where it came from. */

import * as React from 'react';

import type { ParamInfo } from '../../api/generated';
import { byKey } from '../../model/format';
import { originText } from '../../model/origin';
import { Section } from '../common/Section';

export function ParamSection({
  params
}: {
  params: readonly ParamInfo[];
}): JSX.Element {
  const origins = new Set(params.map(({ origin }) => originText(origin)));
  const common = params.length > 1 && origins.size === 1 ? [...origins][0] : null;
  return (
    <Section title="Params" note={String(params.length)} testId="nbtrack-run-params">
      {common ? <p className="nbt-muted nbt-small">All {common}</p> : null}
      {params.length ? (
        <table className="nbt-facts">
          <tbody>
            {[...params].sort(byKey).map(({ key, value, origin }) => (
              <tr key={key} title={originText(origin)}>
                <th scope="row">{key}</th>
                <td>
                  <code>{value}</code>
                  {common ? null : (
                    <div className="nbt-muted nbt-small">{originText(origin)}</div>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p className="nbt-muted">
          None. Names bound to plain values, such as <code>lr = 0.01</code>, become
          params.
        </p>
      )}
    </Section>
  );
}
