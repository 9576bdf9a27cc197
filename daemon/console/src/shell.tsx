// The frame of all pages: sections, tenant, who one is; the page of the address; what is said and asked over it.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { isProblem, onSessionEnd, type Problem } from './api/client';
import { enter, loadMe, may, me, membership, signOut } from './api/session';
import { go, type PageProps, type Place, place, to } from './route';
import style from './shell.module.css';
import { useStores } from './store';
import { Button } from './ui/button';
import { Icon, type IconName } from './ui/icon';
import { lazy, loadFailed } from './ui/lazy';
import { Page } from './ui/page';
import { asked, askPassword } from './ui/ask-password';
import './ui/common';
import { Loading, Wrong } from './ui/state';
import { Toasts } from './ui/toast';
import { words } from 'words/shared';

const w = words.nav;

const sections: { section: string; label: string; icon: IconName; scope: string }[] = [
  { section: 'dashboard', label: w.dashboard, icon: 'dashboard', scope: 'campaigns:read' },
  { section: 'inbox', label: w.inbox, icon: 'inbox', scope: 'inbox:read' },
  { section: 'contacts', label: w.contacts, icon: 'contacts', scope: 'contacts:read' },
  { section: 'campaigns', label: w.campaigns, icon: 'campaigns', scope: 'campaigns:read' },
  { section: 'reports', label: w.reports, icon: 'reports', scope: 'reports:read' },
  { section: 'links', label: w.links, icon: 'links', scope: 'links:read' },
  { section: 'settings', label: w.settings, icon: 'settings', scope: 'settings:read' },
];

onSessionEnd((why) => {
  if (me.value) return askPassword(why);
  const here = location.pathname + location.search;
  location.assign(here === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(here)}`);
  return new Promise(() => undefined); // the page is being left
});

export function Shell() {
  useStores();
  const here = place.value;
  const section = here.route?.section;
  const open = section === 'sign-in';
  const [problem, setProblem] = useState<Problem | undefined>();
  const load = () => {
    setProblem(undefined);
    loadMe().catch((failure) => {
      if (!isProblem(failure)) throw failure;
      setProblem(failure);
    });
  };
  useEffect(() => {
    if (!open && !me.value) load();
  }, [open]);
  if (me.value) enter(here.tenant);
  const withSide = !open && here.tenant !== '' && !!membership(here.tenant);
  return (
    <div class={`${style.shell} ${withSide ? style.with : ''}`}>
      <a class={style.skip} href="#content">
        {words.skipLink}
      </a>
      {withSide ? <Side here={here} /> : <Bar />}
      <div class={style.content}>
        {open || me.value ? (
          <Content here={here} />
        ) : (
          <Page title={words.product} narrow>
            {problem ? <Wrong problem={problem} retry={load} /> : <Loading />}
          </Page>
        )}
      </div>
      <Toasts />
      <Asked />
    </div>
  );
}

const SessionDialog = lazy(() => import('./ui/session-dialog').then((module) => module.default));
function Asked() {
  const why = asked.value[0]?.why;
  return why ? <SessionDialog key={why} why={why} /> : null;
}

function Mark() {
  return (
    <svg class={style.mark} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M8 9.5h16a1.5 1.5 0 0 1 1.5 1.5v9a1.5 1.5 0 0 1-1.5 1.5h-8.2L11 25.6v-4.1H8A1.5 1.5 0 0 1 6.5 20v-9A1.5 1.5 0 0 1 8 9.5z"
        fill="var(--accent-ink)"
      />
    </svg>
  );
}

function Bar() {
  return (
    <header class={style.bar}>
      <a class={style.brand} href="/">
        <Mark />
        <span>{words.product}</span>
      </a>
      {me.value && (
        <Button kind="quiet" onClick={() => void signOut()}>
          <Icon name="out" />
          {w.signOut}
        </Button>
      )}
    </header>
  );
}

function Side({ here }: { here: Place }) {
  const [open, setOpen] = useState(false);
  useEffect(() => setOpen(false), [here]);
  const { tenant } = here;
  const name = membership(tenant)?.name || tenant;
  const tenants = me.value?.tenants ?? [];
  return (
    <>
      <header class={style.bar}>
        <a class={style.brand} href={to(tenant)}>
          <Mark />
          <span>{name}</span>
        </a>
        <Button aria-expanded={open} aria-controls="sections" onClick={() => setOpen(!open)}>
          <Icon name="menu" />
          {w.menu}
        </Button>
      </header>
      <nav id="sections" aria-label={w.label} class={`${style.side} ${open ? style.open : ''}`}>
        <a class={style.brand} href={to(tenant)}>
          <Mark />
          <span>{words.product}</span>
        </a>
        {tenants.length > 1 ? (
          <label class={style.tenant}>
            <span class="small soft">{w.tenant}</span>
            <select value={tenant} onChange={(event) => go(to(event.currentTarget.value))}>
              {tenants.map((one) => (
                <option key={one.tenant} value={one.tenant}>
                  {one.name || one.tenant}
                </option>
              ))}
            </select>
          </label>
        ) : (
          <p class={`${style.email} soft`}>{name}</p>
        )}
        <ul class={style.items}>
          {sections
            .filter((one) => may(tenant, one.scope))
            .map(({ section, label, icon }) => (
              <li key={section}>
                <a
                  class={style.item}
                  href={section === 'dashboard' ? to(tenant) : to(tenant, section)}
                  aria-current={here.route?.section === section ? 'page' : undefined}
                >
                  <Icon name={icon} />
                  {label}
                </a>
              </li>
            ))}
        </ul>
        <div class={style.foot}>
          <p class={`${style.email} small soft`}>{me.value?.email}</p>
          <a class={style.item} href="/me">
            <Icon name="me" />
            {w.account}
          </a>
          <button type="button" class={style.item} onClick={() => void signOut()}>
            <Icon name="out" />
            {w.signOut}
          </button>
        </div>
      </nav>
    </>
  );
}

function Content({ here }: { here: Place }) {
  const [loaded, setLoaded] = useState<
    { route: Place['route']; page: ComponentType<PageProps> } | undefined
  >();
  const { route, tenant, id } = here;
  useEffect(() => {
    if (!route) return;
    let current = true;
    route.load().then((module) => current && setLoaded({ route, page: module.default }), loadFailed);
    return () => {
      current = false;
    };
  }, [route]);
  const foreign = tenant !== '' && !membership(tenant);
  if (!route || foreign)
    return (
      <Page title={words.notFound} narrow>
        <p>{words.notFoundAbout}</p>
        <p>
          <a href="/">{words.back}</a>
        </p>
      </Page>
    );
  if (!loaded) return null;
  const Shown = loaded.page;
  // The page before stays until the next one's code is here; then each address has a page of its own.
  if (loaded.route !== route) return <Loading />;
  return (
    <Shown
      key={`${route.pattern.startsWith('/t/{tenant}/inbox') ? 'inbox' : route.pattern} ${tenant} ${route.section === 'inbox' ? '' : id}`}
      tenant={tenant}
      id={id}
    />
  );
}
