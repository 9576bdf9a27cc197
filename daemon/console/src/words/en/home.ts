export const home = {
  title: 'Where to?',
  none: 'You have no role in any tenant yet',
  noneAbout: 'Ask an owner of the tenant to give you one.',
};
