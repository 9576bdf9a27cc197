// A thing that saves itself while one works on it: a pause in typing sends what changed, with the ETag of what it
// was changed from, so that nobody's work is overwritten unseen.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, isProblem, type Problem } from './client';

export type DraftState = 'saved' | 'dirty' | 'saving' | 'conflict' | 'wrong';

export interface Draft<T> {
  data: T | undefined; // as the server has it, with what was changed since
  state: DraftState;
  savedAt: string; // RFC 3339; empty: not in this visit
  problem: Problem | undefined;
  change: (part: Partial<T>) => void;
  // Saves what is not saved yet; false: it could not be.
  flush: () => Promise<boolean>;
  reload: () => Promise<void>;
  // After a conflict.
  takeTheirs: () => Promise<void>;
  keepMine: () => Promise<boolean>;
}

const pause = 700;

export function useDraft<T extends object>(path: string | null): Draft<T> {
  const [, redraw] = useState(0);
  const draft = useRef({
    path,
    data: undefined as T | undefined,
    etag: '',
    changes: {} as Partial<T>,
    state: 'saved' as DraftState,
    savedAt: '',
    problem: undefined as Problem | undefined,
    timer: 0,
    saving: undefined as Promise<boolean> | undefined,
  });
  const now = draft.current;
  const show = (state: DraftState, problem?: Problem) => {
    now.state = state;
    now.problem = problem;
    redraw((turn) => turn + 1);
  };

  const read = async () => {
    if (!now.path) return;
    const from = now.path;
    const answer = await call<T>('GET', from);
    if (now.path !== from) return;
    now.data = answer.data;
    now.etag = answer.etag;
  };
  const reload = async () => {
    try {
      await read();
      show(Object.keys(now.changes).length ? now.state : 'saved');
    } catch (failure) {
      if (!isProblem(failure)) throw failure;
      show('wrong', failure);
    }
  };

  const save = async (): Promise<boolean> => {
    clearTimeout(now.timer);
    if (now.saving) {
      await now.saving;
      return save();
    }
    if (!now.path || !Object.keys(now.changes).length) return now.state !== 'conflict';
    const sent = now.changes;
    now.changes = {};
    show('saving');
    now.saving = (async () => {
      try {
        await call('PATCH', now.path as string, { body: sent, match: now.etag });
        await read();
        now.savedAt = new Date().toISOString();
        show(Object.keys(now.changes).length ? 'dirty' : 'saved');
        return true;
      } catch (failure) {
        if (!isProblem(failure)) throw failure;
        now.changes = { ...sent, ...now.changes };
        show(failure.status === 412 ? 'conflict' : 'wrong', failure);
        return false;
      } finally {
        now.saving = undefined;
      }
    })();
    return now.saving;
  };

  useEffect(() => {
    now.path = path;
    now.data = undefined;
    now.changes = {};
    if (path) void reload();
    const leave = (event: BeforeUnloadEvent) => {
      if (!Object.keys(now.changes).length && !now.saving) return;
      void save();
      event.preventDefault();
    };
    addEventListener('beforeunload', leave);
    return () => {
      removeEventListener('beforeunload', leave);
      void save();
    };
  }, [path]);

  return {
    data: now.data ? { ...now.data, ...now.changes } : undefined,
    state: now.state,
    savedAt: now.savedAt,
    problem: now.problem,
    change: (part) => {
      now.changes = { ...now.changes, ...part };
      clearTimeout(now.timer);
      if (now.state !== 'conflict') now.timer = window.setTimeout(() => void save(), pause);
      show(
        now.state === 'conflict' ? 'conflict' : 'dirty',
        now.state === 'conflict' ? now.problem : undefined,
      );
    },
    flush: save,
    reload,
    takeTheirs: async () => {
      now.changes = {};
      await reload();
    },
    keepMine: async () => {
      await read();
      now.state = 'dirty';
      return save();
    },
  };
}
