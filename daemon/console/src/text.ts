// How a text travels, as far as a page needs it at once; the API's preview has the last word.
// Rule: 3GPP TS 23.038 (alphabets), TS 23.040 9.2.3.24.1 (concatenation header).
const plain = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const escaped = new Set('\f^{}\\[~]|€');

// Those that make the whole text travel at two bytes a character, each once.
export function costlyCharacters(text: string): string[] {
  const found = new Set<string>();
  for (const character of text) if (!plain.has(character) && !escaped.has(character)) found.add(character);
  return [...found];
}

export function countParts(text: string): number {
  if (costlyCharacters(text).length) return text.length <= 70 ? 1 : Math.ceil(text.length / 67);
  let units = 0;
  for (const character of text) units += escaped.has(character) ? 2 : 1;
  return units <= 160 ? 1 : Math.ceil(units / 153);
}
