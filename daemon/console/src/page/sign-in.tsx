// Password, second factor, and one-time links: "/sign-in#TOKEN". What stands behind # is sent to nobody by the
// browser itself, and is taken out of the address at once.
import '../ui/common';
import { useEffect, useState } from 'preact/hooks';
import { post } from '../api/client';
import { setMe, type SignIn } from '../api/session';
import { go } from '../route';
import { Button } from '../ui/button';
import { Field, faultAt } from '../ui/field';
import { Page } from '../ui/page';
import { PasswordForm, SecondFactorForm } from '../ui/sign-in';
import { useStep } from '../ui/step';
import { Wrong } from '../ui/state';
import { signIn as w } from 'words/sign-in';

function takeToken(): string {
  const token = location.hash.slice(1);
  if (token) history.replaceState(null, '', location.pathname + location.search);
  return token;
}

// Only to a page of ours.
function nextPage(): string {
  const next = new URLSearchParams(location.search).get('next') ?? '/';
  return /^\/(t\/|me$)/.test(next) ? next : '/';
}

export default function SignInPage() {
  const [token, setToken] = useState(takeToken);
  const [ticket, setTicket] = useState('');
  const [choose, setChoose] = useState('');
  // A link that is opened where this page is open already loads nothing.
  useEffect(() => {
    const again = () => {
      if (location.hash.length < 2) return;
      setToken(takeToken());
      setTicket('');
      setChoose('');
    };
    addEventListener('hashchange', again);
    return () => removeEventListener('hashchange', again);
  }, []);
  const take = (answer: SignIn) => {
    if (answer.me) {
      setMe(answer.me);
      go(nextPage(), { replace: true });
    } else if (answer.ticket) {
      setTicket(answer.ticket);
    } else if (answer.password_wanted) {
      setChoose(answer.email ?? '');
    }
  };
  const title = ticket ? w.second : choose ? w.choose(choose) : token ? w.linkTitle : w.title;
  return (
    <Page title={title} narrow>
      <div class="card">
        {ticket ? (
          <SecondFactorForm ticket={ticket} onAnswer={take} />
        ) : choose ? (
          <ChooseForm token={token} email={choose} onAnswer={take} />
        ) : token ? (
          <LinkForm token={token} onAnswer={take} />
        ) : (
          <div class="stack">
            <PasswordForm onAnswer={take} />
            <p class="small soft">{w.noEmail}</p>
          </div>
        )}
      </div>
    </Page>
  );
}

// A press, so that a program that looks at links in messages does not use it up.
function LinkForm({ token, onAnswer }: { token: string; onAnswer: (answer: SignIn) => void }) {
  const { busy, problem, run } = useStep();
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void run(async () => onAnswer(await post<SignIn>('/api/v1/auth/redeem', { token }, { open: true })));
      }}
    >
      <Wrong problem={problem} focus />
      <p>{w.linkAbout}</p>
      <div class="row">
        <Button kind="primary" type="submit" busy={busy}>
          {w.linkGo}
        </Button>
      </div>
    </form>
  );
}

function ChooseForm({
  token,
  email,
  onAnswer,
}: {
  token: string;
  email: string;
  onAnswer: (answer: SignIn) => void;
}) {
  const { busy, problem, run } = useStep();
  const [password, setPassword] = useState('');
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void run(async () =>
          onAnswer(await post<SignIn>('/api/v1/auth/redeem', { token, password }, { open: true })),
        );
      }}
    >
      <Wrong problem={problem} focus />
      <input type="hidden" autocomplete="username" value={email} />
      <Field label={w.newPassword} hint={w.newPasswordHint} error={faultAt(problem, 'password')}>
        <input
          type="password"
          autocomplete="new-password"
          required
          minLength={12}
          maxLength={128}
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </Field>
      <div class="row">
        <Button kind="primary" type="submit" busy={busy}>
          {w.chooseButton}
        </Button>
      </div>
    </form>
  );
}
