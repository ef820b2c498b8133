/** The present instant, renewed: every second while something runs, else twice a minute. */

import { useEffect, useState } from 'react';

export function useNow(running: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), running ? 1000 : 30_000);
    return () => window.clearInterval(timer);
  }, [running]);
  return now;
}
