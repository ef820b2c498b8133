/** The run's artifacts: a list, and a preview of the one chosen. */

import * as React from 'react';

import type { ArtifactInfo } from '../../api/generated';
import { formatBytes } from '../../model/format';
import { originText } from '../../model/origin';
import { Section } from '../common/Section';
import { ArtifactPreview } from './ArtifactPreview';

export interface IArtifactSectionProps {
  artifacts: readonly ArtifactInfo[];
  load: (path: string) => Promise<Blob>;
}

export function ArtifactSection(props: IArtifactSectionProps): JSX.Element | null {
  const { artifacts, load } = props;
  const [chosen, setChosen] = React.useState<string | null>(null);
  const shown =
    artifacts.find(artifact => artifact.path === chosen) ??
    artifacts.find(artifact => artifact.media_type.startsWith('image/')) ??
    artifacts[0];
  if (!shown) {
    return null;
  }
  return (
    <Section
      title="Artifacts"
      note={String(artifacts.length)}
      testId="nbtrack-run-artifacts"
    >
      <div className="nbt-artifacts">
        <ul className="nbt-artifact-list" aria-label="Artifacts">
          {artifacts.map(artifact => (
            <li key={artifact.path}>
              <button
                type="button"
                className="nbt-artifact"
                aria-pressed={artifact === shown}
                title={`${artifact.path}\n${originText(artifact.origin)}`}
                onClick={() => setChosen(artifact.path)}
              >
                <span className="nbt-artifact-path">{artifact.path}</span>
                <span className="nbt-muted">{formatBytes(artifact.size_bytes)}</span>
              </button>
            </li>
          ))}
        </ul>
        <ArtifactPreview
          key={`${shown.path}:${shown.digest}`}
          artifact={shown}
          load={load}
        />
      </div>
    </Section>
  );
}
