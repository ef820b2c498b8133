/** A piece of text with a button that copies it, and says so. */

import * as React from 'react';

import { IconButton } from './Icon';

export function Copyable({
  text,
  label
}: {
  text: string;
  label: string;
}): JSX.Element {
  const [copied, setCopied] = React.useState(false);
  const copy = () => {
    // Without clipboard rights the text can still be selected by hand.
    navigator.clipboard?.writeText(text).then(
      () => {
        setCopied(true);
        window.setTimeout(() => setCopied(false), 1500);
      },
      () => setCopied(false)
    );
  };
  return (
    <span className="nbt-copyable">
      <code>{text}</code>
      <IconButton icon="copy" label={copied ? 'Copied' : label} onClick={copy} />
    </span>
  );
}
