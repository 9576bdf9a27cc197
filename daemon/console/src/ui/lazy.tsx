import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { words } from 'words/shared';
import { Loading } from './state';
import { say } from './toast';

// A chunk that is gone belongs to a console that was renewed meanwhile: the page is loaded again, once.
const mark = 'smscrm.reloaded';
if (sessionStorage.getItem(mark) === 'now') {
  sessionStorage.setItem(mark, String(Date.now()));
  setTimeout(() => say(words.upgraded), 300);
}
export function loadFailed(failure: unknown) {
  if (Date.now() - (Number(sessionStorage.getItem(mark)) || 0) < 60_000) throw failure;
  sessionStorage.setItem(mark, 'now');
  location.reload();
}

// A part of a page whose code comes when it is shown.
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined;
  return function Lazy(props: P) {
    const [, turn] = useState(0);
    useEffect(() => {
      if (!loaded)
        load().then((part) => {
          loaded = part;
          turn((one) => one + 1);
        }, loadFailed);
    }, []);
    const Part = loaded;
    return Part ? <Part {...props} /> : <Loading />;
  };
}
