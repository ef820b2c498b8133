/** What the run ran in: Python, machine, git state, packages. */

import * as React from 'react';

import type { EnvironmentInfo, PackageInfo } from '../../api/generated';
import { plural } from '../../model/format';
import { Section } from '../common/Section';

export function EnvironmentSection(props: {
  environment: EnvironmentInfo | null;
  /** The packages that the kernel had imported, where that is known. */
  imported: readonly PackageInfo[];
}): JSX.Element | null {
  const { environment, imported } = props;
  const [search, setSearch] = React.useState('');
  const [isWhole, setWhole] = React.useState(false);
  if (!environment) {
    return null;
  }
  const { git } = environment;
  const packages = imported.length && !isWhole ? imported : environment.packages;
  const wanted = search.trim().toLowerCase();
  const found = packages.filter(({ name }) => name.toLowerCase().includes(wanted));
  return (
    <Section title="Environment" testId="nbtrack-run-environment" isFolded>
      <table className="nbt-facts">
        <tbody>
          <tr>
            <th scope="row">Python</th>
            <td>
              {environment.python} ({environment.implementation})
            </td>
          </tr>
          <tr>
            <th scope="row">Platform</th>
            <td>
              {environment.platform}
              {environment.cpu_count
                ? `, ${plural(environment.cpu_count, 'CPU')}`
                : null}
            </td>
          </tr>
          <tr>
            <th scope="row">Executable</th>
            <td>
              <code>{environment.executable}</code>
            </td>
          </tr>
          {git ? (
            <tr>
              <th scope="row">Git</th>
              <td>
                <code>{git.commit.slice(0, 10)}</code>
                {git.branch ? ` on ${git.branch}` : null}
                {git.dirty ? ', with uncommitted changes' : null}
              </td>
            </tr>
          ) : null}
        </tbody>
      </table>
      {imported.length ? (
        <label className="nbt-check">
          <input
            type="checkbox"
            checked={isWhole}
            onChange={event => setWhole(event.target.checked)}
          />
          Also the {environment.packages.length - imported.length} packages that were
          not imported
        </label>
      ) : null}
      <input
        className="nbt-input"
        type="search"
        placeholder={`Find in ${plural(packages.length, 'package')}`}
        aria-label="Find a package"
        value={search}
        onChange={event => setSearch(event.target.value)}
      />
      <div className="nbt-packages">
        <table className="nbt-facts">
          <tbody>
            {found.map(({ name, version }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className="nbt-number">{version}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {found.length ? null : <p className="nbt-muted">No such package.</p>}
      </div>
    </Section>
  );
}
