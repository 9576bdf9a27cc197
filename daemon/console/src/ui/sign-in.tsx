// Signing in, step by step: as a page, and as a dialog over one whose session has ended.
import { useState } from 'preact/hooks';
import { post } from '../api/client';
import type { SignIn } from '../api/session';
import { signIn as w } from 'words/sign-in';
import { Button } from './button';
import { Field, faultAt } from './field';
import { Wrong } from './state';
import { useStep } from './step';

export function PasswordForm({ email, onAnswer }: { email?: string; onAnswer: (answer: SignIn) => void }) {
  const { busy, problem, run } = useStep();
  const [address, setAddress] = useState(email ?? '');
  const [password, setPassword] = useState('');
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void run(async () =>
          onAnswer(await post<SignIn>('/api/v1/auth/login', { email: address, password }, { open: true })),
        );
      }}
    >
      <Wrong problem={problem} focus />
      <Field label={w.email} error={faultAt(problem, 'email')}>
        <input
          type="email"
          autocomplete="username"
          required
          readOnly={!!email}
          value={address}
          onInput={(event) => setAddress(event.currentTarget.value)}
        />
      </Field>
      <Field label={w.password} error={faultAt(problem, 'password')}>
        <input
          type="password"
          autocomplete="current-password"
          required
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </Field>
      <div class="row">
        <Button kind="primary" type="submit" busy={busy}>
          {w.button}
        </Button>
      </div>
    </form>
  );
}

export function SecondFactorForm({
  ticket,
  onAnswer,
}: {
  ticket: string;
  onAnswer: (answer: SignIn) => void;
}) {
  const { busy, problem, run, setProblem } = useStep();
  const [code, setCode] = useState('');
  const [recovery, setRecovery] = useState(false);
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        const body = recovery ? { ticket, recovery_code: code } : { ticket, code };
        void run(async () =>
          onAnswer(await post<SignIn>('/api/v1/auth/second-factor', body, { open: true })),
        );
      }}
    >
      <Wrong problem={problem} focus />
      <Field label={recovery ? w.recovery : w.code} hint={recovery ? undefined : w.codeHint}>
        <input
          key={String(recovery)}
          class="mono"
          autocomplete={recovery ? 'off' : 'one-time-code'}
          inputMode={recovery ? 'text' : 'numeric'}
          required
          autoFocus
          value={code}
          onInput={(event) => setCode(event.currentTarget.value)}
        />
      </Field>
      <div class="row">
        <Button kind="primary" type="submit" busy={busy}>
          {w.button}
        </Button>
        <Button
          kind="quiet"
          onClick={() => {
            setRecovery(!recovery);
            setCode('');
            setProblem(undefined);
          }}
        >
          {recovery ? w.useCode : w.useRecovery}
        </Button>
      </div>
    </form>
  );
}
