// The question for a password that any request may raise; its dialog is loaded when it is asked.
import { store } from '../store';

export interface Question {
  why: 'ended' | 'stale';
  done: (given: boolean) => void;
}
export const asked = store<Question[]>([]);

// Several requests that meet the same end wait for one answer.
export const askPassword = (why: Question['why']) =>
  new Promise<boolean>((done) => (asked.value = [...asked.value, { why, done }]));

export function answer(given: boolean) {
  const all = asked.value;
  asked.value = [];
  for (const one of all) one.done(given);
}
