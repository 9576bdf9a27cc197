import type { ComponentChildren, JSX } from 'preact';
import { words } from 'words/shared';
import style from './button.module.css';

interface Look {
  kind?: 'primary' | 'plain' | 'danger' | 'quiet';
  children: ComponentChildren;
}
const classes = (kind: Look['kind'] = 'plain') => `${style.button} ${style[kind] ?? ''}`;

type ButtonProps = Look & {
  busy?: boolean;
  // Why it cannot be pressed: it stays where it is, can be reached, and says so.
  barred?: string | undefined;
} & Omit<JSX.HTMLAttributes<HTMLButtonElement>, 'children'> & {
    type?: 'submit' | 'button';
    disabled?: boolean;
  };

export function Button({ kind, busy, barred, children, type = 'button', ...rest }: ButtonProps) {
  if (barred)
    return (
      <span class={style.wrap}>
        <button type="button" class={classes(kind)} aria-disabled="true" onClick={(e) => e.preventDefault()}>
          {children}
        </button>
        <span class="small soft">{barred}</span>
      </span>
    );
  return (
    <button {...rest} type={type} class={classes(kind)} disabled={busy || rest.disabled} aria-busy={busy}>
      {busy && <span class={style.spin} aria-hidden="true" />}
      {children}
      {busy && <span class="hidden">{words.busy}</span>}
    </button>
  );
}

export function LinkButton({ kind, href, children }: Look & { href: string }) {
  return (
    <a href={href} class={classes(kind)}>
      {children}
    </a>
  );
}
