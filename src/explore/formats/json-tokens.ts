/** The numbers and the keys in a text of JSON, to be written in other ways before it is read; texts are passed over. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** @param key what stands in the place of a key, which is given with its quotes. Default: the key. */
export function withTokens(
  text: string,
  number: (token: string) => string,
  key: (token: string) => string = (token) => token,
): string {
  return text.replace(TOKENS, (token: string, colon: string | undefined) => {
    if (!token.startsWith('"')) return number(token);
    return colon === undefined ? token : `${key(token.slice(0, -colon.length))}:`;
  });
}
