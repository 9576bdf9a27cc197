import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { words } from 'words/shared';
import { hasMoved } from '../route';
import { Icon } from './icon';
import style from './page.module.css';

interface PageFrame {
  title: string;
  // Beside the title: a status.
  aside?: ComponentChildren;
  about?: ComponentChildren;
  actions?: ComponentChildren;
  back?: { href: string; label: string };
  narrow?: boolean;
  children: ComponentChildren;
}

// One page: its title in the tab and as its only h1, which takes the focus when one came here by a link.
export function Page({ title, aside, about, actions, back, narrow, children }: PageFrame) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${words.product}`;
  }, [title]);
  useEffect(() => {
    if (hasMoved()) head.current?.focus({ preventScroll: true });
  }, []);
  return (
    <main id="content" class={`${style.page} ${narrow ? style.narrow : ''}`}>
      <div class={style.head}>
        <div class={style.title}>
          {back && (
            <a class={style.back} href={back.href}>
              <Icon name="back" />
              {back.label}
            </a>
          )}
          <div class="row">
            <h1 ref={head} tabIndex={-1}>
              {title}
            </h1>
            {aside}
          </div>
          {about && <p class="soft">{about}</p>}
        </div>
        {actions && <div class="row">{actions}</div>}
      </div>
      {children}
    </main>
  );
}
