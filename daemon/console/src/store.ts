// State that outlives a page: whoever is signed in, where one is, what is said and asked. A change draws the whole
// shell again, which is cheap here and cannot be forgotten.
import { useEffect, useState } from 'preact/hooks';

export interface Store<T> {
  value: T;
}

const redraws = new Set<() => void>();

export function store<T>(initial: T): Store<T> {
  let now = initial;
  return {
    get value() {
      return now;
    },
    set value(next: T) {
      if (Object.is(now, next)) return;
      now = next;
      for (const redraw of redraws) redraw();
    },
  };
}

// Of the shell: draws it again whenever something in a store changes.
export function useStores() {
  const [, turn] = useState(0);
  useEffect(() => {
    const redraw = () => turn((one) => one + 1);
    redraws.add(redraw);
    redraw(); // for what changed between the first drawing and now
    return () => void redraws.delete(redraw);
  }, []);
}
