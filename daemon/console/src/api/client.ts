// The one way to the API: JSON in and out, what goes wrong as a Problem (RFC 9457), cookies for who asks.
import { store } from '../store';

export interface Fault {
  pointer: string;
  detail: string;
}

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string;
  readonly faults: Fault[];
  readonly request: string;
  readonly retryAfter: number;

  constructor(status: number, body: Record<string, unknown>, retryAfter = 0) {
    super(String(body.detail ?? body.title ?? ''));
    this.status = status;
    this.code = String(body.code ?? '');
    this.hint = String(body.hint ?? '');
    this.faults = (body.errors as Fault[] | undefined) ?? [];
    this.request = String(body.request_id ?? '');
    this.retryAfter = retryAfter;
  }

  // What is wrong with one field of the body, "/phone"; empty: nothing.
  at(pointer: string): string {
    return this.faults.find((fault) => fault.pointer === pointer)?.detail ?? '';
  }
}

export const isProblem = (failure: unknown): failure is Problem => failure instanceof Problem;

export interface Answer<T> {
  status: number;
  data: T;
  etag: string;
}

export interface Options {
  body?: unknown;
  // The same key with the same body does nothing twice.
  key?: string;
  match?: string;
  seen?: string;
  signal?: AbortSignal;
  // Of sign-in itself: nobody is asked for a password.
  open?: boolean;
}

// Of the session, from /me; what changes anything sends it along.
export const csrf = store('');

// Asks for the password and says whether it was given: set by the shell. `why`: the session ended, or what is
// asked for wants the password again.
type Asks = (why: 'ended' | 'stale') => Promise<boolean>;
let asks: Asks | undefined;
export function onSessionEnd(ask: Asks) {
  asks = ask;
}

export const newKey = () => crypto.randomUUID();

async function once<T>(method: string, path: string, options: Options): Promise<Answer<T>> {
  const headers: Record<string, string> = {};
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  else if (method !== 'GET') headers['Content-Type'] = 'application/json';
  if (options.key) headers['Idempotency-Key'] = options.key;
  if (options.match) headers['If-Match'] = options.match;
  if (options.seen) headers['If-None-Match'] = options.seen;
  if (method !== 'GET' && csrf.value) headers['X-CSRF-Token'] = csrf.value;
  const request: RequestInit = { method, headers };
  if (method !== 'GET') request.body = JSON.stringify(options.body ?? {});
  if (options.signal) request.signal = options.signal;
  // Of a change that was not answered nobody knows whether it was made.
  const broken = new Problem(0, { code: method === 'GET' ? 'offline' : 'unanswered' });
  let response: Response;
  try {
    response = await fetch(path, request);
  } catch (failure) {
    if (options.signal?.aborted) throw failure;
    throw broken;
  }
  const etag = response.headers.get('ETag') ?? '';
  if (response.status === 304) return { status: 304, data: undefined as T, etag };
  if (response.status === 204) return { status: 204, data: undefined as T, etag };
  const type = response.headers.get('Content-Type') ?? '';
  const body: unknown = type.includes('json') ? await response.json().catch(() => undefined) : undefined;
  if (!response.ok)
    throw new Problem(
      response.status,
      (body ?? {}) as Record<string, unknown>,
      Number(response.headers.get('Retry-After')) || 0,
    );
  // Half an answer, or a page that something between put in its place.
  if (body === undefined) throw broken;
  return { status: response.status, data: body as T, etag };
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

// A read is tried again while the server is busy; a change is not, unless it has a key that makes that safe.
export async function call<T>(method: string, path: string, options: Options = {}): Promise<Answer<T>> {
  for (let tries = 0; ; ++tries) {
    try {
      return await once<T>(method, path, options);
    } catch (failure) {
      if (!isProblem(failure)) throw failure;
      const busy = failure.status === 503 || failure.status === 429;
      if (busy && tries < 2 && (method === 'GET' || options.key)) {
        await pause(Math.min(failure.retryAfter || 1, 5) * 1000);
        continue;
      }
      const why = failure.status === 401 ? 'ended' : failure.code === 'stale' ? 'stale' : undefined;
      if (why && !options.open && asks && tries < 3 && (await asks(why))) continue;
      throw failure;
    }
  }
}

export const get = async <T>(path: string, options: Options = {}) =>
  (await call<T>('GET', path, options)).data;
export const post = async <T>(path: string, body?: unknown, options: Options = {}) =>
  (await call<T>('POST', path, { ...options, body })).data;
export const put = async <T>(path: string, body: unknown, options: Options = {}) =>
  (await call<T>('PUT', path, { ...options, body })).data;
export const patch = async <T>(path: string, body: unknown, options: Options = {}) =>
  (await call<T>('PATCH', path, { ...options, body })).data;
export const remove = async (path: string, options: Options = {}) => {
  await call<void>('DELETE', path, options);
};

// "/api/v1/tenants/acme/lists/spring": every part is encoded.
export function path(tenant: string, ...parts: (string | number)[]): string {
  return `/api/v1/tenants/${[tenant, ...parts].map((one) => encodeURIComponent(one)).join('/')}`;
}

export function withQuery(
  base: string,
  query: Record<string, string | number | boolean | undefined>,
): string {
  const words = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  if (!words.length) return base;
  return `${base}?${words.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')}`;
}
