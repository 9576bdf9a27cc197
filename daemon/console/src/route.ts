// Addresses and the pages behind them. A page is its line here, its file in page/ and its test.
import { store } from './store';
import type { ComponentType } from 'preact';

export interface PageProps {
  tenant: string;
  // What the address leaves open, decoded: "/t/{tenant}/contacts/{id}" gives {id}.
  id: string;
}
type Module = { default: ComponentType<PageProps> };

interface Route {
  pattern: string;
  section: string;
  load: () => Promise<Module>;
}

export const routes: Route[] = [
  { pattern: '/', section: 'home', load: () => import('./page/home') },
  { pattern: '/sign-in', section: 'sign-in', load: () => import('./page/sign-in') },
  { pattern: '/me', section: 'me', load: () => import('./page/me') },
  { pattern: '/t/{tenant}', section: 'dashboard', load: () => import('./page/dashboard') },
  { pattern: '/t/{tenant}/contacts', section: 'contacts', load: () => import('./page/contacts') },
  { pattern: '/t/{tenant}/contacts/{id}', section: 'contacts', load: () => import('./page/contact') },
  { pattern: '/t/{tenant}/campaigns', section: 'campaigns', load: () => import('./page/campaigns') },
  { pattern: '/t/{tenant}/campaigns/{id}', section: 'campaigns', load: () => import('./page/campaign') },
  { pattern: '/t/{tenant}/inbox', section: 'inbox', load: () => import('./page/inbox') },
  { pattern: '/t/{tenant}/inbox/{id}', section: 'inbox', load: () => import('./page/inbox') },
  { pattern: '/t/{tenant}/reports', section: 'reports', load: () => import('./page/reports') },
  { pattern: '/t/{tenant}/reports/{id}', section: 'reports', load: () => import('./page/report') },
  { pattern: '/t/{tenant}/links', section: 'links', load: () => import('./page/links') },
  { pattern: '/t/{tenant}/links/{id}', section: 'links', load: () => import('./page/links') },
  { pattern: '/t/{tenant}/settings', section: 'settings', load: () => import('./page/settings') },
  { pattern: '/t/{tenant}/settings/{id}', section: 'settings', load: () => import('./page/settings') },
];

export interface Place extends PageProps {
  route: Route | undefined; // undefined: nothing is there
  path: string;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function findPlace(path: string): Place {
  const parts = path.split('/');
  while (parts.length > 2 && parts.at(-1) === '') parts.pop();
  for (const route of routes) {
    const words = route.pattern.split('/');
    if (words.length !== parts.length) continue;
    const values: Record<string, string> = {};
    const fits = words.every((word, at) => {
      const part = parts[at] ?? '';
      if (!word.startsWith('{')) return word === part;
      values[word.slice(1, -1)] = decode(part);
      return part !== '';
    });
    if (fits) return { route, path, tenant: values.tenant ?? '', id: values.id ?? '' };
  }
  return { route: undefined, path, tenant: parts[1] === 't' ? decode(parts[2] ?? '') : '', id: '' };
}

export const place = store(findPlace(location.pathname));

// Whether one came to this page from another one of ours: then its title takes the focus.
let moved = false;
export const hasMoved = () => moved;

export function go(path: string, { replace = false } = {}) {
  moved = true;
  if (replace) history.replaceState(null, '', path);
  else history.pushState(null, '', path);
  place.value = findPlace(location.pathname);
  window.scrollTo(0, 0);
}

export const to = (tenant: string, ...parts: (string | number)[]) =>
  `/t/${[tenant, ...parts].map((one) => encodeURIComponent(one)).join('/')}`;

addEventListener('popstate', () => {
  moved = true;
  place.value = findPlace(location.pathname);
});

// Ordinary links stay ordinary: only a plain click on one of ours is taken.
addEventListener('click', (event) => {
  if (
    event.defaultPrevented ||
    event.button ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey ||
    event.altKey
  )
    return;
  const link = (event.target as Element | null)?.closest?.('a');
  if (!link || link.origin !== location.origin || link.target || link.hasAttribute('download')) return;
  if (!findPlace(link.pathname).route) return;
  if (link.pathname === location.pathname && link.hash) return;
  event.preventDefault();
  go(link.pathname + link.search);
});
