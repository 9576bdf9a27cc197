import '../ui/common';
import { useState } from 'preact/hooks';
import { call, post, remove } from '../api/client';
import { useRead } from '../api/read';
import { loadMe, type Me, me, setMe } from '../api/session';
import { visible } from '../format';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { Field, faultAt } from '../ui/field';
import { Page } from '../ui/page';
import { useStep } from '../ui/step';
import { Badge, Loading, Note, Time, Wrong } from '../ui/state';
import { say } from '../ui/toast';
import { to } from '../route';
import { me as w } from 'words/me';
import { words } from 'words/shared';
import { signIn as signInWords } from 'words/sign-in';
import style from './me.module.css';

export default function MePage() {
  const one = me.value as Me;
  return (
    <Page title={w.title} narrow back={{ href: '/', label: words.back }}>
      <section class="card">
        <dl class="facts">
          <dt>{w.email}</dt>
          <dd>{visible(one.email)}</dd>
          {one.name && (
            <>
              <dt>{w.name}</dt>
              <dd>{visible(one.name)}</dd>
            </>
          )}
          <dt>{w.roles}</dt>
          <dd>
            <ul>
              {one.tenants.map((tenant) => (
                <li key={tenant.tenant}>
                  <a href={to(tenant.tenant)}>{tenant.name || tenant.tenant}</a>: {tenant.role}
                </li>
              ))}
            </ul>
          </dd>
        </dl>
      </section>
      <SecondFactor one={one} />
      {one.password && <Password one={one} />}
      <Sessions />
    </Page>
  );
}

function Password({ one }: { one: Me }) {
  const { busy, problem, run } = useStep();
  const [now, setNow] = useState('');
  const [next, setNext] = useState('');
  return (
    <section class="card" aria-labelledby="password">
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void run(async () => {
            const answer = await post<{ me: Me }>(
              '/api/v1/me/password',
              { password: now, new_password: next },
              { open: true },
            );
            setMe(answer.me);
            setNow('');
            setNext('');
            say(w.changed);
          });
        }}
      >
        <h2 id="password">{w.password}</h2>
        <Wrong problem={problem} focus />
        <input type="text" autocomplete="username" value={one.email} hidden readOnly />
        <Field label={w.current} error={faultAt(problem, 'password')}>
          <input
            type="password"
            autocomplete="current-password"
            required
            value={now}
            onInput={(event) => setNow(event.currentTarget.value)}
          />
        </Field>
        <Field label={w.new} hint={signInWords.newPasswordHint} error={faultAt(problem, 'new_password')}>
          <input
            type="password"
            autocomplete="new-password"
            required
            minLength={12}
            maxLength={128}
            value={next}
            onInput={(event) => setNext(event.currentTarget.value)}
          />
        </Field>
        <div class="row">
          <Button type="submit" busy={busy}>
            {w.change}
          </Button>
        </div>
      </form>
    </section>
  );
}

interface Begun {
  secret: string;
  qr: string;
}

function SecondFactor({ one }: { one: Me }) {
  const { busy, problem, run } = useStep();
  const [begun, setBegun] = useState<Begun | undefined>();
  const [code, setCode] = useState('');
  const [codes, setCodes] = useState<string[] | undefined>();
  const [leaving, setLeaving] = useState(false);
  const begin = () => run(async () => setBegun(await post<Begun>('/api/v1/me/totp')));
  const confirm = () =>
    run(async () => {
      const answer = await post<{ recovery_codes: string[] }>('/api/v1/me/totp/confirm', { code });
      setBegun(undefined);
      setCode('');
      setCodes(answer.recovery_codes);
      await loadMe();
    });
  const drop = () =>
    run(async () => {
      const { data } = await call<{ me: Me }>('DELETE', '/api/v1/me/totp');
      setMe(data.me);
      setLeaving(false);
      say(w.takenAway);
    });
  return (
    <section class="card stack" aria-labelledby="second">
      <div class="row apart">
        <h2 id="second">{w.second}</h2>
        <Badge tone={one.second_factor ? 'good' : one.second_factor_advised ? 'warn' : 'plain'}>
          {one.second_factor ? words.yes : words.no}
        </Badge>
      </div>
      {!leaving && <Wrong problem={problem} focus />}
      <p>
        {one.second_factor ? w.secondOn : w.secondOff} {one.second_factor_advised && w.advised}
        {one.second_factor && w.codesLeft(one.recovery_codes)}
      </p>
      {codes && (
        <Note>
          <strong>{w.codesTitle}</strong>
          <p>{w.codesAbout}</p>
          <ul class={style.codes}>
            {codes.map((each) => (
              <li key={each} class="mono">
                {each}
              </li>
            ))}
          </ul>
          <div class="row">
            <Button onClick={() => setCodes(undefined)}>{w.codesKept}</Button>
          </div>
        </Note>
      )}
      {begun ? (
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void confirm();
          }}
        >
          <p>{w.scan}</p>
          <div class={style.scan}>
            <img
              class={style.qr}
              src={`data:image/svg+xml,${encodeURIComponent(begun.qr)}`}
              alt={w.qr}
              width="192"
              height="192"
            />
            <p class="stack tight">
              <span class="small soft">{w.key}</span>
              <span class="mono theirs">{begun.secret}</span>
            </p>
          </div>
          <Field label={signInWords.code} hint={signInWords.codeHint} error={faultAt(problem, 'code')}>
            <input
              class="mono"
              inputMode="numeric"
              autocomplete="one-time-code"
              required
              value={code}
              onInput={(event) => setCode(event.currentTarget.value)}
            />
          </Field>
          <div class="row">
            <Button kind="primary" type="submit" busy={busy}>
              {w.setUp}
            </Button>
            <Button onClick={() => setBegun(undefined)}>{words.cancel}</Button>
          </div>
        </form>
      ) : (
        <div class="row">
          {one.second_factor ? (
            <Button onClick={() => setLeaving(true)}>{w.takeAway}</Button>
          ) : (
            <Button
              kind={one.second_factor_advised ? 'primary' : 'plain'}
              busy={busy}
              onClick={() => void begin()}
            >
              {w.setUp}
            </Button>
          )}
        </div>
      )}
      {leaving && (
        <Dialog
          title={w.takeAwayTitle}
          onClose={() => setLeaving(false)}
          onSubmit={() => void drop()}
          actions={
            <>
              <Button onClick={() => setLeaving(false)}>{words.cancel}</Button>
              <Button kind="danger" type="submit" busy={busy}>
                {w.takeAway}
              </Button>
            </>
          }
        >
          <Wrong problem={problem} focus />
          <p>{w.takeAwayAbout}</p>
        </Dialog>
      )}
    </section>
  );
}

interface Session {
  session: number;
  seen_at: string;
  address: string;
  agent: string;
  current: boolean;
}

// "Firefox on Windows" of what a browser calls itself, as far as that can be told.
function browserName(agent: string): string {
  const browser = /Edg\//.test(agent)
    ? 'Edge'
    : /Firefox\//.test(agent)
      ? 'Firefox'
      : /Chrome\//.test(agent)
        ? 'Chrome'
        : /Safari\//.test(agent)
          ? 'Safari'
          : visible(agent).slice(0, 60);
  const system = /Android|iPhone|iPad|Windows|Mac OS X|Linux/.exec(agent)?.[0];
  return system ? `${browser}, ${system}` : browser;
}

function Sessions() {
  const read = useRead<{ data: Session[] }>('/api/v1/auth/sessions');
  const { busy, problem, run } = useStep();
  const rows = read.data?.data;
  return (
    <section class="card stack" aria-labelledby="sessions">
      <h2 id="sessions">{w.sessions}</h2>
      <Wrong problem={problem ?? read.problem} retry={read.problem && (() => void read.reload())} />
      {!rows && !read.problem && <Loading lines={2} />}
      <ul class="stack tight">
        {rows?.map((one) => (
          <li key={one.session} class="row apart">
            <span>
              <strong>{browserName(one.agent)}</strong>
              <br />
              <span class="small soft">
                {one.address} · {w.seen} <Time at={one.seen_at} relative />
              </span>
            </span>
            {one.current ? (
              <Badge tone="live">{w.here}</Badge>
            ) : (
              <Button
                busy={busy}
                onClick={() =>
                  void run(async () => {
                    await remove(`/api/v1/auth/sessions/${one.session}`);
                    say(w.ended);
                    await read.reload();
                  })
                }
              >
                {w.end}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {(rows?.length ?? 0) > 1 && (
        <div class="row">
          <Button
            busy={busy}
            onClick={() =>
              void run(async () => {
                await call('DELETE', '/api/v1/auth/sessions');
                say(w.endedOthers);
                await read.reload();
              })
            }
          >
            {w.endOthers}
          </Button>
        </div>
      )}
    </section>
  );
}
