// Why somebody was left out: the reasons of the gate's rules (core/gate), and of numbers that became one.
export const skip = {
  no_consent: 'No consent on record',
  no_hours: 'No hour is open for them',
  frequency_cap: 'Had as many texts as allowed',
  opted_out: 'Opted out',
  dnc: 'On the do-not-contact list',
  deleted: 'Contact deleted',
  number_changed: 'Number changed',
  duplicate: 'One person twice',
} as Record<string, string>;
