// What pages read: kept while it is read again, so that nothing flickers and going back is instant.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { call, isProblem, type Problem, post } from './client';
import type { Page } from './types';

interface Kept {
  data: unknown;
  etag: string;
}
const kept = new Map<string, Kept>();
const most_kept = 200;

function keep(path: string, one: Kept) {
  kept.delete(path);
  kept.set(path, one);
  if (kept.size > most_kept) kept.delete(kept.keys().next().value as string);
}

// Of another who signs in here nobody's reads are shown.
export const forgetReads = () => kept.clear();

export interface Read<T> {
  data: T | undefined;
  etag: string;
  problem: Problem | undefined;
  loading: boolean;
  reload: () => Promise<void>;
  set: (data: T, etag?: string) => void;
}

// Reads a path, and again every `every` milliseconds while the tab is seen; null: nothing yet.
export function useRead<T>(path: string | null, every = 0): Read<T> {
  const known = path ? kept.get(path) : undefined;
  const [state, setState] = useState({
    path,
    problem: undefined as Problem | undefined,
    loading: !known,
    turn: 0,
  });
  const newest = useRef(path);
  newest.current = path;

  const load = useCallback(async () => {
    if (!path) return;
    try {
      const seen = kept.get(path)?.etag;
      const answer = await call<T>('GET', path, seen ? { seen } : {});
      if (answer.status !== 304) keep(path, { data: answer.data, etag: answer.etag });
      if (newest.current === path)
        setState((was) => ({ path, problem: undefined, loading: false, turn: was.turn + 1 }));
    } catch (failure) {
      if (!isProblem(failure)) throw failure;
      if (newest.current === path)
        setState((was) => ({ path, problem: failure, loading: false, turn: was.turn }));
    }
  }, [path]);

  useEffect(() => {
    if (!path) return;
    setState((was) => ({ path, problem: undefined, loading: true, turn: was.turn }));
    void load();
    if (!every) return;
    // A hidden tab asks for nothing, and asks at once when it is seen again.
    const tick = () => document.visibilityState === 'visible' && void load();
    const timer = setInterval(tick, every);
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }, [path, every, load]);

  const now = path ? kept.get(path) : undefined;
  return {
    data: now?.data as T | undefined,
    etag: now?.etag ?? '',
    problem: state.path === path ? state.problem : undefined,
    loading: state.path !== path || state.loading,
    reload: load,
    set: (data, etag = '') => {
      if (path) keep(path, { data, etag });
      setState((was) => ({ ...was, turn: was.turn + 1 }));
    },
  };
}

export interface Pages<T> {
  rows: T[] | undefined;
  problem: Problem | undefined;
  loading: boolean;
  more: (() => void) | undefined;
  reload: () => void;
}

interface Further<T> {
  asked: string;
  rows: T[];
  cursor: string | null;
  problem?: Problem;
}

// A list, page behind page. With a body it is asked for by POST: what is personal stands in no address.
// Rows stay while others are looked for.
export function usePages<T>(path: string | null, body?: unknown, every = 0): Pages<T> {
  const asked = path ? path + (body ? JSON.stringify(body) : '') : '';
  const [further, setFurther] = useState<Further<T> | undefined>();
  const added = further?.asked === asked ? further : undefined;
  // With a second page under it the first one stays as it is, so that no row falls between them.
  const first = useRead<Page<T>>(body ? null : path, added ? 0 : every);
  const [found, setFound] = useState<{ asked: string; page?: Page<T>; problem?: Problem }>({ asked: '' });
  const [loading, setLoading] = useState(false);
  const newest = useRef(asked);
  newest.current = asked;
  const last = useRef<T[] | undefined>(undefined);
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    if (!body || !path) return;
    setLoading(true);
    const stop = new AbortController();
    post<Page<T>>(path, body, { signal: stop.signal })
      .then((page) => newest.current === asked && setFound({ asked, page }))
      .catch(
        (failure) => isProblem(failure) && newest.current === asked && setFound({ asked, problem: failure }),
      )
      .finally(() => newest.current === asked && setLoading(false));
    return () => stop.abort();
  }, [asked, turn]);

  const page = body ? (found.asked === asked ? found.page : undefined) : first.data;
  const cursor = added ? added.cursor : (page?.next_cursor ?? null);
  const rows = page ? [...page.data, ...(added?.rows ?? [])] : undefined;
  if (rows) last.current = rows;

  const more = async () => {
    if (!path || !cursor) return;
    setLoading(true);
    try {
      const address = `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`;
      const next = body ? await post<Page<T>>(address, body) : (await call<Page<T>>('GET', address)).data;
      if (newest.current === asked)
        setFurther({ asked, rows: [...(added?.rows ?? []), ...next.data], cursor: next.next_cursor });
    } catch (failure) {
      if (!isProblem(failure)) throw failure;
      setFurther({ asked, rows: added?.rows ?? [], cursor, problem: failure });
    } finally {
      setLoading(false);
    }
  };

  return {
    rows: rows ?? last.current,
    problem: added?.problem ?? (body ? (found.asked === asked ? found.problem : undefined) : first.problem),
    loading: loading || (body ? found.asked !== asked : first.loading),
    more: cursor ? () => void more() : undefined,
    reload: () => {
      setFurther(undefined);
      if (body) setTurn(turn + 1);
      else void first.reload();
    },
  };
}
