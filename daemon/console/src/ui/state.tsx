// What is shown instead of, or beside, what was asked for: nothing yet, nothing there, what went wrong.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Problem } from '../api/client';
import { exactTime, fromNow, time } from '../format';
import { words } from 'words/shared';
import { Button } from './button';
import style from './state.module.css';

export function Loading({ lines = 5 }: { lines?: number }) {
  return (
    <div class={style.bones} role="status">
      <span class="hidden">{words.loading}</span>
      {Array.from({ length: lines }, (_, at) => (
        <div key={at} class={style.bone} aria-hidden="true" />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class={style.empty}>
      <p>
        <strong>{title}</strong>
      </p>
      {children}
    </div>
  );
}

// In a sentence, with the way out. Behind what one did it takes the focus; `retry`: of what was read.
export function Wrong({
  problem,
  retry,
  focus,
}: {
  problem: Problem | undefined;
  retry?: (() => void) | undefined;
  focus?: boolean;
}) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (focus && problem) box.current?.focus();
  }, [problem, focus]);
  if (!problem) return null;
  const text =
    problem.status === 0
      ? problem.code === 'unanswered'
        ? words.unanswered
        : words.offline
      : problem.message || words.unknownProblem;
  return (
    <div ref={box} class={style.error} role="alert" tabIndex={-1}>
      <p>
        <strong>{sentence(text)}</strong>
      </p>
      {problem.faults.length > 0 && (
        <ul>
          {problem.faults.map((fault) => (
            <li key={fault.pointer}>
              {fault.pointer.replace(/^[/?]/, '')}: {fault.detail}
            </li>
          ))}
        </ul>
      )}
      {problem.hint && !/smscrm|"--|If-Match|Bearer/.test(problem.hint) && <p>{sentence(problem.hint)}</p>}
      {problem.status >= 500 && problem.request && (
        <p class="small soft">{words.requestId(problem.request)}</p>
      )}
      {retry && <Button onClick={retry}>{words.again}</Button>}
    </div>
  );
}

// The API's sentences begin small, for the command line.
export function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…:]$/.test(first) ? first : `${first}.`;
}

export function Note({ good, children }: { good?: boolean; children: ComponentChildren }) {
  return <div class={`${style.note} ${good ? style.good : ''}`}>{children}</div>;
}

export type Tone = 'good' | 'warn' | 'bad' | 'live' | 'plain';
export function Badge({ tone = 'plain', children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={`${style.badge} ${tone === 'plain' ? '' : style[tone]}`}>{children}</span>;
}

export function Tag({ children }: { children: ComponentChildren }) {
  return <span class={style.tag}>{children}</span>;
}

export function Time({ at, relative }: { at: string | null | undefined; relative?: boolean }) {
  if (!at) return <>–</>;
  return (
    <time dateTime={at} title={exactTime(at)}>
      {relative ? fromNow(at) : time(at)}
    </time>
  );
}

export interface Share {
  name: string;
  value: number;
  colour: string;
}

// How far something is, in shares of the whole; says it in words to who cannot see it.
export function Progress({ shares, whole, label }: { shares: Share[]; whole: number; label: string }) {
  const done = shares.reduce((sum, one) => sum + one.value, 0);
  return (
    <div
      class={style.progress}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={whole || 1}
      aria-valuenow={Math.min(done, whole || 1)}
    >
      {shares
        .filter((one) => one.value > 0)
        .map((one) => (
          <Segment key={one.name} share={one} whole={whole} />
        ))}
    </div>
  );
}

// The policy of the page forbids style attributes in markup; a property that a script sets is allowed.
function Segment({ share, whole }: { share: Share; whole: number }) {
  return <span style={{ flexBasis: `${(share.value / (whole || 1)) * 100}%`, background: share.colour }} />;
}
