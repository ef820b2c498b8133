/** The end of a list of which there is more: it is read as one comes near. */

import * as React from 'react';

import { Button } from './Button';

export interface INearEndProps {
  label: string;
  loading: boolean;
  /** Changes when more is there. */
  count: number;
  onNear: () => void;
}

export function NearEnd({ label, loading, count, onNear }: INearEndProps): JSX.Element {
  const end = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    const observer = new IntersectionObserver(
      entries => {
        if (entries.some(entry => entry.isIntersecting)) {
          onNear();
        }
      },
      { rootMargin: '600px' }
    );
    if (end.current) {
      observer.observe(end.current);
    }
    return () => observer.disconnect();
  }, [onNear, count]);
  return (
    <div ref={end} className="nbt-near-end">
      <Button disabled={loading} onClick={onNear}>
        {loading ? 'Reading…' : label}
      </Button>
    </div>
  );
}
