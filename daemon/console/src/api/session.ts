// Who is signed in here, and what they may do.
import { store } from '../store';
import { zone } from '../format';
import { words } from 'words/shared';
import { call, csrf, get } from './client';
import { forgetReads } from './read';

export interface Membership {
  tenant: string;
  name: string;
  timezone: string;
  role: string;
  scopes: string[];
}
export interface Me {
  user: number;
  email: string;
  name: string;
  operator: boolean;
  password: boolean;
  second_factor: boolean;
  second_factor_advised: boolean;
  recovery_codes: number;
  tenants: Membership[];
  session: number;
  csrf_token: string;
}
// What signing in is answered with: in, a second factor wanted, or a password to be chosen.
export interface SignIn {
  signed_in: boolean;
  me?: Me;
  ticket?: string;
  password_wanted?: boolean;
  email?: string;
}

export const me = store<Me | undefined>(undefined);

export function setMe(next: Me) {
  if (me.value && me.value.user !== next.user) forgetReads();
  csrf.value = next.csrf_token;
  me.value = next;
}

export async function loadMe() {
  setMe(await get<Me>('/api/v1/me'));
}

export async function signOut() {
  await call('POST', '/api/v1/auth/logout', { open: true }).catch(() => undefined);
  // All that was read and typed goes with the page.
  location.assign('/sign-in');
}

export const membership = (tenant: string) => me.value?.tenants.find((one) => one.tenant === tenant);
export const may = (tenant: string, scope: string) => membership(tenant)?.scopes.includes(scope) ?? false;

// The least role that may, as `smscrm user can` has it.
const roles: Record<string, string> = {
  'inbox:write': 'agent',
  'inbox:read': 'agent',
  'consent:write': 'agent',
  pause: 'agent',
  'contacts:write': 'editor',
  'lists:write': 'editor',
  'templates:write': 'editor',
  'campaigns:write': 'editor',
  'links:write': 'editor',
  launch: 'manager',
  'settings:write': 'manager',
  'webhooks:read': 'manager',
  'webhooks:write': 'manager',
};
// Why somebody may not do it; undefined: they may.
export const barred = (tenant: string, scope: string) =>
  may(tenant, scope) ? undefined : words.takesRole(roles[scope] ?? 'owner');

// Times are told in the tenant's zone.
export function enter(tenant: string) {
  const found = membership(tenant);
  if (found?.timezone) zone.value = found.timezone;
}
