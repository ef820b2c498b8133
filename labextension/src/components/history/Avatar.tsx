/** A person as two letters on a colour of their own. */

import * as React from 'react';

import { avatarTone, initials } from './describe';

export function Avatar({ author }: { author: string }): JSX.Element {
  const name = author || 'unknown';
  return (
    <span
      className={`nbt-avatar nbt-avatar-${avatarTone(name)}`}
      role="img"
      aria-label={`by ${name}`}
      title={name}
    >
      {initials(author)}
    </span>
  );
}
