import { number } from '../../format';
import { words } from './shared';

export const check = {
  held: (n: number) => (n === 1 ? '1 of them waits at first' : `${number(n)} of them wait at first`),
  heldFor: {
    in_review: 'a reply of theirs waits for your decision',
    quiet_hours: 'it is night where they are',
    no_hours: 'no hour is open for them within 20 days: they are left out',
    frequency_cap: 'they had as many texts as allowed',
    unknown_zone: 'nobody knows what time it is for them',
    daily_cap: 'the day has its number of texts',
  } as Record<string, string>,
  recipients: 'Get the text',
  skipped: 'Are left out',
  inAudience: 'In the audience',
  cost: 'At least',
  partsLine: 'Parts',
  finishes: 'All sent by about',
  longest: 'The longest text',
  waitsFor: 'Would wait for',
  warnings: 'Worth a look',
  test: 'Send a test',
  testAbout: 'Goes to this number at once, with real links.',
  testTo: 'Number',
  tested: 'The test is on its way',
  nobodyGets: 'Nobody would get this text: see who is left out and why.',
  launchTo: (n: number) => `Text ${words.people(n)}`,
  launchTitle: (n: number) => `Text ${words.people(n)}?`,
  launchAbout: (who: number, count: number, cost: string) =>
    `${words.people(who)} get ${words.parts(count)}, for at least ${cost}.`,
  launchBack:
    'A text that has left cannot be taken back. While it is being sent you can pause or cancel; who was not reached by then gets nothing.',
  later: 'Send later',
  laterAt: 'Day and time',
  laterHint: (place: string) => `By the clocks of ${place}`,
  laterAbout:
    'Who gets it, and what it says, is settled when it is sent. Until then it is a draft, and you can change it.',
  laterSet: 'Send it then',
  laterCancel: 'Do not send it then',
  launchesAt: 'Will be sent',
  notLater: 'It will not be sent by itself',
  launched: (n: number) => `Launched: ${words.people(n)} in the audience`,
  changed: 'The text or the audience changed since the check. Check again to launch.',
  deleteDraft: 'Delete the draft',
  deleteTitle: (name: string) => `Delete the draft ${name}?`,
  deleteAbout: 'Nothing was sent. This cannot be taken back.',
  deleted: (name: string) => `The draft ${name} was deleted`,
};
